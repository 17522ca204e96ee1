"""The published BaRS examples, posted under the conformance profile, and the table of what became of each.

The table in docs/connectors/bars.md is made by `.venv/bin/python -m tests.contract.bars.examples`. The examples are
read from `../shared/data` beside the checkout, or from `$SENDHUB_SHARED/data`; none is kept here.
"""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import structlog

from connectors.nhs.bars.profile import CONFORMANCE
from connectors.sdk.ledger import MemoryLedger
from hub.core.intake.bars import decode
from hub.core.intake.decoded import Decoded
from tests.contract.bars.conftest import Trust, token, trust_on
from tests.unit.bars_cases import NHS_NUMBER, SOURCE

SHARED = Path(os.environ.get("SENDHUB_SHARED") or Path(__file__).resolve().parents[4] / "shared") / "data"
FOLDERS = ("fhir/bars-ig-xml2json", "fhir/bars-api-json")
BIRTH_DATE = "2017-05-04"


def examples(shared: Path = SHARED) -> list[Path]:
    """Every published message bundle, sorted; empty when the examples are not here."""
    return [path for folder in FOLDERS for path in sorted((shared / folder).rglob("*.json")) if _is_message(path)]


def _is_message(path: Path) -> bool:
    try:
        value = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        return False
    return isinstance(value, dict) and value.get("resourceType") == "Bundle" and value.get("type") == "message"


def as_child(body: bytes) -> bytes:
    """The bundle with every date of birth and NHS number replaced by those of a synthetic child."""
    bundle = orjson.loads(body)
    for holder in _objects(bundle):
        if holder.get("resourceType") == "Patient" and "birthDate" in holder:
            holder["birthDate"] = BIRTH_DATE
        if str(holder.get("system", "")).lower().endswith("/id/nhs-number"):
            holder["value"] = NHS_NUMBER
    return orjson.dumps(bundle)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from _objects(each)


@dataclass(frozen=True)
class Fate:
    """One example's answer and, when it was published, what intake made of it."""

    answer: httpx.Response
    decoded: Decoded | None

    @property
    def words(self) -> str:
        """The fate in a few words, for the table."""
        if self.answer.status_code != 200:
            issue = self.answer.json()["issue"][0]
            return f"{self.answer.status_code} {issue['code']}: {issue['diagnostics'].partition(': ')[0]}"
        if self.decoded is None:
            return "200, out of scope: nothing kept"
        kinds = ", ".join(
            f"{each.kind}{' (retracted)' if each.retracted else ''}" for each in self.decoded.observations
        )
        doubts = f"; question: {self.decoded.reviews[0].detail.split(':')[0]}" if self.decoded.reviews else ""
        return f"200, {kinds}{doubts}"


async def post(trust: Trust, body: bytes) -> Fate:
    """Post one example under the conformance profile, and decode what was published."""
    before = len(trust.publisher.published)
    answer = await trust.post(body, Authorization=f"Bearer {token(sub='rhw-system')}")
    published = [message for _, message in trust.publisher.published[before:]]
    return Fate(answer, decode(published[0].envelope, published[0].value, SOURCE) if published else None)


async def table(shared: Path = SHARED) -> str:
    """The table of docs/connectors/bars.md."""
    lines = ["| example | as published | with a synthetic child's date of birth and NHS number |", "|---|---|---|"]
    async with trust_on(MemoryLedger(), CONFORMANCE) as trust:
        for path in examples(shared):
            body = path.read_bytes()
            as_is, replaced = await post(trust, body), await post(trust, as_child(body))
            lines.append(f"| {_name(path)} | {as_is.words} | {replaced.words} |")
    return "\n".join(lines)


def _name(path: Path) -> str:
    folder = "ig" if "bars-ig" in str(path) else "api"
    return f"{folder}: {path.stem.split('_-_')[0].split('-_')[0].rstrip('_')}"


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    print(asyncio.run(table()))
