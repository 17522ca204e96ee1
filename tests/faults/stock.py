"""The same faults for stock Faust, for comparison: an agent, a table and one numbered output for each event.

`python -m tests.faults.stock worker` is a worker; `measure` runs two of them through a fault and counts.
"""

import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from hub.embedded import kafka
from hub.runtime import topics
from hub.runtime.supervisor import Program, Supervisor
from schemas.topics import Topic
from tests.faults.check import Verdict
from tests.faults.world import PAUSE_SECONDS, SESSION_SECONDS, until
from tests.support.processes import PROJECT
from tests.support.streams import read_all

GROUP = "stock"
SOURCE, OUTPUT = Topic("stock.in", 4, "delete", 1), Topic("stock.out", 4, "delete", 1)
CHANGELOG = Topic(f"{GROUP}-counts-changelog", 4, "compact")
EVENTS, RATE, KEYS = 6000, 300.0, 97
WORKERS = ("stock-1", "stock-2")
FAULTS = ("crash", "graceful", "pause")
STRIKES = 3
IDLE_SECONDS = 15.0
"""Nothing more is expected of a worker that has written nothing for so long."""


def worker() -> None:
    """Stock Faust as its documentation has it, with static membership and a short session."""
    import faust

    raw: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw", "key_type": bytes, "value_type": bytes}
    app = faust.App(
        GROUP,
        broker=f"kafka://{os.environ['SENDHUB_KAFKA']}",
        store="memory://",
        datadir=tempfile.mkdtemp(prefix="stock-"),
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        consumer_group_instance_id=os.environ["SENDHUB_INSTANCE"],
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=SESSION_SECONDS / 4,
    )
    table, output = app.Table("counts", partitions=4, default=int), app.topic(OUTPUT.name, **raw)

    @app.agent(app.topic(SOURCE.name, **raw))
    async def count(stream: Any) -> None:
        async for event in stream.events():
            key = event.key.decode()
            table[key] += 1
            made = orjson.dumps({"id": orjson.loads(event.value)["id"], "n": table[key]})
            await output.send(key=event.key, value=made)

    faust.Worker(app, loglevel="warning", quiet=True).execute_from_commandline()


async def measure(fault: str, seed: int) -> Verdict:
    """One series: what two stock workers lost, numbered wrongly and repeated."""
    with tempfile.TemporaryDirectory(prefix="faults-stock-") as name:
        folder = Path(name)
        broker = await asyncio.to_thread(kafka.start, PROJECT, folder / "kafka")
        try:
            await topics.create(broker.bootstrap, 1, [SOURCE, OUTPUT, CHANGELOG])
            return await _series(fault, random.Random(seed), broker.bootstrap, folder)
        finally:
            broker.stop()


async def _series(fault: str, chosen: random.Random, bootstrap: str, folder: Path) -> Verdict:
    supervisor, stopping = Supervisor([_program(name, bootstrap, folder) for name in WORKERS]), asyncio.Event()
    keeping = asyncio.create_task(supervisor.run(stopping))
    try:
        feeding = asyncio.create_task(_feed(bootstrap))
        for _ in range(STRIKES):
            await asyncio.sleep(4 + 2 * chosen.random())
            await _strike(fault, supervisor, chosen.choice(WORKERS))
        await feeding
        return _count(await _rest(bootstrap))
    finally:
        stopping.set()
        await keeping


def _program(name: str, bootstrap: str, folder: Path) -> Program:
    env = {"SENDHUB_KAFKA": bootstrap, "SENDHUB_INSTANCE": name}
    return Program(name, (sys.executable, "-m", "tests.faults.stock"), env, folder / f"{name}.log")


async def _strike(fault: str, supervisor: Supervisor, name: str) -> None:
    await until(lambda: supervisor.pid(name) is not None, 60)
    pid = supervisor.pid(name)
    assert pid is not None
    if fault == "pause":
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(PAUSE_SECONDS)
        os.kill(pid, signal.SIGCONT)
    else:
        os.kill(pid, signal.SIGKILL if fault == "crash" else signal.SIGTERM)


async def _feed(bootstrap: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        start = time.monotonic()
        for number in range(EVENTS):
            await asyncio.sleep(max(0.0, start + number / RATE - time.monotonic()))
            await producer.send(SOURCE.name, orjson.dumps({"id": number}), key=b"k%d" % (number % KEYS))
    finally:
        await producer.stop()


async def _rest(bootstrap: str) -> list[dict[str, int]]:
    """All outputs, once nothing more has come for a while."""
    found: list[dict[str, int]] = []
    changed = time.monotonic()
    while time.monotonic() - changed < IDLE_SECONDS:
        now = [orjson.loads(record.value) for record in (await read_all(bootstrap, [OUTPUT.name]))[OUTPUT.name]]
        if len(now) != len(found):
            found, changed = now, time.monotonic()
        await asyncio.sleep(1)
    return found


def _count(outputs: list[dict[str, int]]) -> Verdict:
    verdict, seen = Verdict(inputs=EVENTS), Counter(each["id"] for each in outputs)
    verdict.lose(EVENTS - len(seen), "events without an output")
    verdict.repeat(len(outputs) - len(seen), "outputs")
    verdict.err(sum(1 for each in outputs if each["n"] != each["id"] // KEYS + 1), "outputs from a wrong state")
    return verdict


if __name__ == "__main__":
    worker()
