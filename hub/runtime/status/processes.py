"""What each process says of itself: at /ready, in words, and of its metrics when heartbeats passed and what expires."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import httpx
from prometheus_client.parser import text_string_to_metric_families

from hub.platform.settings import Settings
from hub.runtime.programs import PARTS
from hub.runtime.status.judging import judged
from schemas.status import Item

PATIENCE_SECONDS = 3.0
HEARTBEAT_SECONDS = 120.0
"""How old the newest heartbeat through a stage may be: one is sent every 30 s."""
PARTITION_SECONDS = 900.0
"""How old the newest through one partition may be: its turn comes every 4 minutes at most."""
DAY_HOURS = 26
"""How long ago the day that was told last may have begun."""
HELD_SECONDS = 900.0
"""For how long a connector may hold something that it has neither taken nor refused."""
RENEW_DAYS = {"bank-holidays": 180, "timetable": 180, "wrapping-key": -7}
"""How long before its end something has to be renewed; a wrapping key a week after it should have been rotated."""
RENEW_CERTIFICATE_DAYS = 21
EXPIRY_RUNBOOKS = {"bank-holidays": "data-ends", "timetable": "data-ends", "wrapping-key": "key-due"}
_WAITS = ("intake", "identity", "casework", "projection", "audit", "ticker")
_READS = ("api", "exporter", "desk")
RUNBOOKS = {**dict.fromkeys(_WAITS, "stage-waiting"), **dict.fromkeys(_READS, "read-model-down")}
"""What helps where a process says that it is not ready; all others are connectors."""
FAR = datetime(9999, 1, 1, tzinfo=UTC)

Values = Mapping[str, Mapping[tuple[str, ...], float]]
"""Of the metrics that are looked at: by the values of the labels that tell them apart."""

_BEATS, _EXPIRES = "sendhub_heartbeat_last_timestamp_seconds", "sendhub_expires_timestamp_seconds"
_HELD, _DAY = "sendhub_connector_lag_seconds", "sendhub_ticker_day_timestamp_seconds"
_WANTED: Mapping[str, tuple[str, ...]] = {
    _BEATS: ("stage", "topic", "partition"),
    _EXPIRES: ("what",),
    _HELD: ("connector",),
    _DAY: (),
}


async def look(settings: Settings, at: datetime) -> list[Item]:
    """All processes side by side."""
    places = settings.processes or {part.name: f"127.0.0.1:{part.metrics_port}" for part in PARTS}
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as client:
        found = await asyncio.gather(*(_ask(client, name, place) for name, place in places.items()))
    items = [item for item, _ in found]
    beats: dict[tuple[str, ...], float] = {}
    for _, values in found:
        for place, last in values.get(_BEATS, {}).items():
            beats[place] = max(last, beats.get(place, last))
        items += _held(values.get(_HELD, {}))
        items += _day(values.get(_DAY, {}), at)
        items += expiries(_ends(values.get(_EXPIRES, {})), at)
    return [*items, *_heartbeats(beats, at)]


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
        return judged("process", name, words, "process-down"), {}
    runbook = RUNBOOKS.get(name, "connector-no-ack") if problems else None
    return judged("process", name, "; ".join(problems) or "ready", runbook), values


def read(text: str) -> Values:
    """The metrics that are looked at; raises ValueError for what is no page of metrics."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        labels = _WANTED.get(family.name)
        if labels is not None:
            values = found.setdefault(family.name, {})
            for sample in family.samples:
                values[tuple(sample.labels.get(label, "") for label in labels)] = sample.value
    return found


def _heartbeats(beats: Mapping[tuple[str, ...], float], at: datetime) -> Iterator[Item]:
    """How old the newest is by stage; and each partition that is passed by while its stage goes on."""
    newest: dict[str, float] = {}
    for (stage, *_), last in beats.items():
        newest[stage] = max(last, newest.get(stage, last))
    for stage, last in newest.items():
        age = max(0.0, at.timestamp() - last)
        late = age > HEARTBEAT_SECONDS
        words = f"the last heartbeat passed {age:.0f} s ago" + (
            ": it is stuck, or something before it is" if late else ""
        )
        yield judged("stage", stage, words, "through-late" if late else None, {"heartbeat_seconds": age})
    for (stage, topic, partition), last in sorted(beats.items()):
        if newest[stage] - last > PARTITION_SECONDS:
            age = at.timestamp() - last
            words = f"partition {partition} of {topic} stands still: the last heartbeat passed it {age:.0f} s ago"
            yield judged("stage", stage, words, "partition-stuck", {"heartbeat_seconds": age})


def _held(lags: Mapping[tuple[str, ...], float]) -> Iterator[Item]:
    for (connector,), seconds in lags.items():
        if seconds > HELD_SECONDS:
            words = f"has held something for {seconds:.0f} s that it has neither taken nor refused"
            yield judged("process", connector, words, "connector-behind", {"lag_seconds": seconds})


def _day(values: Mapping[tuple[str, ...], float], at: datetime) -> Iterator[Item]:
    """The last day that the ticker told, when that is long ago; 0 is every process that is no ticker."""
    for instant in values.values():
        if 0 < instant < at.timestamp() - DAY_HOURS * 3600:
            words = f"the last day that it told is {datetime.fromtimestamp(instant, UTC):%Y-%m-%d}: nothing becomes due"
            yield judged("process", "ticker", words, "day-not-told")


def _ends(values: Mapping[tuple[str, ...], float]) -> Iterator[tuple[str, datetime | None]]:
    for (what,), instant in values.items():
        if instant <= 0:
            yield what, None
        elif instant < FAR.timestamp():
            yield what, datetime.fromtimestamp(instant, UTC)


def expiries(ends: Iterable[tuple[str, datetime | None]], at: datetime) -> Iterator[Item]:
    """What has to be renewed, and when; None is an end that can't be read."""
    for what, end in ends:
        runbook = EXPIRY_RUNBOOKS.get(what, "certificate-ends")
        if end is None:
            words = "when it ends can't be read"
            yield Item(part="expiry", name=what, state="unknown", words=words, runbook=runbook)
            continue
        due = at > end - timedelta(days=RENEW_DAYS.get(what, RENEW_CERTIFICATE_DAYS))
        words = f"ends on {end:%Y-%m-%d}" + (": renew it" if due else "")
        left = (end - at).total_seconds() / 86_400
        yield judged("expiry", what, words, runbook if due else None, {"days_left": round(left, 1)})
