"""A lane drops nothing that it did not go back for, and isolates poison."""

import asyncio
from collections.abc import Sequence

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from hub.platform.outages import Outages
from hub.runtime.errors import Fenced
from hub.runtime.lane import ATTEMPTS, Lane, message_of, source_of
from hub.runtime.partitions import Fetched, Partition
from hub.stages.errors import PermanentError, TemporaryError, Unavailable
from hub.stages.stage import Record
from schemas.trail import message_key

PARTITION = Partition("test.in", 0)


def record(offset: int, value: bytes = b"good") -> Record:
    return Record("test.in", 0, offset, b"k", value)


def fetched(start: int, end: int, *values: bytes) -> Fetched:
    values = values or (b"good",) * (end - start)
    return Fetched(start, [record(start + n, value) for n, value in enumerate(values)], end, end)


class Committed:
    """Keeps what was committed; fails as told."""

    def __init__(self, start: int = 0, most: int | None = None, temporary: int = 0) -> None:
        self.start, self.most, self.temporary = start, most, temporary
        self.offsets: list[int] = []
        self.handled: list[int] = []
        self.buried: list[tuple[int, str, int]] = []
        self.attempts: list[int] = []
        self.open_now = False
        self.rests = 0

    def _maybe_away(self) -> None:
        if self.temporary:
            self.temporary -= 1
            raise Unavailable("the database is away", delay=0.0)

    async def open(self) -> int:
        self._maybe_away()
        self.open_now = True
        return self.start

    async def commit(self, records: Sequence[Record], end: int) -> int:
        self._maybe_away()
        if any(item.value == b"fenced" for item in records):
            raise Fenced("another owner")
        if any(item.value == b"poison" for item in records):
            raise PermanentError("poison")
        if any(item.value == b"slow" for item in records):
            raise TemporaryError("it took too long", delay=0.0)
        taken = records[: self.most]
        self.handled += [item.offset for item in taken]
        self.offsets.append(end if len(taken) == len(records) else records[len(taken)].offset)
        return len(taken)

    async def bury(self, record: Record, error: Exception, attempts: int, end: int) -> None:
        self._maybe_away()
        self.buried.append((record.offset, type(error).__name__, end))
        self.attempts.append(attempts)
        self.offsets.append(end)

    async def skip(self, end: int) -> None:
        self._maybe_away()
        self.offsets.append(end)

    async def rest(self) -> None:
        self.rests += 1

    async def close(self) -> None:
        self.open_now = False


async def opened(committed: Committed) -> Lane:
    lane = Lane("count", PARTITION, committed)
    await lane.open()
    return lane


def waiting() -> float | None:
    return REGISTRY.get_sample_value("sendhub_stage_waiting", {"stage": "count", "topic": "test.in", "partition": "0"})


async def until_it_waits(lane: Lane) -> None:
    for _ in range(100):
        if lane.waiting_for is not None:
            return
        await asyncio.sleep(0)
    raise AssertionError("it waits for nothing")


async def test_records_from_after_a_seek_are_refused_so_that_the_position_is_sought_again() -> None:
    committed = Committed(start=100)
    lane = await opened(committed)
    # A fetch that was waiting while the position was sought back to 100 comes home with what followed 200.
    assert not await lane.take(fetched(200, 300))
    assert committed.handled == []
    assert lane.position == 100
    assert await lane.take(fetched(100, 300))
    assert committed.handled == list(range(100, 300))
    assert lane.position == 300


async def test_a_lane_that_was_let_go_takes_nothing() -> None:
    committed = Committed()
    lane = await opened(committed)
    await lane.close()
    assert not await lane.take(fetched(0, 10))
    assert committed.handled == []
    assert not committed.open_now


async def test_poison_is_buried_alone_and_everything_else_is_committed_in_order() -> None:
    committed = Committed()
    lane = await opened(committed)
    values = [b"poison" if n in (3, 17, 18) else b"good" for n in range(20)]
    assert await lane.take(fetched(0, 25, *values))
    assert [offset for offset, _, _ in committed.buried] == [3, 17, 18]
    assert committed.handled == [n for n in range(20) if n not in (3, 17, 18)]
    assert committed.offsets == sorted(committed.offsets)
    assert committed.offsets[-1] == 25, "the last commit passes the transaction markers behind the last record"


async def test_the_log_of_a_dead_letter_names_the_place_in_the_code_and_no_value() -> None:
    committed = Committed()

    async def commit(records: Sequence[Record], end: int) -> int:
        return int(records[0].value or b"")

    committed.commit = commit  # type: ignore[method-assign]
    lane = await opened(committed)
    with capture_logs() as logs:
        assert await lane.take(fetched(0, 1, b"poison"))
    (said,) = [entry for entry in logs if entry["event"] == "dead letter"]
    assert said["at"] == f"test_lane.py:{commit.__code__.co_firstlineno + 1}"
    assert said["error"] == "ValueError"
    assert "poison" not in str(said)


async def test_a_step_that_consumed_only_a_part_is_given_the_rest() -> None:
    committed = Committed(most=3)
    lane = await opened(committed)
    assert await lane.take(fetched(0, 10))
    assert committed.handled == list(range(10))
    assert committed.offsets == [3, 6, 9, 10]


