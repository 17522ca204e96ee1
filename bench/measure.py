"""Running a worker over a full topic and measuring it from outside."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

PROJECT = Path(__file__).parents[1]
GIVE_UP_SECONDS = 300.0


@dataclass(frozen=True)
class Measured:
    """One worker's run. `seconds` from its first committed output to its last; `peak_mb` is the process's VmHWM."""

    system: str
    events: int
    outputs: int
    seconds: float
    peak_mb: float

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds if self.seconds else 0.0


async def run_worker(
    system: str, command: Sequence[str], env: Mapping[str, str], kafka: str, done: str, events: int, log: Path
) -> Measured:
    """Run a worker until `done` (a topic with one record for each event) is full, then end it.

    Timed by the stamps that the worker itself put on the records of `done`: start-up is not in it.
    """
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=PROJECT, env={**os.environ, **env}, stdout=out, stderr=out
        )
    try:
        stamps = await _stamps(kafka, done, events, process)
        return Measured(system, events, len(stamps), (max(stamps) - min(stamps)) / 1000, _peak_mb(process.pid))
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _stamps(kafka: str, topic: str, events: int, process: subprocess.Popen[bytes]) -> list[int]:
    """The time stamps of a topic's committed records, in milliseconds, once there are enough."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, isolation_level="read_committed", auto_offset_reset="earliest", fetch_max_wait_ms=200
    )
    await consumer.start()
    try:
        await consumer._client.set_topics([topic])
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        stamps: list[int] = []
        end = time.monotonic() + GIVE_UP_SECONDS
        while len(stamps) < events:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the worker gave {len(stamps)} of {events} records to {topic}; see its log")
            for records in (await consumer.getmany(timeout_ms=500)).values():
                stamps.extend(record.timestamp for record in records)
            # Looked at seldom, so that the measuring does not take the machine from what is measured.
            await asyncio.sleep(1.0)
        return stamps
    finally:
        await consumer.stop()


def _peak_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
