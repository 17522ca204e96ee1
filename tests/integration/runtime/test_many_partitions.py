"""One worker with 32 partitions: each has a producer of its own, and few of them open at once."""

import asyncio
from pathlib import Path
from uuid import uuid4

import orjson

from hub.embedded.kafka import Kafka
from hub.platform.settings import Settings
from hub.runtime import groups, kafka_committer, topics, worker
from hub.runtime.changelog import Recovered, read_state
from hub.runtime.kafka_committer import KafkaCommitter
from hub.runtime.partitions import Partition
from hub.runtime.worker import no_point
from schemas.topics import DEADLETTER, DEADLETTER_KEYS
from tests.support.counting import Run
from tests.support.processes import running
from tests.support.streams import produce, read_until

PARTITIONS = 32
EVENTS = 640
KEYS = 160


async def test_a_worker_opens_and_works_32_partitions_and_again_after_a_restart(broker: Kafka, tmp_path: Path) -> None:
    run = Run(f"many-{uuid4().hex[:8]}")
    await topics.create(broker.bootstrap, 1, [*run.topics(PARTITIONS), DEADLETTER, DEADLETTER_KEYS])
    env = {"SENDHUB_KAFKA": broker.bootstrap, "SENDHUB_SESSION_TIMEOUT": "6"}
    for turn in (1, 2):
        first = (turn - 1) * EVENTS
        records = [(b"k%d" % (n % KEYS), orjson.dumps({"id": n})) for n in range(first, first + EVENTS)]
        await produce(broker.bootstrap, run.source, records)
        with running("tests.support.worker", run.name, env=env, log=tmp_path / f"{turn}.log"):
            said = await read_until(broker.bootstrap, run.output, lambda seen: len(seen) >= turn * EVENTS)  # noqa: B023
    found = [orjson.loads(record.value) for record in said]
    assert sorted(one["id"] for one in found) == list(range(2 * EVENTS))
    assert all(one["n"] == one["id"] // KEYS + 1 for one in found)
    partitions = {Partition(run.source, number) for number in range(PARTITIONS)}
    assert set(await groups.offsets(Settings(kafka=broker.bootstrap), run.name, partitions)) == partitions


class SourceLog:
    async def committed_offset(self, partition: Partition) -> int | None:
        return None

    async def check_start(self, partition: Partition, stored: int | None) -> int:
        return 0

    async def announce(self, partition: Partition, offset: int) -> None:
        return


async def test_only_so_many_read_their_state_at_once(broker: Kafka, monkeypatch) -> None:
    run = Run(f"many-{uuid4().hex[:8]}")
    await topics.create(broker.bootstrap, 1, [*run.topics(8), DEADLETTER, DEADLETTER_KEYS])
    settings, reading, most = Settings(kafka=broker.bootstrap), 0, 0

    async def counted(*arguments: object) -> Recovered:
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        try:
            return await read_state(*arguments)  # type: ignore[arg-type]
        finally:
            reading -= 1

    monkeypatch.setattr(kafka_committer, "read_state", counted)
    opening = asyncio.Semaphore(worker.OPEN_AT_ONCE)
    committers = [
        KafkaCommitter(settings, None, run.stage(), Partition(run.source, n), SourceLog(), no_point, opening)  # type: ignore[arg-type]
        for n in range(8)
    ]
    try:
        assert await asyncio.gather(*(each.open() for each in committers)) == [0] * 8
    finally:
        await asyncio.gather(*(each.close() for each in committers))
    assert most == worker.OPEN_AT_ONCE
