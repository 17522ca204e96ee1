"""Running a worker over a full topic and measuring it from outside."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

PROJECT = Path(__file__).parents[1]
GIVE_UP_SECONDS = 400.0


@dataclass(frozen=True)
class Measured:
    """One worker's run. `seconds` from its first output to its last commit; `peak_mb` is VmHWM."""

    events: int
    outputs: int
    seconds: float
    peak_mb: float

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds


async def run_worker(
    command: Sequence[str], env: Mapping[str, str], kafka: str, source: str, watched: str, group: str, log: Path
) -> Measured:
    """Run a worker until its group has committed everything in `source`, then end it.

    Timed from the broker's stamp on its first output to the moment its last offset is committed: state and outputs are
    durable then, start-up is not in the time.
    """
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, *command], cwd=PROJECT, env={**os.environ, **env}, stdout=out, stderr=out
        )
    try:
        events, ended = await _until_committed(kafka, source, group, process)
        outputs, first = await _outputs(kafka, watched)
        return Measured(events, outputs, ended - first, _peak_mb(process.pid))
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _until_committed(kafka: str, source: str, group: str, process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """How many records `source` holds, and when (seconds since 1970) the group had committed all of them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        async with _consumer(kafka, source) as consumer:
            ends = await consumer.end_offsets(list(consumer.assignment()))
        give_up = time.monotonic() + GIVE_UP_SECONDS
        while True:
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"the worker of {group} stopped before it had worked off {source}; see its log")
            await asyncio.sleep(0.2)
            committed = await _committed(admin, group)
            if all(committed.get(tp, 0) >= end for tp, end in ends.items()):
                return sum(ends.values()), time.time()
    finally:
        await admin.close()


async def _committed(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    try:
        return {tp: found.offset for tp, found in (await admin.list_consumer_group_offsets(group)).items()}
    except KafkaError:
        return {}


async def _outputs(kafka: str, topic: str) -> tuple[int, float]:
    """How many committed records a topic holds, and the first one's stamp in seconds since 1970."""
    async with _consumer(kafka, topic) as consumer:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        count, first = 0, float("inf")
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                count += len(records)
                first = min(first, *(record.timestamp / 1000 for record in records))
        return count, first


@asynccontextmanager
async def _consumer(kafka: str, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, isolation_level="read_committed", auto_offset_reset="earliest")
    await consumer.start()
    try:
        await consumer._client.set_topics([topic])
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        yield consumer
    finally:
        await consumer.stop()


def _peak_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
