"""`python -m bench.restart`: a worker killed (-9) at work and started again under its name: how soon does it commit?

Static membership gives it its partitions back at once. What a supervisor waits before the start comes on top.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from bench.handlers import OUT
from bench.inputs import fill
from bench.measure import PROJECT
from hub.embedded import kafka
from hub.runtime import topics
from schemas.topics import DEADLETTER, DEADLETTER_KEYS, Topic

PREFIX = "restart"
SOURCE = Topic(f"{PREFIX}.in", 4, "delete", 1)
TOPICS = (
    SOURCE,
    Topic(f"{PREFIX}.{OUT.name}", 4, "delete", 1),
    Topic(f"{PREFIX}.state", 4, "compact"),
    DEADLETTER,
    DEADLETTER_KEYS,
)
EVENTS, ROUNDS = 200_000, 5


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        broker = kafka.start(PROJECT, Path(folder) / "kafka")
        try:
            taken = asyncio.run(_measure(broker.bootstrap, Path(folder) / "worker.log"))
        finally:
            broker.stop()
    print(f"kill -9 and start to first commit, {ROUNDS} times: median {median(taken):.1f} s, most {max(taken):.1f} s")


async def _measure(bootstrap: str, log: Path) -> list[float]:
    await topics.create(bootstrap, 1, TOPICS)
    await fill(bootstrap, SOURCE.name, EVENTS)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return [await _round(admin, bootstrap, log) for _ in range(ROUNDS + 1)][1:]
    finally:
        await admin.close()


async def _round(admin: AIOKafkaAdminClient, bootstrap: str, log: Path) -> float:
    """Seconds from the start of a worker to the first commit of its group; killed right after, at work."""
    before, began = await _committed(admin), time.monotonic()
    command = [sys.executable, "-m", "bench.systems", "lane", "counting", SOURCE.name, PREFIX]
    env = {**os.environ, "SENDHUB_KAFKA": bootstrap, "SENDHUB_BATCH_RECORDS": "50"}
    with log.open("ab") as out:
        worker = subprocess.Popen(command, cwd=PROJECT, env=env, stdout=out, stderr=out)  # noqa: ASYNC220
    try:
        while await _committed(admin) <= before:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return time.monotonic() - began
    finally:
        worker.kill()
        worker.wait()


async def _committed(admin: AIOKafkaAdminClient) -> int:
    try:
        found = await admin.list_consumer_group_offsets(f"{PREFIX}-bench")
    except KafkaError:
        return 0
    return sum(each.offset for each in found.values())


if __name__ == "__main__":
    main()
