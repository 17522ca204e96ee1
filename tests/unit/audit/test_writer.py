"""One connection for many entries; anew after whatever went wrong; never an answer before Kafka has it."""

import asyncio
from datetime import UTC, datetime

import pytest
from aiokafka.errors import KafkaError

from hub.platform.settings import Settings
from hub.runtime import audit
from hub.stages.errors import Unavailable
from schemas.audit import AuditEntry

ENTRY = AuditEntry(
    actor="prs-1", action="child.read", subjects=("chd-1",), why="a test", at=datetime(2026, 11, 2, tzinfo=UTC)
)


class Kafka:
    """Counts connections; `refuses` is how many of the next sends fail, `hangs` that none is ever acked."""

    def __init__(self):
        self.started, self.stopped, self.kept, self.refuses, self.hangs = 0, 0, [], 0, False

    def producer(self, **options):
        assert (options["acks"], options["enable_idempotence"]) == ("all", True)
        return Producer(self)


class Producer:
    def __init__(self, kafka):
        self.kafka = kafka

    async def start(self):
        self.kafka.started += 1

    async def stop(self):
        self.kafka.stopped += 1

    async def send_and_wait(self, topic, value, key):
        if self.kafka.hangs:
            await asyncio.sleep(60)
        if self.kafka.refuses:
            self.kafka.refuses -= 1
            raise KafkaError
        self.kafka.kept.append((topic, key))


@pytest.fixture
def kafka(monkeypatch):
    kafka = Kafka()
    monkeypatch.setattr(audit, "AIOKafkaProducer", kafka.producer)
    return kafka


async def test_many_at_once_take_one_connection(kafka):
    writer = audit.Writer(Settings())
    await asyncio.gather(*(writer.note(ENTRY) for _ in range(5)))
    assert (kafka.started, kafka.kept) == (1, [("hub.audit.intake", b"prs-1")] * 5)
    await writer.close()
    assert kafka.stopped == 1


async def test_what_kafka_does_not_take_is_told_and_the_next_one_begins_anew(kafka):
    writer = audit.Writer(Settings())
    kafka.refuses = 1
    with pytest.raises(Unavailable, match="audited"):
        await writer.note(ENTRY)
    await writer.note(ENTRY)
    assert (kafka.started, kafka.stopped, len(kafka.kept)) == (2, 1, 1)


async def test_nobody_waits_for_ever(kafka, monkeypatch):
    monkeypatch.setattr(audit, "SECONDS", 0.05)
    kafka.hangs = True
    with pytest.raises(Unavailable):
        await audit.Writer(Settings()).note(ENTRY)
