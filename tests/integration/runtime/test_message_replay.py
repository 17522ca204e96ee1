"""Replaying raw messages on a real Kafka: as they were, once for each batch, and only what is still there."""

from datetime import UTC, datetime
from uuid import uuid4

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from hub.embedded.kafka import Kafka
from hub.platform.clock import SystemClock
from hub.platform.settings import Settings
from hub.runtime import topics
from hub.runtime.audit import Act
from hub.runtime.message_replay import BATCH_MESSAGES, MessageReplay, Progress
from hub.store.messages import RawPlace
from schemas.envelope import Envelope
from schemas.topics import AUDIT_INTAKE, DEADLETTER, Topic
from schemas.trail import message_key
from tests.support.streams import read_all

MESSAGES = BATCH_MESSAGES + 5


@pytest.fixture
async def topic(broker: Kafka) -> str:
    name = f"raw-{uuid4().hex[:8]}"
    await topics.create(broker.bootstrap, 1, [Topic(name, 1, "delete", 1), DEADLETTER, AUDIT_INTAKE])
    return name


def envelope(number: int) -> Envelope:
    return Envelope(
        id=f"m-{number}", source="src", type="sendhub.council.event", time=datetime(2026, 11, 1, tzinfo=UTC)
    )


async def written(kafka: str, topic: str) -> list[RawPlace]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    places = []
    for number in range(MESSAGES):
        headers = [*envelope(number).headers(), ("seal", b"\x00")]
        placed = await producer.send_and_wait(topic, b"sealed %d" % number, b"k%d" % number, headers=headers)
        places.append(RawPlace(message_key("src", f"m-{number}"), topic, 0, placed.offset))
    await producer.stop()
    return places


def work(kafka: str, told: list[Progress], most: int = 1_000_000) -> MessageReplay:
    """Stopped once so many were put back."""
    settings = Settings(kafka=kafka, group_prefix=f"mr-{uuid4().hex[:8]}")
    act = Act("ops", f"test {settings.group_prefix}")
    return MessageReplay(settings, SystemClock(), act, 0, told.append, lambda: bool(told) and told[-1].replayed >= most)


async def test_messages_go_to_the_end_as_they_were_with_their_audit(broker: Kafka, topic: str) -> None:
    places = await written(broker.bootstrap, topic)
    told: list[Progress] = []
    replay = work(broker.bootstrap, told)
    report = await replay.run(places)
    assert sorted(report.waiting) == sorted(place.message for place in places)
    assert (report.gone, report.left, report.came_back) == ((), (), ())
    assert told == [Progress(MESSAGES, BATCH_MESSAGES, 0), Progress(MESSAGES, MESSAGES, 0)]
    found = await read_all(broker.bootstrap, [topic, AUDIT_INTAKE.name])
    first, again = found[topic][:MESSAGES], found[topic][MESSAGES:]
    assert [(each.key, each.value, each.headers) for each in again] == [
        (each.key, each.value, each.headers) for each in first
    ]
    entries = [orjson.loads(each.value) for each in found[AUDIT_INTAKE.name]]
    mine = [entry["subjects"] for entry in entries if entry["why"] == replay.act.why]
    assert [name for names in mine for name in names] == [place.message for place in places]


async def test_what_is_not_there_any_more_is_told_and_nothing_else_goes_in_its_place(broker: Kafka, topic: str) -> None:
    places = await written(broker.bootstrap, topic)
    wanted = [
        places[0],
        RawPlace(message_key("src", "another"), topic, 0, places[1].offset),
        RawPlace(message_key("src", "m-later"), topic, 0, 10_000),
    ]
    report = await work(broker.bootstrap, []).run(wanted)
    assert report.waiting == (places[0].message,)
    assert set(report.gone) == {wanted[1].message, wanted[2].message}
    found = await read_all(broker.bootstrap, [topic])
    assert [each.value for each in found[topic][MESSAGES:]] == [b"sealed 0"]


async def test_stopped_between_batches_it_says_what_is_left(broker: Kafka, topic: str) -> None:
    places = await written(broker.bootstrap, topic)
    report = await work(broker.bootstrap, [], most=BATCH_MESSAGES).run(places)
    assert len(report.waiting) == BATCH_MESSAGES
    assert report.left == tuple(place.message for place in places[BATCH_MESSAGES:])
    found = await read_all(broker.bootstrap, [topic])
    assert len(found[topic]) == MESSAGES + BATCH_MESSAGES
