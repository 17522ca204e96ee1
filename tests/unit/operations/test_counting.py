"""What is counted is so when it should be: in lanes, connectors, the ticker and the projection."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from connectors.council.files.folder import Folder
from connectors.sdk import counts
from connectors.sdk.counts import Counts
from hub.core.alerts.hearing import Heard, Hearing
from hub.platform.clock import SystemClock
from hub.platform.settings import Settings
from hub.runtime import heartbeat, ticker
from hub.runtime.lane import Lane
from hub.runtime.partitions import Fetched, Partition
from hub.stages.stage import Record
from hub.store import Projector
from schemas import heartbeats
from schemas.topics import AUDIT_INTAKE, COUNCIL_EVENTS, FACTS, NHS_MESSAGES
from tests.support.readmodel import alert, child

PLACE = {"stage": "beating", "topic": FACTS.name, "partition": "2"}


def value(name: str, labels: dict[str, str]) -> float | None:
    return REGISTRY.get_sample_value(f"sendhub_{name}", labels)


class Committed:
    """Commits whatever it is given, and looks what is told meanwhile."""

    in_progress: float | None = None
    behind: float | None = None

    async def open(self) -> int:
        return 0

    async def commit(self, records: Sequence[Record], end: int) -> int:
        self.in_progress = value("stage_in_progress_records", {"stage": "beating"})
        self.behind = value("stage_lag_records", PLACE)
        return len(records)

    async def bury(self, record: Record, error: Exception, attempts: int, end: int) -> None:
        raise AssertionError("nothing is poison here")

    async def skip(self, end: int) -> None:
        return

    async def rest(self) -> None:
        return

    async def close(self) -> None:
        return


async def test_a_lane_tells_of_heartbeats_once_they_are_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.runtime.lane.time.time", lambda: 1_790_000_012.0)
    committer = Committed()
    lane = Lane("beating", Partition(FACTS.name, 2), committer)
    await lane.open()
    beat = Record(FACTS.name, 2, 1, heartbeats.KEY, heartbeats.VALUE, heartbeats.first_headers(6, 1_790_000_005.0))
    damaged = Record(FACTS.name, 2, 2, heartbeats.KEY, heartbeats.VALUE, (("inserted_at", b"soon"),))
    records = [Record(FACTS.name, 2, 0, b"chd-1", b"{}"), beat, damaged]
    assert await lane.take(Fetched(0, records, 3, 3))
    assert committer.in_progress == 3
    assert value("stage_in_progress_records", {"stage": "beating"}) == 0
    assert value("heartbeat_last_timestamp_seconds", PLACE) == 1_790_000_005.0
    assert value("heartbeat_seconds_sum", {"stage": "beating"}) == 7.0
    assert value("heartbeat_seconds_count", {"stage": "beating"}) == 1
    assert value("stage_batch_records_sum", {"stage": "beating"}) == 3
    assert (value("stage_last_commit_timestamp_seconds", PLACE) or 0) > 0
    assert value("stage_lag_records", PLACE) == 0
    await lane.close()
    assert value("stage_lag_records", PLACE) is None, "whoever has the partition next tells of it"


async def test_what_a_lane_has_in_hand_is_not_committed_and_so_it_is_behind_by_it() -> None:
    """However long a batch takes: of a slow database nothing else would tell meanwhile."""
    committer = Committed()
    lane = Lane("beating", Partition(FACTS.name, 2), committer)
    await lane.open()
    records = [Record(FACTS.name, 2, number, b"chd-1", b"{}") for number in range(3)]
    assert await lane.take(Fetched(0, records, 3, 10))
    assert committer.behind == 10
    assert value("stage_lag_records", PLACE) == 7
    await lane.close()


def test_a_connector_is_as_far_behind_as_the_oldest_thing_in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(counts.time, "monotonic", lambda: now[0])
    counted = Counts("behind", SystemClock())

    def behind() -> float | None:
        return value("connector_lag_seconds", {"connector": "behind"})

    assert behind() == 0
    with counted.in_hand():
        now[0] = 103.0
        with counted.in_hand():
            now[0] = 104.0
            assert behind() == 4.0
    assert behind() == 0
    counted.waiting(7.5)
    assert behind() == 7.5


def test_a_file_waits_since_it_was_first_seen_also_one_that_never_stops_changing(tmp_path: Path) -> None:
    now = [10.0]
    folder = Folder(tmp_path, 1.0, lambda: now[0])
    folder.look()
    assert folder.waited() == 0
    (tmp_path / "in.csv").write_text("a")
    folder.look()
    now[0] = 15.0
    (tmp_path / "in.csv").write_text("ab")
    assert folder.look() == []
    assert folder.waited() == 5.0
    (tmp_path / "in.csv").unlink()
    folder.look()
    assert folder.waited() == 0
    (tmp_path / "in.csv").write_text("b")
    folder.look()
    assert folder.waited() == 0, "it is another file"


def test_a_folder_that_can_not_be_looked_into_waits_since_then(tmp_path: Path) -> None:
    now, place = [10.0], tmp_path / "inbox"
    folder = Folder(place, 1.0, lambda: now[0])
    place.write_bytes(b"")
    for instant in (12.0, 20.0):
        now[0] = instant
        with pytest.raises(NotADirectoryError):
            folder.look()
    assert folder.waited() == 8.0
    place.unlink()
    folder.look()
    assert folder.waited() == 0


def test_sources_that_are_watched_are_told_with_their_limit() -> None:
    heard = datetime(2026, 11, 1, 9, tzinfo=UTC)
    ticker._tell(
        Hearing(
            {"told:825:2022": timedelta(hours=36), "new:825:2022": timedelta(hours=1)}, {"told:825:2022": Heard(heard)}
        )
    )
    assert value("source_heard_timestamp_seconds", {"source": "told:825:2022"}) == heard.timestamp()
    assert value("source_silent_after_seconds", {"source": "told:825:2022"}) == 36 * 3600
    assert value("source_heard_timestamp_seconds", {"source": "new:825:2022"}) is None


def test_records_and_alerts_are_told_apart_when_they_are_in_the_read_model(tmp_path: Path) -> None:
    records: list[datetime] = []
    alerts: list[datetime] = []
    projector = Projector.open(f"sqlite:///{tmp_path}/read-model.db", records.append, alerts.append)
    first, second = "2026-10-20T09:30:00Z", "2026-10-20T09:31:00Z"
    projector.apply("hub.children", 0, [child(0, headers=[("received_at", first.encode())])], 0, 1)
    projector.apply(
        "hub.alerts", 0, [replace(alert(0, "a"), headers=(("received_at", second.encode()),)), alert(1, "b")], 0, 2
    )
    projector.close()
    assert (records, alerts) == ([datetime.fromisoformat(first)], [datetime.fromisoformat(second)])


class Broker:
    """Takes heartbeats, but for the ones that it is away for."""

    def __init__(self, away: set[int]) -> None:
        self.sent: list[tuple[str, int]] = []
        self._away = away
        self._asked = 0

    async def send_and_wait(
        self, topic: str, value: bytes, key: bytes, partition: int, headers: list[tuple[str, bytes]]
    ) -> None:
        self._asked += 1
        if self._asked in self._away:
            raise KafkaConnectionError("away")
        assert (key, value) == (heartbeats.KEY, heartbeats.VALUE)
        assert heartbeats.inserted_at(headers) is not None
        self.sent.append((topic, partition))


async def test_heartbeats_take_turns_and_come_back_after_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    broker, now, slept = Broker(away={5, 6}), [0.0], []
    finished = asyncio.Event()

    @asynccontextmanager
    async def producer(settings: Settings) -> AsyncIterator[Broker]:
        yield broker

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds
        if len(slept) > 10:
            finished.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(heartbeat, "_producer", producer)
    monkeypatch.setattr(heartbeat.time, "time", lambda: now[0])
    monkeypatch.setattr(heartbeat.asyncio, "sleep", sleep)
    with capture_logs() as logs:
        beating = asyncio.create_task(heartbeat.keep_beating(Settings(heartbeat_seconds=30)))
        await asyncio.wait_for(finished.wait(), 5)
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
    events, messages = COUNCIL_EVENTS.name, NHS_MESSAGES.name
    expected = [(events, 0), (events, 1), (messages, 0), (messages, 1), (messages, 2), (messages, 3), (events, 0)]
    raw = [each for each in broker.sent if each != (AUDIT_INTAKE.name, 0)]
    assert raw[: len(expected)] == expected, "what was missed is not made up for"
    assert broker.sent[1::2] == [(AUDIT_INTAKE.name, 0)] * len(raw), "one goes in front of the audit each time"
    assert [each["event"] for each in logs] == ["no heartbeat can be put in", "heartbeats are put in again"]


async def test_where_the_settings_say_so_there_are_none() -> None:
    await asyncio.wait_for(heartbeat.keep_beating(Settings(heartbeat_seconds=0)), 1)
