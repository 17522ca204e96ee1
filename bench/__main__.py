"""`make bench`: the lane beside Quix Streams with state, and the latency of the whole hub. Prints one table each."""

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from rich.console import Console
from rich.table import Table

from bench.inputs import fill
from bench.latency import Latency, trickle
from bench.measure import PROJECT, Measured, run_worker
from hub.embedded import kafka
from schemas.topics import ALERTS, CHILDREN, DEADLETTER, DEADLINES, REVIEW, Topic

FACTS_TOPIC = "bench.facts"
STAMPED = {"message.timestamp.type": "LogAppendTime"}


class Contest(NamedTuple):
    """One handler: its module, the topic that its outputs are counted in, and its groups' names by system."""

    name: str
    module: str
    watched: str
    groups: dict[str, str]


CONTESTS = (
    Contest("counting", "bench.counting", "bench.out", {"lane": "sendhub-bench-count", "quix": "bench-count-quix"}),
    Contest(
        "casework", "bench.casework", CHILDREN.name, {"lane": "sendhub-bench-casework", "quix": "bench-casework-quix"}
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=50.0, help="events a second of the latency part")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the latency part")
    parser.add_argument("--only", choices=["counting", "casework", "latency"])
    asked = parser.parse_args()
    console = Console(width=110, highlight=False)
    for contest in CONTESTS:
        if asked.only in (None, contest.name):
            results = {system: _contest(contest, system, asked.events) for system in ("lane", "quix")}
            _show(console, contest.name, results)
    if asked.only in (None, "latency"):
        _show_latency(console, asked.rate, _latency(asked.rate, asked.seconds))


def _contest(contest: Contest, system: str, events: int) -> Measured:
    """One worker on a broker of its own, so that no run finds another's logs."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        broker = kafka.start(PROJECT, Path(folder) / "kafka")
        try:
            return asyncio.run(_run(contest, system, events, broker.bootstrap, Path(folder)))
        finally:
            broker.stop()


async def _run(contest: Contest, system: str, events: int, bootstrap: str, folder: Path) -> Measured:
    await _create_topics(bootstrap)
    await fill(bootstrap, FACTS_TOPIC, events)
    output = ["bench.out"] if contest.name == "counting" else []
    return await run_worker(
        ["-m", contest.module, system, FACTS_TOPIC, *output, "bench.state"],
        {"SENDHUB_KAFKA": bootstrap},
        bootstrap,
        FACTS_TOPIC,
        contest.watched,
        contest.groups[system],
        folder / "worker.log",
    )


async def _create_topics(bootstrap: str) -> None:
    wanted = [
        Topic("bench.out", 4, "delete", 1),
        Topic(FACTS_TOPIC, 4, "delete", 1),
        Topic("bench.state", 4, "compact"),
        *(CHILDREN, DEADLINES, ALERTS, REVIEW, DEADLETTER),
    ]
    topics = [NewTopic(each.name, each.partitions, 1, topic_configs=each.settings | STAMPED) for each in wanted]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics(topics)
    finally:
        await admin.close()


def _latency(rate: float, seconds: float) -> Latency:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        broker = kafka.start(PROJECT, Path(folder) / "kafka")
        try:
            return asyncio.run(trickle(broker.bootstrap, Path(folder) / "hub", rate, seconds))
        finally:
            broker.stop()


def _show(console: Console, name: str, results: dict[str, Measured]) -> None:
    table = Table(title=f"{name} handler, one worker, 4 partitions", title_justify="left")
    for column in ("system", "events", "events/s", "to Quix", "peak MB", "outputs watched"):
        table.add_column(column, justify="left" if column == "system" else "right")
    labels = {"lane": "this lane, exactly once", "quix": "Quix with state, at least once"}
    for system, found in results.items():
        ratio = found.rate / results["quix"].rate
        row = (f"{found.events:,}", f"{found.rate:,.0f}", f"{ratio:.2f}", f"{found.peak_mb:.0f}", f"{found.outputs:,}")
        table.add_row(labels[system], *row)
    console.print(table)


def _show_latency(console: Console, rate: float, found: Latency) -> None:
    console.print(
        f"webhook to record at {rate:.0f} events/s, {found.events} events: "
        f"p50 {found.p50:.0f} ms, p99 {found.p99:.0f} ms to hub.children; "
        f"mean {found.mean_to_read_model:.0f} ms to the read model"
    )


if __name__ == "__main__":
    main()
