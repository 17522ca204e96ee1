"""The Kafka publisher without a broker. With one: tests/integration."""

import socket
from datetime import UTC, datetime

import pytest

from connectors.sdk.kafka import KafkaPublisher
from connectors.sdk.publisher import Message, NotAcknowledged, TooLarge
from schemas.envelope import Envelope
from tests.support.sealed import ring

ENVELOPE = Envelope(
    id="m-1",
    source="one-education:825:2022",
    type="sendhub.council.event",
    time=datetime(2026, 9, 14, tzinfo=UTC),
)


@pytest.fixture
def nobody() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


async def test_without_a_broker_it_starts_says_no_and_stops(nobody: str) -> None:
    publisher = KafkaPublisher(nobody, 0.2, ring())
    await publisher.start()
    with pytest.raises(NotAcknowledged):
        await publisher.publish("council.events", [Message(b"k", b"v", ENVELOPE)])
    assert not await publisher.ready()
    await publisher.stop()
    with pytest.raises(NotAcknowledged):
        await publisher.publish("council.events", [Message(b"k", b"v", ENVELOPE)])


async def test_a_message_too_large_stops_the_whole_batch_before_anything_is_sent(nobody: str) -> None:
    publisher = KafkaPublisher(nobody, 0.2, ring())
    messages = [Message(b"k", b"v", ENVELOPE), Message(b"k", b"v" * 5_242_880, ENVELOPE)]
    with pytest.raises(TooLarge):
        await publisher.publish("council.events", messages)


async def test_a_broker_that_accepts_and_says_nothing_does_not_hold_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        publisher = KafkaPublisher(f"127.0.0.1:{silent.getsockname()[1]}", 0.2, ring())
        await publisher.start()
        with pytest.raises(NotAcknowledged):
            await publisher.publish("council.events", [Message(b"k", b"v", ENVELOPE)])
        await publisher.stop()
