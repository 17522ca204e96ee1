"""Working casework from outside: facts in, a stage as a process, commands as an operator gives them."""

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient

from hub.platform.settings import Settings
from hub.runtime import groups, topics
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from schemas.topics import FACTS, Topic
from tests.support.processes import PROJECT
from tests.support.streams import read_all
from tests.unit.casework.facts import about_advice, about_request, asked, requested

FIRST = date(2026, 9, 1)


def facts_of(children: Iterable[int]) -> list[dict[str, Any]]:
    """Six facts for each child, the children's mixed as they come in time, one of them twice."""
    made = []
    for number in children:
        start = FIRST + timedelta(days=number % 7)
        ids = {"request": f"REQ-{number}"}
        said = [
            requested(start.isoformat(), **ids),
            about_request(
                "assessment.decided", (start + timedelta(days=20)).isoformat(), data={"outcome": "assess"}, **ids
            ),
            asked((start + timedelta(days=21)).isoformat(), advice=f"ADV-{number}", **ids),
            about_advice("advice.delivered", (start + timedelta(days=22)).isoformat(), advice=f"ADV-{number}"),
        ]
        made += [fact | {"child_id": f"chd-{number:03}"} for fact in (*said, said[0])]
    return sorted(made, key=lambda fact: fact["received_at"])


async def write(
    kafka: str, entries: Sequence[tuple[str, bytes, bytes | None, int | None, list[tuple[str, bytes]]]]
) -> None:
    """Topic, key, value, partition and headers of records to write, in order."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True)
    await producer.start()
    try:
        for topic, key, value, partition, headers in entries:
            await producer.send_and_wait(topic, value, key, partition, headers=headers)
    finally:
        await producer.stop()


def tell(kafka: str, facts: Iterable[Mapping[str, Any]]) -> None:
    """Write facts to hub.facts."""
    records = [(FACTS.name, fact["child_id"].encode(), orjson.dumps(fact), None, []) for fact in facts]
    asyncio.run(write(kafka, records))


def reach(kafka: str, day: date) -> None:
    """Write a day into every partition of hub.facts, as the ticker does."""
    value = orjson.dumps({"kind": "day.reached", "effective_on": day.isoformat()})
    asyncio.run(write(kafka, [(FACTS.name, b"day", value, number, []) for number in range(FACTS.partitions)]))


def make_anew(kafka: str, *made: Topic) -> None:
    """Delete topics, as far as they are there, and create them empty."""
    names = {topic.name for topic in made}

    async def delete() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await admin.start()
        try:
            await admin.delete_topics(list(names & set(await admin.list_topics())))
            for _ in range(100):
                if names.isdisjoint(await admin.list_topics()):
                    break
                await asyncio.sleep(0.1)
        finally:
            await admin.close()
        await topics.create(kafka, 1, made)

    asyncio.run(delete())


def await_worked_off(settings: Settings, stage: str, source: Topic = FACTS, seconds: float = 60) -> None:
    """Return once the group has committed everything in a topic."""

    async def behind() -> bool:
        partitions = [Partition(source.name, number) for number in range(source.partitions)]
        async with LogReader(settings, partitions) as log:
            bounds = await log.bounds()
        committed = await groups.offsets(settings, stage, partitions)
        return any(committed.get(partition, 0) < last for partition, (_, last) in bounds.items())

    end = time.monotonic() + seconds
    while asyncio.run(behind()):
        assert time.monotonic() < end, f"{stage} has not worked off {source.name}"
        time.sleep(0.2)


def sendhub(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a process."""
    command = [sys.executable, "-m", "hub.cli", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, timeout=120)


def held(kafka: str, names: Iterable[str]) -> dict[str, list[ConsumerRecord]]:
    return asyncio.run(read_all(kafka, names))


def repeated(records: Iterable[ConsumerRecord]) -> list[bytes]:
    """The ids of outputs that were said more than once."""
    ids = Counter(dict(record.headers)["id"] for record in records)
    return [id_ for id_, number in ids.items() if number > 1]
