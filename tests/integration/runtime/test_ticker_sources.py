"""The ticker on the real broker: a source that is not heard is said to be silent, and heard again, once each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import uuid4

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from hub.core.alerts.hearing import Heard, Hearing
from hub.embedded.kafka import Kafka
from hub.platform.clock import DrivenClock
from hub.platform.health import Health
from hub.platform.settings import Settings
from hub.runtime import ticker, topics
from hub.runtime.ticker import Ear, Ticker
from schemas.topics import FACTS, OBSERVATIONS, TICKER_STATE, Topic

NOON = datetime(2026, 10, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOURCE = "one-education:825:2022"


@pytest.fixture
async def own(broker: Kafka, monkeypatch: pytest.MonkeyPatch) -> dict[str, Topic]:
    prefix = f"t{uuid4().hex[:8]}."
    made = {topic.name: replace(topic, name=prefix + topic.name) for topic in (OBSERVATIONS, FACTS, TICKER_STATE)}
    monkeypatch.setattr(ticker, "OBSERVATIONS", made[OBSERVATIONS.name])
    monkeypatch.setattr(ticker, "FACTS", made[FACTS.name])
    monkeypatch.setattr(ticker, "TICKER_STATE", made[TICKER_STATE.name])
    monkeypatch.setattr(ticker, "LISTEN_SECONDS", 0.1)
    await topics.create(broker.bootstrap, 1, made.values())
    return made


@pytest.fixture
def settings(broker: Kafka, own: dict[str, Topic], tmp_path: Path) -> Settings:
    file = tmp_path / "sources.toml"
    file.write_text(f'[[sources]]\nid = "{SOURCE}"\nkind = "council"\nsilent_after = 24\n')
    return Settings(kafka=broker.bootstrap, group_prefix=own[FACTS.name].name, sources_file=file)


@pytest.fixture
def clock(tmp_path: Path) -> DrivenClock:
    made = DrivenClock(tmp_path / "clock")
    made.set(NOON)
    return made


@asynccontextmanager
async def ticking(settings: Settings, clock: DrivenClock) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    task = asyncio.create_task(Ticker(settings, clock, Health()).run(stopping))
    try:
        yield
    finally:
        stopping.set()
        await task


async def receive(settings: Settings, topic: Topic, at: datetime) -> None:
    """An observation as intake writes it."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka)
    await producer.start()
    try:
        headers = [("source", SOURCE.encode()), ("received_at", at.isoformat().encode())]
        await producer.send_and_wait(topic.name, b"{}", headers=headers)
    finally:
        await producer.stop()


async def said(settings: Settings, topic: Topic) -> list[list[tuple[str, str]]]:
    """What each partition holds about sources, in order."""
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
            held = []
            while await consumer.position(tp) < end:
                for record in (await consumer.getmany(tp, timeout_ms=200)).get(tp, ()):
                    value = orjson.loads(record.value)
                    if value.get("kind", "").startswith("source."):
                        assert dict(record.headers)["kind"].decode() == value["kind"]
                        assert value["data"] == {"source": SOURCE}
                        held.append((value["kind"], value["received_at"]))
            found.append(held)
        return found
    finally:
        await consumer.stop()


async def until_said(settings: Settings, own: dict[str, Topic], wanted: list[tuple[str, datetime]]) -> None:
    """Every partition of both logs holds exactly these."""
    expected = [(kind, at.isoformat().replace("+00:00", "Z")) for kind, at in wanted]
    found: list[list[tuple[str, str]]] = []
    for _ in range(100):
        found = [held for topic in (own[OBSERVATIONS.name], own[FACTS.name]) for held in await said(settings, topic)]
        if all(len(held) >= len(expected) for held in found):
            break
        await asyncio.sleep(0.1)
    assert found == [expected] * 5


async def look(seconds: float = 1.0) -> None:
    """Time for the ticker to look again."""
    await asyncio.sleep(seconds)


async def test_each_turn_is_said_once_whatever_the_process_does(
    settings: Settings, own: dict[str, Topic], clock: DrivenClock
) -> None:
    await receive(settings, own[OBSERVATIONS.name], NOON - HOUR)
    async with ticking(settings, clock):
        await look()
        clock.set(NOON + 22 * HOUR)
        await look()
        await until_said(settings, own, [])
        clock.set(NOON + 23 * HOUR)
        turns = [("source.silent", NOON + 23 * HOUR)]
        await until_said(settings, own, turns)
    clock.set(NOON + 40 * HOUR)
    async with ticking(settings, clock):
        await look()
        await until_said(settings, own, turns)
        await receive(settings, own[OBSERVATIONS.name], NOON + 40 * HOUR)
        turns.append(("source.heard", NOON + 40 * HOUR))
        await until_said(settings, own, turns)
    async with ticking(settings, clock):
        await look()
        clock.set(NOON + 70 * HOUR)
        await until_said(settings, own, [*turns, ("source.silent", NOON + 70 * HOUR)])


async def test_what_came_while_it_was_down_was_heard(
    settings: Settings, own: dict[str, Topic], clock: DrivenClock
) -> None:
    async with ticking(settings, clock):
        await look()
    await receive(settings, own[OBSERVATIONS.name], NOON + 20 * HOUR)
    clock.set(NOON + 30 * HOUR)
    async with ticking(settings, clock):
        await look()
    await until_said(settings, own, [])


async def test_the_days_can_be_read_as_before(settings: Settings, own: dict[str, Topic], clock: DrivenClock) -> None:
    async with ticking(settings, clock):
        await look()
        clock.set(NOON + 25 * HOUR)
        await look()
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        tp = TopicPartition(own[TICKER_STATE.name].name, 0)
        consumer.assign([tp])
        records = (await consumer.getmany(tp, timeout_ms=2000))[tp]
        assert {(record.key, record.value) for record in records} == {(b"day", b"2026-10-20"), (b"day", b"2026-10-21")}
    finally:
        await consumer.stop()


class Midnight:
    """A clock, and a producer that only notes what is written: neither needs a broker."""

    def __init__(self) -> None:
        self.at = NOON
        self.written: list[dict[str, str]] = []

    def now(self) -> datetime:
        return self.at

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield

    async def send(self, topic: str, value: bytes, key: bytes, number: int, headers: object = None) -> object:
        if (topic, number) == (FACTS.name, 0):
            self.written.append(orjson.loads(value))
        return asyncio.sleep(0)


async def test_a_look_begun_before_midnight_is_not_judged_after_the_new_day(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(f'[[sources]]\nid = "{SOURCE}"\nkind = "council"\nsilent_after = 24\n')
    fake = Midnight()
    producer = cast("AIOKafkaProducer", fake)
    made = Ticker(Settings(sources_file=file), fake, Health())
    hearing = Hearing({SOURCE: 24 * HOUR}, {SOURCE: Heard(datetime(2026, 1, 9, 23, 59, 50, tzinfo=UTC))})
    made._ear, made._last = Ear(hearing, {}), datetime(2026, 1, 10, tzinfo=UTC).date()
    made._ear.heard_to = datetime(2026, 1, 10, 23, 59, 59, tzinfo=UTC)
    fake.at = datetime(2026, 1, 11, 0, 0, 1, tzinfo=UTC)
    for day in made._due():
        await made._write_day(producer, day)
    await made._write_turns(producer)
    assert [value["kind"] for value in fake.written] == ["day.reached"]
    made._ear.heard_to = fake.at
    await made._write_turns(producer)
    assert [(value["kind"], value["effective_on"]) for value in fake.written[1:]] == [("source.silent", "2026-01-11")]
