"""The publisher and the webhook process on a real Kafka, and what they say while it is frozen."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from aiokafka import ConsumerRecord

from connectors.sdk.kafka import KafkaPublisher
from connectors.sdk.publisher import Message, NotAcknowledged, TooLarge
from hub.embedded.kafka import Kafka
from hub.platform.seal import DailySeal, about_record
from hub.runtime import topics
from schemas.envelope import Envelope
from schemas.topics import COUNCIL_EVENTS, Topic
from tests.integration.webhook.conftest import SOURCE, Running, an_event, headers
from tests.support.sealed import opened, ring
from tests.support.streams import read_until


def a_message(value: bytes = b"value", name: str = "m-1") -> Message:
    envelope = Envelope(
        id=name, source=SOURCE, type="sendhub.council.event", time=datetime(2026, 9, 14, 15, tzinfo=UTC)
    )
    return Message(b"key", value, envelope)


@pytest.fixture
async def publisher(broker: Kafka) -> AsyncIterator[KafkaPublisher]:
    publisher = KafkaPublisher(broker.bootstrap, 4.0, ring())
    await publisher.start()
    yield publisher
    await publisher.stop()


@pytest.fixture
async def topic(broker: Kafka) -> str:
    """A topic that takes messages up to 20 kB."""
    name = f"t-{uuid4().hex[:8]}"
    await topics.create(broker.bootstrap, 1, [Topic(name, 1, "delete", 1, max_message_bytes=20_000)])
    return name


@pytest.fixture
async def council_events(broker: Kafka) -> None:
    await topics.create(broker.bootstrap, 1, [COUNCIL_EVENTS])


async def test_what_is_published_can_be_read_with_its_envelope(
    broker: Kafka, publisher: KafkaPublisher, topic: str
) -> None:
    messages = [a_message(b"%d" % number, f"m-{number}") for number in range(50)]
    await publisher.publish(topic, messages)
    records = await read_until(broker.bootstrap, topic, lambda found: len(found) >= 50)
    assert [(record.key, open_one(record, topic)) for record in records] == [(m.key, m.value) for m in messages]
    assert [Envelope.of(record.headers) for record in records] == [m.envelope for m in messages]
    assert await publisher.ready()


async def test_after_a_message_that_the_broker_refuses_the_next_ones_pass(
    broker: Kafka, publisher: KafkaPublisher, topic: str
) -> None:
    await publisher.publish(topic, [a_message(b"first")])
    with pytest.raises(TooLarge):
        await publisher.publish(topic, [a_message(b"x" * 30_000)])
    await publisher.publish(topic, [a_message(b"second"), a_message(b"third")])
    records = await read_until(broker.bootstrap, topic, lambda found: len(found) >= 3)
    assert [open_one(record, topic) for record in records] == [b"first", b"second", b"third"]


async def test_a_topic_that_is_not_there_is_no_ack_and_does_not_spoil_the_others(
    publisher: KafkaPublisher, topic: str
) -> None:
    with pytest.raises(NotAcknowledged):
        await publisher.publish("no-such-topic", [a_message()])
    await publisher.publish(topic, [a_message()])


async def test_a_frozen_broker_is_no_ack_and_the_same_producer_goes_on_after(broker: Kafka, topic: str) -> None:
    publisher = KafkaPublisher(broker.bootstrap, 1.0, ring())
    await publisher.start()
    await _until(publisher.ready)
    broker.process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(NotAcknowledged):
            await publisher.publish(topic, [a_message(b"once")])
    finally:
        broker.process.send_signal(signal.SIGCONT)
    await _until(publisher.ready)
    await publisher.publish(topic, [a_message(b"twice")])
    await publisher.stop()


async def test_an_event_travels_from_http_to_the_topic_once(
    broker: Kafka, council_events: None, start_webhook: Callable[..., Running]
) -> None:
    replicas = [start_webhook(SENDHUB_KAFKA=broker.bootstrap, SENDHUB_INSTANCE=name) for name in ("1", "2")]
    for replica in replicas:  # one that has not reached the broker yet may answer 503: another test's matter
        await asyncio.to_thread(_post_until, replica, an_event(f"PLAN-{uuid4().hex[:8]}"))
    record = f"PLAN-{uuid4().hex[:8]}"
    raw = an_event(record)
    async with httpx.AsyncClient(headers=headers(), timeout=30) as client:
        answers = await asyncio.gather(*(client.post(replicas[n % 2].url, content=raw) for n in range(20)))
    assert [answer.status_code for answer in answers] == [202] * 20
    assert sum(answer.json()["accepted"] for answer in answers) == 1
    records = await read_until(broker.bootstrap, COUNCIL_EVENTS.name, lambda found: bool(of(found, raw)))
    assert len(of(records, raw)) == 1
    assert [replica.ready().status_code for replica in replicas] == [200, 200]


async def test_while_the_broker_is_frozen_503_and_the_repeat_is_taken_with_the_same_id(
    broker: Kafka, council_events: None, start_webhook: Callable[..., Running]
) -> None:
    webhook = start_webhook(SENDHUB_KAFKA=broker.bootstrap, SENDHUB_ACK_TIMEOUT="1.0")
    _post_until(webhook, an_event(f"PLAN-{uuid4().hex[:8]}"))
    raw = an_event(f"PLAN-{uuid4().hex[:8]}")
    broker.process.send_signal(signal.SIGSTOP)
    try:
        answer = await asyncio.to_thread(webhook.post, raw)
        assert (answer.status_code, answer.json()["error"]) == (503, "not-acknowledged")
        assert "retry-after" in answer.headers
    finally:
        broker.process.send_signal(signal.SIGCONT)
    _post_until(webhook, raw)
    assert webhook.post(raw).json() == {"accepted": 0, "already_known": 1}
    records = await read_until(broker.bootstrap, COUNCIL_EVENTS.name, lambda found: bool(of(found, raw)))
    assert len({Envelope.of(record.headers).id for record in of(records, raw)}) == 1


def of(records: list[ConsumerRecord], raw: bytes) -> list[ConsumerRecord]:
    return [record for record in opened(records) if record.value == raw]


def open_one(record: ConsumerRecord, topic: str) -> bytes:
    return DailySeal(ring()).open(record.value, about_record(topic, record.headers))


async def _until(ready: Callable[[], AsyncIterator[bool]], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not await ready():  # type: ignore[misc]
        assert time.monotonic() < end, "the broker did not come back"
        await asyncio.sleep(0.1)


def _post_until(webhook: Running, raw: bytes, seconds: float = 30) -> None:
    """Repeat as a sender would until it is taken."""
    end = time.monotonic() + seconds
    while (answer := webhook.post(raw)).status_code != 202:
        assert answer.status_code == 503
        assert time.monotonic() < end, "the broker did not come back"
        time.sleep(0.2)
