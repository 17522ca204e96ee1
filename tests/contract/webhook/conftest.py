"""A webhook on in-memory ports, spoken to as an ASGI application."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from connectors.council.webhook.app import Webhook, create_app
from connectors.sdk.ledger import MemoryLedger
from connectors.sdk.publisher import MemoryPublisher
from connectors.sdk.sql_ledger import SqlLedger
from connectors.sdk.tokens import BearerTokens, hash_token

SOURCE = "one-education:825:2022"
OTHER_SOURCE = "council-tracker:825:2026"
TOKEN = "a-token-of-the-first-source-0123456789"
OTHER_TOKEN = "a-token-of-the-other-source-0123456789"
KEY = b"k" * 32
NOW = datetime(2026, 9, 14, 15, 0, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return NOW


def an_event(**changes: Any) -> dict[str, Any]:
    """A valid event about a synthetic child; a change to None removes the field."""
    event = {
        "kind": "advice.requested",
        "record": "ADV-77",
        "version": 3,
        "subject": {"request": "REQ-1", "advice": "ADV-77"},
        "effective_on": "2026-09-14",
        "recorded_at": "2026-09-14T14:02:11Z",
        "data": {
            "heading": "medical",
            "service": "speech-and-language",
            "asked": {"role": "icb", "ods": "QU9"},
        },
        "person": {
            "id": "P-1001",
            "nhs_number": "9990000026",
            "given": "Robin",
            "family": "Example",
            "birth_date": "2019-05-04",
        },
    }
    return {name: value for name, value in (event | changes).items() if value is not None}


class Caller:
    """Posts to the webhook with a token and reads its counters."""

    def __init__(self, client: httpx.AsyncClient, publisher: MemoryPublisher, ledger: Any) -> None:
        self.client = client
        self.publisher = publisher
        self.ledger = ledger

    async def post(self, body: Any, token: str | None = TOKEN, **headers: str) -> httpx.Response:
        raw = {"content": body} if isinstance(body, bytes) else {"json": body}
        sent = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {}) | headers
        return await self.client.post("/events", headers=sent, **raw)

    @property
    def values(self) -> list[bytes]:
        return [message.value for _, message in self.publisher.published]


def counted(name: str, source: str = SOURCE, **labels: str) -> float:
    found = REGISTRY.get_sample_value(
        f"sendhub_connector_messages_{name}_total", {"connector": "webhook", "source": source, **labels}
    )
    return found or 0.0


def tokens() -> BearerTokens:
    return BearerTokens({SOURCE: (hash_token(TOKEN),), OTHER_SOURCE: (hash_token(OTHER_TOKEN),)})


async def caller_on(ledger: Any, **limits: Any) -> AsyncIterator[Caller]:
    publisher = MemoryPublisher()
    webhook = Webhook(publisher, ledger, tokens(), StoppedClock(), KEY, **limits)
    transport = httpx.ASGITransport(create_app(webhook), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://webhook") as client:
        yield Caller(client, publisher, ledger)


@pytest.fixture
async def webhook() -> AsyncIterator[Caller]:
    async for caller in caller_on(MemoryLedger()):
        yield caller


@pytest.fixture
async def hurried() -> AsyncIterator[Caller]:
    """One that waits a fifth of a second for an ack, takes two requests at once and ten events."""
    async for caller in caller_on(MemoryLedger(), ack_timeout=0.2, in_flight_limit=2, batch_limit=10):
        yield caller


@pytest.fixture(params=["memory", "sqlite"])
async def either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Caller]:
    """On either ledger."""
    sql = SqlLedger(f"sqlite:///{tmp_path}/ledger.db", "webhook")
    async for caller in caller_on(MemoryLedger() if request.param == "memory" else sql):
        yield caller
    sql.close()
