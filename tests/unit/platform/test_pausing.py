"""What a process makes of what stands on hub.control about it."""

import asyncio
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from structlog.testing import capture_logs

from hub.platform import pausing
from hub.platform.pausing import Pausing
from schemas.pauses import Pause

AT = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)


class Record(NamedTuple):
    key: bytes | None
    value: bytes | None


def paused(process: str = "intake") -> Record:
    said = Pause(process=process, actor="engineer-4", why="the trust sends nonsense", at=AT)
    return Record(process.encode(), said.model_dump_json().encode())


class Reader:
    """Kafka's consumer on a log that a test writes; ends the follower when all was read."""

    log: ClassVar[list[Record]] = []
    topic_is_there = True
    at_start = 0

    def __init__(self, **_: Any) -> None:
        self._read = 0

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def topics(self) -> set[str]:
        return {"hub.control"} if Reader.topic_is_there else set()

    def assign(self, partitions: list[TopicPartition]) -> None: ...

    async def seek_to_beginning(self, partition: TopicPartition) -> None: ...

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, Reader.at_start)

    async def position(self, partition: TopicPartition) -> int:
        return self._read

    async def getmany(self, partition: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[Record]]:
        if self._read == len(Reader.log):
            raise asyncio.CancelledError
        self._read += 1
        return {partition: [Reader.log[self._read - 1]]}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    monkeypatch.setattr(pausing, "AIOKafkaConsumer", Reader)
    monkeypatch.setattr(Reader, "topic_is_there", True)
    return []


async def follow(told: list[bool], *log: Record, known_at_start: int = 0) -> Pausing:
    Reader.log, Reader.at_start = list(log), known_at_start
    found = Pausing("nowhere:1", "intake", told.append)
    with pytest.raises(asyncio.CancelledError):
        await found.follow()
    return found


async def test_it_is_paused_from_the_record_until_the_tombstone(told: list[bool]) -> None:
    found = await follow(told, paused())
    assert found.paused() == "paused by engineer-4 since 2026-09-14 09:30 UTC: the trust sends nonsense"
    assert told == [False, True]
    found = await follow(told, paused(), Record(b"intake", None))
    assert found.paused() is None
    assert told[2:] == [False, True, False]


async def test_what_is_said_of_others_is_not_for_it(told: list[bool]) -> None:
    assert (await follow(told, paused("casework"))).paused() is None
    assert (await follow(told, paused(), Record(b"casework", None))).paused() is not None


async def test_what_stood_there_before_it_began_is_taken_as_a_whole(told: list[bool]) -> None:
    found = await follow(told, paused(), Record(b"intake", None), known_at_start=2)
    assert found.paused() is None
    assert told == [False]


@pytest.mark.parametrize("value", [b"", b"{}", b"nonsense", b'{"process":"intake"}'])
async def test_what_can_not_be_read_pauses_nobody(told: list[bool], value: bytes) -> None:
    assert (await follow(told, Record(b"intake", value))).paused() is None


async def test_until_it_has_heard_it_waits_but_not_for_ever(told: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    found = Pausing("nowhere:1", "intake", told.append)
    assert found.paused() == "has yet to hear whether it is paused"
    monkeypatch.setattr(pausing, "UNKNOWN_SECONDS", 0.0)
    assert found.paused() is None


async def once(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let the follower begin so many times."""
    left = [times]

    async def sleep(_: float) -> None:
        left[0] -= 1
        if not left[0]:
            raise asyncio.CancelledError

    monkeypatch.setattr(pausing.asyncio, "sleep", sleep)


async def test_where_the_topic_is_missing_nothing_is_paused(told: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    await once(monkeypatch, 1)
    monkeypatch.setattr(Reader, "topic_is_there", False)
    assert (await follow(told)).paused() is None


async def test_while_kafka_is_away_what_was_said_last_stands_and_one_line_says_so(
    told: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await follow(told, paused())

    async def away(_: Reader) -> None:
        raise KafkaConnectionError("away")

    monkeypatch.setattr(Reader, "start", away)
    await once(monkeypatch, 3)
    with capture_logs() as log, pytest.raises(asyncio.CancelledError):
        await found.follow()
    assert found.paused() is not None
    assert [each["why"] for each in log] == ["Kafka does not say whether this process is paused"]
