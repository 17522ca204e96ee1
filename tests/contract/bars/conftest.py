"""A BaRS receiver on in-memory ports, spoken to as an ASGI application."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from prometheus_client import REGISTRY

from connectors.nhs.bars.app import Bars, create_app
from connectors.nhs.bars.callers import Caller, TokenCallers
from connectors.nhs.bars.parsers import Parsers
from connectors.nhs.bars.profile import CONFORMANCE, Profile
from connectors.nhs.bars.reading import read_faults
from connectors.nhs.bars.receiver import Receiver
from connectors.sdk.ledger import MemoryLedger
from connectors.sdk.publisher import MemoryPublisher
from connectors.sdk.sql_ledger import SqlLedger
from hub.simulator.bars import headers
from schemas.bars import Fault, codes
from tests.unit.bars_cases import SOURCE

KEY = b"k" * 32
NOW = datetime(2026, 9, 15, 8, 0, tzinfo=UTC)
AUDIENCE = "sendhub-bars"
SIGNING_KEY = ECKey.generate_key("P-256", {"kid": "trust-1"})
PRODUCTION = Profile(
    versions=frozenset({"1.0.0", "1.1.0"}),
    use_cases=frozenset({codes.EHC_ADVICE}),
    ods_codes=frozenset({"X9Z01"}),
)
CALLERS = (
    Caller(source=SOURCE.id, ods=frozenset({"RXQ"}), token_subject="rxq-system"),
    Caller(source="another:RHW:2026", token_subject="rhw-system"),
)


class StoppedClock:
    def now(self) -> datetime:
        return NOW


class InlineReader:
    """Reads in this process: quick to start. The processes have tests of their own."""

    async def faults(self, body: bytes) -> tuple[Fault, ...]:
        return read_faults(body)


def token(key: ECKey = SIGNING_KEY, algorithm: str = "ES256", **changes: Any) -> str:
    claims = {"sub": "rxq-system", "aud": AUDIENCE, "exp": int(NOW.timestamp()) + 300} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": "trust-1"}, claims, key, algorithms=[algorithm])


def guid() -> str:
    return str(uuid4())


@dataclass
class Trust:
    """Posts to the receiver, with good headers unless told otherwise; a header of None is left out."""

    client: httpx.AsyncClient
    publisher: MemoryPublisher
    ledger: Any
    answers: list[httpx.Response] = field(default_factory=list)

    async def post(self, body: Any, request_id: str | None = None, **changes: str | None) -> httpx.Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        named = {name.replace("_", "-"): value for name, value in changes.items()}
        sent = httpx.Headers(headers(request_id or guid(), guid(), token()))
        for name, value in named.items():
            sent.pop(name, None)
            if value is not None:
                sent[name] = value
        answer = await self.client.post("/$process-message", content=content, headers=sent)
        self.answers.append(answer)
        return answer

    @property
    def values(self) -> list[bytes]:
        return [message.value for _, message in self.publisher.published]


def issue(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, BaRS code and FHIR issue type of an OperationOutcome, whose form is checked on the way."""
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert answer.headers["content-type"].startswith("application/fhir+json")
    (coding,) = outcome["issue"][0]["details"]["coding"]
    assert coding["system"] == "https://fhir.nhs.uk/Codesystem/http-error-codes"
    return answer.status_code, coding["code"], outcome["issue"][0]["code"]


def counted(name: str, source: str = SOURCE.id, **labels: str) -> float:
    sample = f"sendhub_connector_messages_{name}_total"
    return REGISTRY.get_sample_value(sample, {"connector": "bars", "source": source, **labels}) or 0.0


@asynccontextmanager
async def trust_on(
    ledger: Any, profile: Profile = PRODUCTION, reader: Any = None, **limits: Any
) -> AsyncIterator[Trust]:
    publisher = MemoryPublisher()
    ack_timeout = limits.pop("ack_timeout", 4.0)
    receiver = Receiver(publisher, ledger, reader or InlineReader(), StoppedClock(), KEY, profile, ack_timeout)
    keys = KeySet([SIGNING_KEY])
    callers = TokenCallers(CALLERS, keys, AUDIENCE, lambda: int(NOW.timestamp()))
    bars = Bars(receiver, callers, **limits)
    transport = httpx.ASGITransport(create_app(bars), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://bars") as client:
        yield Trust(client, publisher, ledger)


@pytest.fixture
async def trust() -> AsyncIterator[Trust]:
    async with trust_on(MemoryLedger()) as found:
        yield found


@pytest.fixture
async def conformance() -> AsyncIterator[Trust]:
    async with trust_on(MemoryLedger(), CONFORMANCE) as found:
        yield found


@pytest.fixture(params=["memory", "sqlite"])
async def either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Trust]:
    """On either ledger."""
    sql = SqlLedger(f"sqlite:///{tmp_path}/ledger.db", "bars")
    async with trust_on(MemoryLedger() if request.param == "memory" else sql) as found:
        yield found
    sql.close()


@pytest.fixture(scope="module")
def parsers() -> Iterator[Parsers]:
    made = Parsers(1, 60.0)
    yield made
    made.close()
