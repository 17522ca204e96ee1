"""The ticker on the real broker: every day once, in order, whatever the clock and the process do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from hub.embedded.kafka import Kafka
from hub.platform.clock import DrivenClock
from hub.platform.health import Health
from hub.platform.settings import Settings
from hub.runtime import ticker, topics
from hub.runtime.ticker import Ticker
from schemas.topics import FACTS, OBSERVATIONS, TICKER_STATE, Topic

DAY = date(2026, 10, 23)
"""Two days before the clocks go back in London."""


@pytest.fixture
async def own(broker: Kafka, monkeypatch: pytest.MonkeyPatch) -> dict[str, Topic]:
    prefix = f"t{uuid4().hex[:8]}."
    made = {topic.name: replace(topic, name=prefix + topic.name) for topic in (OBSERVATIONS, FACTS, TICKER_STATE)}
    monkeypatch.setattr(ticker, "OBSERVATIONS", made[OBSERVATIONS.name])
    monkeypatch.setattr(ticker, "FACTS", made[FACTS.name])
    monkeypatch.setattr(ticker, "TICKER_STATE", made[TICKER_STATE.name])
    await topics.create(broker.bootstrap, 1, made.values())
    return made


@pytest.fixture
def settings(broker: Kafka, own: dict[str, Topic]) -> Settings:
    return Settings(kafka=broker.bootstrap, group_prefix=own[FACTS.name].name)


@pytest.fixture
def clock(tmp_path: Path) -> DrivenClock:
    made = DrivenClock(tmp_path / "clock")
    made.set(noon(DAY))
    return made


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@asynccontextmanager
async def ticking(settings: Settings, clock: DrivenClock) -> AsyncIterator["asyncio.Task[None]"]:
    stopping = asyncio.Event()
    task = asyncio.create_task(Ticker(settings, clock, Health()).run(stopping))
    try:
        yield task
    finally:
        stopping.set()
        await asyncio.wait([task])


async def days(settings: Settings, topic: Topic) -> list[list[str]]:
    """The days that each partition holds now, as a stage would read them."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        found = []
        for number in range(topic.partitions):
            tp = TopicPartition(topic.name, number)
            consumer.assign([tp])
            end = (await consumer.end_offsets([tp]))[tp]
            held: list[str] = []
            while await consumer.position(tp) < end:
                for record in (await consumer.getmany(tp, timeout_ms=200)).get(tp, ()):
                    assert dict(record.headers)["kind"] == b"day.reached"
                    assert orjson.loads(record.value)["kind"] == "day.reached"
                    held.append(orjson.loads(record.value)["effective_on"])
            found.append(held)
        return found
    finally:
        await consumer.stop()


async def until_written(settings: Settings, own: dict[str, Topic], wanted: list[date]) -> None:
    """Every partition of both logs holds exactly these days, in this order."""
    expected = [day.isoformat() for day in wanted]
    found: list[list[str]] = []
    for _ in range(100):
        found = [held for topic in (own[OBSERVATIONS.name], own[FACTS.name]) for held in await days(settings, topic)]
        if all(len(held) >= len(expected) for held in found):
            break
        await asyncio.sleep(0.1)
    assert found == [expected] * 5


async def test_the_first_start_writes_today_and_each_new_day_follows(
    settings: Settings, own: dict[str, Topic], clock: DrivenClock
) -> None:
    async with ticking(settings, clock):
        await until_written(settings, own, [DAY])
        clock.set(noon(DAY + timedelta(days=1)))
        await until_written(settings, own, [DAY, DAY + timedelta(days=1)])


async def test_missed_days_are_written_in_order_and_a_restart_writes_nothing_twice(
    settings: Settings, own: dict[str, Topic], clock: DrivenClock
) -> None:
    for start in (0, 0, 5, 5):
        clock.set(noon(DAY + timedelta(days=start)))
        async with ticking(settings, clock):
            await until_written(settings, own, [DAY + timedelta(days=n) for n in range(start + 1)])
            await asyncio.sleep(2 * ticker.POLL_SECONDS)
    await until_written(settings, own, [DAY + timedelta(days=n) for n in range(6)])


async def test_a_clock_that_goes_back_and_forth_repeats_nothing(
    settings: Settings, own: dict[str, Topic], clock: DrivenClock
) -> None:
    async with ticking(settings, clock):
        await until_written(settings, own, [DAY])
        for move in (-3, 0, -1, 0):
            clock.set(noon(DAY + timedelta(days=move)))
            await asyncio.sleep(2 * ticker.POLL_SECONDS)
        clock.set(noon(DAY + timedelta(days=2)))
        await until_written(settings, own, [DAY + timedelta(days=n) for n in range(3)])


async def test_a_day_begins_at_midnight_in_london_not_in_utc(
    settings: Settings, own: dict[str, Topic], clock: DrivenClock
) -> None:
    clock.set(datetime(2026, 7, 1, 22, 59, tzinfo=UTC))
    async with ticking(settings, clock):
        await until_written(settings, own, [date(2026, 7, 1)])
        clock.set(datetime(2026, 7, 1, 23, 0, tzinfo=UTC))
        await until_written(settings, own, [date(2026, 7, 1), date(2026, 7, 2)])


async def test_a_day_that_one_partition_refuses_is_written_to_none(
    settings: Settings, own: dict[str, Topic], clock: DrivenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = replace(FACTS, name=f"t{uuid4().hex[:8]}.{FACTS.name}", max_message_bytes=120)
    await topics.create(settings.kafka, 1, [narrow])
    monkeypatch.setattr(ticker, "FACTS", narrow)
    async with ticking(settings, clock) as task:
        await asyncio.wait([task], timeout=20)
        assert isinstance(task.exception(), KafkaError)
    assert await days(settings, own[OBSERVATIONS.name]) == [[]]
    monkeypatch.setattr(ticker, "FACTS", own[FACTS.name])
    async with ticking(settings, clock):
        await until_written(settings, own, [DAY])


async def test_of_two_tickers_the_older_is_fenced_before_it_writes_a_day_again(
    settings: Settings, own: dict[str, Topic], clock: DrivenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ticking(settings, clock) as older:
        await until_written(settings, own, [DAY])
        async with ticking(settings, clock) as newer:
            await asyncio.sleep(1)  # the newer one has its producer
            clock.set(noon(DAY + timedelta(days=1)))
            await until_written(settings, own, [DAY, DAY + timedelta(days=1)])
            await asyncio.wait([older], timeout=10)
            assert isinstance(older.exception(), KafkaError)
            assert not newer.done()
    await until_written(settings, own, [DAY, DAY + timedelta(days=1)])
