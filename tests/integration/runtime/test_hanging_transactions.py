"""An owner dies inside a transaction and nobody takes over: read_committed consumers wait, but not for long."""

import asyncio
import signal
from pathlib import Path
from uuid import uuid4

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from hub.embedded.kafka import Kafka
from hub.runtime import topics
from schemas.topics import DEADLETTER, DEADLETTER_KEYS
from tests.integration.test_exactly_once import inputs
from tests.support.counting import Run
from tests.support.processes import running
from tests.support.streams import produce, read_until

TIMEOUT = 4
"""Seconds of a transaction here. The broker looks once a second whose time is over."""
PATIENCE = 3 * TIMEOUT
"""A loaded machine adds its own."""
NEIGHBOUR = orjson.dumps({"id": "of another producer"})


async def test_an_owner_that_dies_inside_a_transaction_holds_readers_up_no_longer_than_its_timeout(
    broker: Kafka, tmp_path: Path
) -> None:
    run = Run(f"hanging-{uuid4().hex[:8]}")
    await topics.create(broker.bootstrap, 1, [*run.topics(1), DEADLETTER, DEADLETTER_KEYS])
    await produce(broker.bootstrap, run.source, inputs(0, 300))
    env = {
        "SENDHUB_KAFKA": broker.bootstrap,
        "SENDHUB_BATCH_RECORDS": "100",
        "SENDHUB_TRANSACTION_TIMEOUT": str(TIMEOUT),
    }
    with running("tests.support.worker", run.name, "offsets", "kill", "3", env=env, log=tmp_path / "log") as worker:
        assert await asyncio.to_thread(worker.wait, 60) == -signal.SIGKILL
    await produce(broker.bootstrap, run.output, [(b"n", NEIGHBOUR)])
    held = [record.value for record in await read_until(broker.bootstrap, run.output, lambda seen: len(seen) >= 100)]
    assert (len(held), NEIGHBOUR in held) == (100, False), "what is committed, and nothing behind the open transaction"
    async with asyncio.timeout(PATIENCE):
        while not await _free(broker.bootstrap, run.output):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
    read = await read_until(broker.bootstrap, run.output, lambda seen: len(seen) > 100)
    assert [record.value for record in read].count(NEIGHBOUR) == 1
    assert len(read) == 101, "what was open is gone"


async def _free(bootstrap: str, topic: str) -> bool:
    """Whether a read_committed consumer sees the log's end."""
    ends = []
    for isolation in ("read_committed", "read_uncommitted"):
        consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level=isolation)
        await consumer.start()
        try:
            partition = TopicPartition(topic, 0)
            ends.append((await consumer.end_offsets([partition]))[partition])
        finally:
            await consumer.stop()
    return bool(ends[0] == ends[1])
