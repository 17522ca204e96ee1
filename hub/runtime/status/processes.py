"""What each process says of itself: at /ready, in words, and of its metrics when heartbeats passed and what expires."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import httpx
from prometheus_client.parser import text_string_to_metric_families

from hub.platform.settings import Settings
from hub.runtime.programs import PARTS
from schemas.status import Item

PATIENCE_SECONDS = 3.0
HEARTBEAT_SECONDS = 120.0
"""How old the newest heartbeat through a stage may be: one is sent every 30 s."""
RENEW_DAYS = {"bank-holidays": 180, "timetable": 180, "wrapping-key": -7}
"""How long before its end something has to be renewed; a wrapping key a week after it should have been rotated."""
RENEW_CERTIFICATE_DAYS = 21
FAR = datetime(9999, 1, 1, tzinfo=UTC)

Values = Mapping[str, Mapping[str, float]]
"""Of the metrics that are looked at: by the value of their one label that tells them apart, the greatest."""

_WANTED = {"sendhub_heartbeat_last_timestamp_seconds": "stage", "sendhub_expires_timestamp_seconds": "what"}


async def look(settings: Settings, at: datetime) -> list[Item]:
    """All processes side by side."""
    places = settings.processes or {part.name: f"127.0.0.1:{part.metrics_port}" for part in PARTS}
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as client:
        found = await asyncio.gather(*(_ask(client, name, place) for name, place in places.items()))
    items = [item for item, _ in found]
    for _, values in found:
        items += _heartbeats(values, at)
        items += expiries(_ends(values.get("sendhub_expires_timestamp_seconds", {})), at)
    return items


async def _ask(client: httpx.AsyncClient, name: str, place: str) -> tuple[Item, Values]:
    try:
        ready = await client.get(f"http://{place}/ready")
        said = ready.json()
        problems = [str(each) for each in dict(said.get("problems", {})).values()]
        metrics = await client.get(f"http://{place}/metrics")
        values = read(metrics.text)
    except (httpx.HTTPError, ValueError, AttributeError, TypeError) as error:
        words = (
            f"does not answer at {place} ({type(error).__name__}): is it running? SENDHUB_PROCESSES says where each is"
        )
        return Item(part="process", name=name, state="degraded", words=words), {}
    words = "; ".join(problems) or "ready"
    return Item(part="process", name=name, state="degraded" if problems else "well", words=words), values


def read(text: str) -> Values:
    """The metrics that are looked at; raises ValueError for what is no page of metrics."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        label = _WANTED.get(family.name)
        if label is not None:
            values = found.setdefault(family.name, {})
            for sample in family.samples:
                name = sample.labels.get(label, "")
                values[name] = max(sample.value, values.get(name, sample.value))
    return found


def _heartbeats(values: Values, at: datetime) -> Iterator[Item]:
    for stage, last in values.get("sendhub_heartbeat_last_timestamp_seconds", {}).items():
        age = max(0.0, at.timestamp() - last)
        late = age > HEARTBEAT_SECONDS
        words = f"the last heartbeat passed {age:.0f} s ago" + (
            ": it is stuck, or something before it is" if late else ""
        )
        state = "degraded" if late else "well"
        yield Item.model_validate(
            {"part": "stage", "name": stage, "state": state, "words": words, "figures": {"heartbeat_seconds": age}}
        )


def _ends(values: Mapping[str, float]) -> Iterator[tuple[str, datetime | None]]:
    for what, instant in values.items():
        if instant <= 0:
            yield what, None
        elif instant < FAR.timestamp():
            yield what, datetime.fromtimestamp(instant, UTC)


def expiries(ends: Iterable[tuple[str, datetime | None]], at: datetime) -> Iterator[Item]:
    """What has to be renewed, and when; None is an end that can't be read."""
    for what, end in ends:
        if end is None:
            yield Item(part="expiry", name=what, state="unknown", words="when it ends can't be read")
            continue
        days = RENEW_DAYS.get(what, RENEW_CERTIFICATE_DAYS)
        due = at > end - timedelta(days=days)
        words = f"ends on {end:%Y-%m-%d}" + (": renew it (docs/runbooks)" if due else "")
        left = (end - at).total_seconds() / 86_400
        state = "degraded" if due else "well"
        yield Item.model_validate(
            {"part": "expiry", "name": what, "state": state, "words": words, "figures": {"days_left": round(left, 1)}}
        )
