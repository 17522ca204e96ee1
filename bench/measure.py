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

from hub.embedded.kafka import Kafka

PROJECT = Path(__file__).parents[1]
GIVE_UP_SECONDS = 400.0


@dataclass(frozen=True)
class Measured:
    """A run of one worker or more. `seconds` from the first output to the last commit; `peak_mb` is VmHWM, the largest
    worker's; `cores` is what the workers and the broker took of the machine's while it lasted.
    """

    events: int
    outputs: int
    seconds: float
    peak_mb: float
    worker_cores: float
    broker_cores: float

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds


@dataclass(frozen=True)
class Job:
    """What to run: the command, how many workers of it, what they read, and the topic whose records are counted."""

    command: Sequence[str]
    workers: int
    source: str
    watched: str
    group: str


async def run_job(job: Job, env: Mapping[str, str], broker: Kafka, log: Path) -> Measured:
    """Run workers until their group has committed everything in the source, then end them.

    Timed from the broker's stamp on the first output to the moment the last offset is committed: state and outputs are
    durable then, start-up is not in the time.
    """
    with log.open("ab") as out:
        processes = [
            subprocess.Popen(  # noqa: ASYNC220
                [sys.executable, *job.command],
                cwd=PROJECT,
                env={**os.environ, **env, "SENDHUB_INSTANCE": str(number)},
                stdout=out,
                stderr=out,
            )
            for number in range(job.workers)
        ]
    try:
        before, began = [_cpu(process.pid) for process in (broker.process, *processes)], time.monotonic()
        events, ended = await _until_committed(broker.bootstrap, job.source, job.group, processes[0])
        lasted = time.monotonic() - began
        used = [_cpu(process.pid) - cpu for process, cpu in zip((broker.process, *processes), before, strict=True)]
        outputs, first = await _outputs(broker.bootstrap, job.watched)
        peak = max(_peak_mb(process.pid) for process in processes)
        return Measured(events, outputs, ended - first, peak, sum(used[1:]) / lasted, used[0] / lasted)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
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


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