async def test_a_temporary_error_is_tried_again_with_the_same_records_and_shown_meanwhile() -> None:
    committed = Committed()
    lane = await opened(committed)
    committed.temporary = 3
    assert await lane.take(fetched(0, 2))
    assert committed.handled == [0, 1]
    assert lane.waiting_for is None


async def test_a_record_that_always_takes_too_long_is_given_up_alone_after_its_attempts() -> None:
    committed = Committed()
    lane = await opened(committed)
    values = [b"slow" if n == 6 else b"good" for n in range(20)]
    assert await lane.take(fetched(0, 20, *values))
    assert committed.buried == [(6, "TemporaryError", 7)]
    assert committed.attempts == [ATTEMPTS]
    assert committed.handled == [n for n in range(20) if n != 6]
    assert lane.waiting_for is None


async def test_what_is_away_is_waited_for_longer_than_any_record_is_tried() -> None:
    committed = Committed()
    lane = await opened(committed)
    committed.temporary = 10 * ATTEMPTS
    assert await lane.take(fetched(0, 1))
    assert committed.handled == [0]
    assert committed.buried == []


async def test_a_waiting_lane_gives_up_when_its_partition_is_taken_away() -> None:
    committed = Committed()
    lane = await opened(committed)
    committed.temporary = 10**9
    taking = asyncio.create_task(lane.take(fetched(0, 2)))
    await until_it_waits(lane)
    assert waiting() == 1, "the metric says so too"
    lane.give_up()
    await taking
    assert committed.handled == []
    assert lane.position == 0, "what was not committed is still to come"
    await lane.close()
    assert waiting() == 0


async def test_opening_burying_and_passing_markers_wait_for_what_is_away_as_well() -> None:
    committed = Committed(temporary=3)
    lane = await opened(committed)
    assert (lane.position, committed.open_now) == (0, True)
    committed.temporary = 3
    assert await lane.take(Fetched(0, [], 2, 2))
    await lane.rest()
    assert committed.offsets == [2]

    async def away_after_the_first_look(record: Record, error: Exception, attempts: int, end: int) -> None:
        if not committed.temporary:
            committed.temporary = 3
            raise Unavailable("the database is away", delay=0.0)
        committed.temporary = 0
        committed.buried.append((record.offset, type(error).__name__, end))

    committed.bury = away_after_the_first_look  # type: ignore[method-assign]
    assert await lane.take(fetched(2, 3, b"poison"))
    assert committed.buried == [(2, "PermanentError", 3)]
    assert lane.position == 3


async def test_a_partition_that_is_taken_away_before_it_could_be_opened_is_not_owned() -> None:
    committed = Committed(temporary=10**9)
    lane = Lane("count", PARTITION, committed)
    opening = asyncio.create_task(lane.open())
    await until_it_waits(lane)
    lane.give_up()
    assert await opening is None
    assert lane.position is None
    assert not committed.open_now


async def test_being_fenced_is_not_taken_for_poison() -> None:
    lane = await opened(Committed())
    with pytest.raises(Fenced):
        await lane.take(fetched(0, 2, b"good", b"fenced"))


def test_what_a_lane_reads_is_counted_by_the_feed_it_came_from() -> None:
    raw = Record("council.events", 0, 0, b"k", b"v", (("ce_source", b"one-education:825:2022"),))
    fact = Record("hub.facts", 0, 0, b"k", b"v", (("kind", b"x"), ("source", b"bht-community:RXQ:2026")))
    day = Record("hub.facts", 0, 0, b"day", b"v")
    assert [source_of(each) for each in (raw, fact, day)] == [
        "one-education:825:2022", "bht-community:RXQ:2026", "hub.facts",
    ]  # fmt: skip


async def test_markers_without_records_move_the_committed_offset_once_and_only_at_rest() -> None:
    committed = Committed()
    lane = await opened(committed)
    assert await lane.take(Fetched(0, [], 2, 2))
    assert await lane.take(fetched(2, 3))
    assert await lane.take(Fetched(3, [], 5, 5))
    assert committed.offsets == [3]
    await lane.rest()
    await lane.rest()
    assert committed.offsets == [3, 5]
    assert committed.rests == 2


async def test_a_lane_that_was_let_go_does_not_rest() -> None:
    committed = Committed()
    lane = await opened(committed)
    assert await lane.take(Fetched(0, [], 2, 2))
    await lane.close()
    await lane.rest()
    assert committed.offsets == []


def test_a_line_about_a_record_names_its_message() -> None:
    raw = Record("council.events", 0, 1, b"k", b"", (("ce_id", b"from the sender"), ("ce_source", b"council:825:2022")))
    assert message_of(raw) == message_key("council:825:2022", "from the sender")
    assert message_of(Record("hub.facts", 0, 1, b"k", b"", (("id", b"fact-7"), ("source", b"council")))) == "fact-7"
    assert message_of(record(3)) is None


async def test_the_lanes_of_a_stage_say_together_that_something_is_away_and_is_back() -> None:
    outages = Outages(stage="test")
    lanes = [Lane("test", Partition("test.in", number), Committed(temporary=2), outages) for number in range(3)]
    with capture_logs() as logs:
        await asyncio.gather(*(lane.open() for lane in lanes))
    assert [entry["event"] for entry in logs] == ["waiting", "goes on"]
    assert {entry["stage"] for entry in logs} == {"test"}
