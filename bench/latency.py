"""From the webhook to the record: a whole hub, a steady trickle of events, and how long each took to hub.children."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

import httpx
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from hub.embedded import deployment, system
from hub.embedded.ports import free_port
from schemas.sources import Source, Sources
from schemas.topics import CHILDREN

TRIES = 60
COUNCIL = "one-education:825:2022"


class Latency(NamedTuple):
    """Milliseconds from receipt by the connector: p50 and p99 to hub.children, and the mean to the read model."""

    events: int
    p50: float
    p99: float
    mean_to_read_model: float


def show(console: Console, kafka: str, folder: Path, rate: float, seconds: float) -> None:
    """One line."""
    found = asyncio.run(_measure(kafka, folder / "hub", rate, seconds))
    console.print(
        f"webhook to record at {rate:.0f} events/s, {found.events} events: "
        f"p50 {found.p50:.0f} ms, p99 {found.p99:.0f} ms to hub.children; "
        f"mean {found.mean_to_read_model:.0f} ms to the read model"
    )


async def _measure(kafka: str, folder: Path, rate: float, seconds: float) -> Latency:
    """Post `rate` events a second for so many seconds, each of a child of its own."""
    council = Source(id=COUNCIL, kind="council", area="825", creates_children=True)
    sources = Sources(sources=(council, Source(id="bht-community:RXQ:2026", kind="nhs")))
    made = deployment.create(folder, sources)
    made.clock_file.unlink(missing_ok=True)
    async with system.running(made, kafka, lambda preferred: free_port()) as hub:
        watching = asyncio.create_task(_watch(kafka, int(rate * seconds)))
        await asyncio.sleep(2)
        await _post(hub, rate, seconds)
        taken = sorted(await asyncio.wait_for(watching, 60))
        await hub.pipeline.drained()
        async with httpx.AsyncClient(trust_env=False) as client:
            text = (await client.get(f"{hub.url('projection', 'metrics')}/metrics")).text
    cuts = quantiles(taken, n=100)
    return Latency(len(taken), median(taken), cuts[98], _mean(text))


async def _post(hub: system.System, rate: float, seconds: float) -> None:
    headers = {"Authorization": f"Bearer {hub.deployment.tokens[COUNCIL]}"}
    start = time.monotonic()
    async with httpx.AsyncClient(timeout=20, trust_env=False) as client, asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
            group.create_task(_tell(client, f"{hub.url('webhook')}/events", _event(number), headers))


async def _tell(client: httpx.AsyncClient, url: str, event: dict[str, object], headers: dict[str, str]) -> None:
    """Post until it is taken, as a sender does: a busy connector says 503."""
    for _ in range(TRIES):
        answer = await client.post(url, json=event, headers=headers)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        await asyncio.sleep(float(answer.headers["retry-after"]))
    answer.raise_for_status()


def _event(number: int) -> dict[str, object]:
    today = datetime.now(UTC)
    return {
        "kind": "assessment.requested",
        "record": f"REQ-{number}",
        "version": 1,
        "subject": {"request": f"REQ-{number}"},
        "effective_on": today.date().isoformat(),
        "recorded_at": today.isoformat(),
        "data": {"case_reference": f"REQ-{number}"},
        "person": {"id": f"P{number}", "given": "Ada", "family": "Example", "birth_date": "2016-03-02"},
    }


async def _watch(kafka: str, events: int) -> list[float]:
    """Milliseconds from received_at to the moment a read_committed consumer holds the record."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, isolation_level="read_committed", auto_offset_reset="latest", fetch_max_wait_ms=50
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(CHILDREN.name, number) for number in range(CHILDREN.partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        taken: list[float] = []
        while len(taken) < events:
            batches = await consumer.getmany(timeout_ms=1000)
            now = datetime.now(UTC)
            for record in (record for records in batches.values() for record in records):
                received = datetime.fromisoformat(dict(record.headers)["received_at"].decode())
                orjson.loads(record.value)
                taken.append((now - received).total_seconds() * 1000)
        return taken
    finally:
        await consumer.stop()


def _mean(text: str) -> float:
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        if family.name == "sendhub_receipt_to_record_seconds"
        for sample in family.samples
        if sample.name.endswith(("_sum", "_count"))
    }
    count = found["sendhub_receipt_to_record_seconds_count"]
    return found["sendhub_receipt_to_record_seconds_sum"] / count * 1000 if count else 0.0
