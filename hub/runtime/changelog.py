"""Reading a partition's state back from its changelog topic."""

from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from hub.platform.settings import Settings
from hub.runtime.partitions import Partition
from hub.runtime.state import PartitionState
from hub.stages.stage import Output

POLL_MS = 500
FETCH_BYTES = 8 << 20
OFFSET_HEADER = "source_offset"
ORIGIN = "!origin"
"""Key of a changelog's first record, written with the group's first offset: so each is there only if both are."""


class Recovered(NamedTuple):
    """A partition's state, and the source offset that it includes: None when no state was ever written."""

    state: PartitionState
    includes: int | None


async def read_state(settings: Settings, changelog: Partition) -> Recovered:
    """The state as of the changelog's end. Call only after the former owner was fenced: else the end may still move."""
    state, includes = PartitionState(), None
    tp = TopicPartition(*changelog)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    await consumer.start()
    try:
        consumer.assign([tp])
        await consumer.seek_to_beginning(tp)
        end = (await consumer.end_offsets([tp]))[tp]
        while await consumer.position(tp) < end:
            batches = await consumer.getmany(timeout_ms=POLL_MS)
            for record in batches.get(tp, ()):
                includes = _source_offset(record)
                if record.key != ORIGIN.encode():
                    state.load(record.key.decode(), record.value)
    finally:
        await consumer.stop()
    return Recovered(state, includes)


def to_output(changelog: Partition, key: str, value: bytes | None, end: int) -> Output:
    """One state change as a changelog record; its header says which source offset the state includes."""
    headers = ((OFFSET_HEADER, str(end).encode()),)
    return Output(changelog.topic, key.encode(), value, headers, changelog.partition)


def origin(changelog: Partition, start: int) -> Output:
    """The record that begins a changelog."""
    return to_output(changelog, ORIGIN, b"{}", start)


def _source_offset(record: Any) -> int:
    return int(dict(record.headers)[OFFSET_HEADER])
