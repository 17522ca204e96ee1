"""How long casework takes to read its state back, and what the state costs: `python -m bench.recovery [--children N]`.

States are made by the real handler from ten facts a child. The changelog is read as a stage reads it at its start, by a
process of its own, once as written (every change of every child) and once as compaction leaves it (the last of each).
"""

import asyncio
import cProfile
import json
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from aiokafka import AIOKafkaProducer
from rich.console import Console
from rich.table import Table

from bench.handlers import POLICY
from bench.inputs import FACTS_EACH, facts
from hub.embedded import kafka
from hub.platform.settings import Settings
from hub.runtime import topics
from hub.runtime.changelog import origin, read_state, to_output
from hub.runtime.partitions import Partition
from hub.runtime.state import PartitionState
from hub.stages.casework import casework
from hub.stages.stage import Output, Record
from schemas.topics import Topic

PROJECT = Path(__file__).parents[1]
BATCH = 500
PER = 100_000
WRITTEN, COMPACTED = Partition("bench.written", 0), Partition("bench.compacted", 0)


def main(
    children: Annotated[int, typer.Option(help="How many children to make.")] = 10_000,
    profile: Annotated[bool, typer.Option("--profile", help="Also show where the time goes.")] = False,
) -> None:
    """Make states, read them back, print a table scaled to 100,000 children."""
    console = Console(width=110)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        broker = kafka.start(PROJECT, Path(folder) / "kafka")
        try:
            sizes = asyncio.run(_fill(broker.bootstrap, children))
            found = {where: _measure(broker.bootstrap, where.topic, profile) for where in (WRITTEN, COMPACTED)}
        finally:
            broker.stop()
    table = Table(title=f"casework, {children:,} children of {FACTS_EACH} facts, one partition", title_justify="left")
    for column in ("changelog", "records", "bytes/fact", "s per 100,000 children", "kB memory/child", "kB state/child"):
        table.add_column(column, justify="left" if column == "changelog" else "right")
    for where, name in ((WRITTEN, "as written"), (COMPACTED, "compacted")):
        records, size = sizes[where]
        measured = found[where]
        table.add_row(
            name,
            f"{records:,}",
            f"{size / children / FACTS_EACH:,.0f}",
            f"{measured['seconds'] * PER / children:.1f}",
            f"{measured['rss'] / children / 1024:.1f}",
            f"{measured['bytes'] / children / 1024:.1f}",
        )
    console.print(table)


def _measure(bootstrap: str, topic: str, profile: bool) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.recovery", "read", bootstrap, topic, *(["profile"] if profile else [])]
    lines = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.splitlines()
    print(*lines[:-1], sep="\n", end="\n" if profile else "")
    found: dict[str, float] = json.loads(lines[-1])
    return found


def read(bootstrap: str, topic: str, profiled: bool) -> None:
    """Open a partition as casework does; prints seconds, bytes of memory taken, bytes of state."""
    stage = casework(POLICY, time.monotonic)
    before = _rss()
    profiler = cProfile.Profile()
    begun = time.perf_counter()
    if profiled:
        profiler.enable()
    state, _ = asyncio.run(read_state(Settings(kafka=bootstrap), Partition(topic, 0), stage.mend, stage.check))
    handler = stage.open(0, state.begin())
    profiler.disable()
    seconds = time.perf_counter() - begun
    if profiled:
        pstats.Stats(profiler, stream=sys.stdout).sort_stats("tottime").print_stats(14)
    size = sum(len(value) for _, value in state.items())
    print(json.dumps({"seconds": seconds, "rss": _rss() - before, "bytes": size, "keys": len(state)}))
    del handler


def _rss() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


async def _fill(bootstrap: str, children: int) -> dict[Partition, tuple[int, int]]:
    """Write both changelogs; the records and bytes of each."""
    await topics.create(bootstrap, 1, [Topic(where.topic, 1, "delete", 1) for where in (WRITTEN, COMPACTED)])
    state = PartitionState()
    written = await _write(bootstrap, _changes(state, children))
    last = await _write(bootstrap, (to_output(COMPACTED, key, value, 1) for key, value in state.items()))
    return {WRITTEN: written, COMPACTED: last}


def _changes(state: PartitionState, children: int) -> Iterator[Output]:
    """The changelog's records as the handler makes them, batch after batch."""
    yield origin(WRITTEN, 0)
    handler = casework(POLICY, time.monotonic).open(0, state.begin())
    records = [Record("hub.facts", 0, n, *fact) for n, fact in enumerate(facts(children * FACTS_EACH))]
    for start in range(0, len(records), BATCH):
        changes = state.begin()
        handler.handle(records[start : start + BATCH], changes)
        state.apply(changes)
        handler.committed(changes.changed)
        for key, value in changes.changed.items():
            yield to_output(WRITTEN, key, value, start + BATCH)


async def _write(bootstrap: str, outputs: Iterable[Output]) -> tuple[int, int]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=20, max_batch_size=262_144)
    await producer.start()
    records, size = 0, 0
    try:
        for output in outputs:
            headers: list[Any] = list(output.headers)
            await producer.send(output.topic, output.value, output.key, output.partition, headers=headers)
            records += 1
            size += len(output.key) + len(output.value or b"") + sum(len(n) + len(v) for n, v in output.headers)
    finally:
        await producer.stop()
    return records, size


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        read(sys.argv[2], sys.argv[3], "profile" in sys.argv)
    else:
        typer.run(main)
