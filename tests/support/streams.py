"""Writing to and reading from topics in tests."""

import asyncio
import time
from collections.abc import Callable, Iterable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition


async def produce(bootstrap: str, topic: str, records: Iterable[tuple[bytes, bytes]]) -> None:
    """Write keys and values, all acked."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=5)
    await producer.start()
    try:
        await asyncio.gather(*[await producer.send(topic, value, key=key) for key, value in records])
    finally:
        await producer.stop()


async def read_until(
    bootstrap: str, topic: str, enough: Callable[[list[ConsumerRecord]], bool], seconds: float = 60
) -> list[ConsumerRecord]:
    """All committed records of a topic, once there are enough of them (or the time is up), and a moment longer."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        partitions = await _partitions(consumer, topic)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        records: list[ConsumerRecord] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end and not enough(records):
            for batch in (await consumer.getmany(timeout_ms=300)).values():
                records.extend(batch)
        for batch in (await consumer.getmany(timeout_ms=1500)).values():
            records.extend(batch)
        return records
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    await consumer._client.set_topics([topic])
    return [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]


async def read_all(
    bootstrap: str, topics: Iterable[str], isolation: str = "read_committed"
) -> dict[str, list[ConsumerRecord]]:
    """Every committed record that the topics hold now, by topic; with `read_uncommitted` the others too."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level=isolation, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found: dict[str, list[ConsumerRecord]] = {topic: [] for topic in topics}
        partitions = [partition for topic in found for partition in await _partitions(consumer, topic)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        async with asyncio.timeout(60):
            while [each for each in partitions if await consumer.position(each) < ends[each]]:
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    for record in batch:
                        found[record.topic].append(record)
        return found
    finally:
        await consumer.stop()
