"""From a stage's input to its committed output, at few events a second: does a transaction for each batch cost time?"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from rich.console import Console

from bench.handlers import OUT
from bench.measure import PROJECT
from hub.embedded.kafka import Kafka
from hub.runtime import topics
from schemas.topics import DEADLETTER, Topic

PREFIX = "trickle"
SOURCE = Topic("trickle.in", 4, "delete", 1)
OUTPUT = Topic(f"{PREFIX}.{OUT.name}", 4, "delete", 1)
CHANGELOG = Topic(f"{PREFIX}.state", 4, "compact")
WARM_SECONDS = 3.0


def show(console: Console, broker: Kafka, folder: Path, rates: Sequence[tuple[float, float]]) -> None:
    """One line for each rate."""
    asyncio.run(topics.create(broker.bootstrap, 1, [SOURCE, OUTPUT, CHANGELOG, DEADLETTER]))
    command = [sys.executable, "-m", "bench.systems", "lane", "counting", SOURCE.name, PREFIX]
    with (folder / "trickle.log").open("ab") as out:
        env = {"SENDHUB_KAFKA": broker.bootstrap}
        worker = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **env}, stdout=out, stderr=out)
    try:
        asyncio.run(_measure(broker.bootstrap, 20.0, WARM_SECONDS))
        for rate, seconds in rates:
            taken = asyncio.run(_measure(broker.bootstrap, rate, seconds))
            cuts = quantiles(taken, n=100)
            console.print(
                f"input to committed output at {rate:g} events/s, {len(taken)} events: "
                f"p50 {median(taken):.0f} ms, p90 {cuts[89]:.0f} ms, p99 {cuts[98]:.0f} ms"
            )
    finally:
        worker.terminate()
        worker.wait(20)


async def _measure(kafka: str, rate: float, seconds: float) -> list[float]:
    """Milliseconds from handing an event to the producer to holding its output, for each event."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, isolation_level="read_committed", fetch_max_wait_ms=50)
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await consumer.start()
    await producer.start()
    try:
        partitions = [TopicPartition(OUTPUT.name, number) for number in range(OUTPUT.partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        for partition in partitions:
            await consumer.position(partition)
        sent: dict[bytes, float] = {}
        watching = asyncio.create_task(_watch(consumer, sent, int(rate * seconds)))
        start = time.monotonic()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
            key = b"%.0f-%d" % (start * 1000, number)
            sent[key] = time.monotonic()
            await producer.send(SOURCE.name, b'{"kind": "trickle"}', key=key)
        return await asyncio.wait_for(watching, 60)
    finally:
        await producer.stop()
        await consumer.stop()


async def _watch(consumer: AIOKafkaConsumer, sent: dict[bytes, float], events: int) -> list[float]:
    taken: list[float] = []
    while len(taken) < events:
        batches = await consumer.getmany(timeout_ms=1000)
        now = time.monotonic()
        taken += [(now - sent[record.key]) * 1000 for records in batches.values() for record in records]
    return taken
