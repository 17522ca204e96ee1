"""`make bench`: this runtime beside others in one run on one broker, where its time goes, and latency at a trickle."""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from rich.console import Console
from rich.table import Table

from bench import latency, trickle
from bench.handlers import OUTPUTS
from bench.inputs import fill
from bench.measure import PROJECT, Job, Measured, run_job
from hub.embedded import kafka
from hub.embedded.kafka import Kafka
from schemas.topics import DEADLETTER, DEADLETTER_KEYS, Topic

STAMPED = {"message.timestamp.type": "LogAppendTime"}
PARTITIONS = 4


class Entry(NamedTuple):
    """A row: what it is called, the system, how many workers, what part of the events it gets."""

    label: str
    system: str
    workers: int = 1
    part: int = 1


LANE = Entry("this lane, exactly once", "lane")
QUIX = Entry("Quix with state, at least once", "quix")
QUIX_EOS = Entry("Quix with state, exactly once", "quix-eos")
FAUST = Entry("stock Faust with a table", "faust", part=5)
CONTESTS: dict[str, tuple[Entry, ...]] = {
    "counting": (
        *(LANE, QUIX, QUIX_EOS, FAUST),
        Entry("aiokafka, no state", "aiokafka"),
        Entry("confluent-kafka, no state", "confluent"),
    ),
    "casework": (LANE, QUIX, QUIX_EOS, FAUST, Entry("this lane, two workers", "lane", workers=2)),
}
TRICKLES = ((1.0, 40.0), (50.0, 30.0), (500.0, 20.0))
"""Events a second, and for how many seconds."""


def main() -> None:
    asked = _arguments()
    console = Console(width=120, highlight=False)
    for handler, entries in CONTESTS.items():
        if asked.only in (None, handler):
            _contest(console, handler, entries, asked.events)
    if asked.only in (None, "trickle"):
        _on_a_broker(lambda broker, folder: trickle.show(console, broker, folder, TRICKLES))
    if asked.only in (None, "latency"):
        _on_a_broker(lambda broker, folder: latency.show(console, broker.bootstrap, folder, asked.rate, asked.seconds))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=50.0, help="events a second from the webhook")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the part from the webhook")
    parser.add_argument("--only", choices=[*CONTESTS, "trickle", "latency"])
    return parser.parse_args()


def _on_a_broker(work: object) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        broker = kafka.start(PROJECT, Path(folder) / "kafka")
        try:
            work(broker, Path(folder))  # type: ignore[operator]
        finally:
            broker.stop()


def _contest(console: Console, handler: str, entries: Sequence[Entry], events: int) -> None:
    """All systems one after the other on one broker, each with topics of its own."""

    def run(broker: Kafka, folder: Path) -> None:
        asyncio.run(_fill(broker.bootstrap, entries, events))
        results = {}
        for number, entry in enumerate(entries):
            prefix = f"run{number}"
            asyncio.run(_create(broker.bootstrap, [*OUTPUTS[handler], Topic("state", PARTITIONS, "compact")], prefix))
            results[entry] = asyncio.run(_run(handler, entry, prefix, broker, folder))
            console.print(f"  {handler}: {entry.label}: {results[entry].rate:,.0f} events/s")
        _show(console, handler, results)
        _show_profile(console, folder / "samples-run0.json")

    _on_a_broker(run)


async def _fill(bootstrap: str, entries: Sequence[Entry], events: int) -> None:
    for part in {entry.part for entry in entries}:
        await _create(bootstrap, [Topic(f"part{part}", PARTITIONS, "delete", 1)], "facts")
        await fill(bootstrap, f"facts.part{part}", events // part)


async def _run(handler: str, entry: Entry, prefix: str, broker: Kafka, folder: Path) -> Measured:
    source, log = f"facts.part{entry.part}", folder / f"{prefix}.log"
    command = ["-m", "bench.systems", entry.system, handler, source, prefix]
    job = Job(command, entry.workers, source, f"{prefix}.{OUTPUTS[handler][0].name}", f"{prefix}-bench")
    env = {"SENDHUB_KAFKA": broker.bootstrap, "BENCH_SAMPLES": str(folder / f"samples-{prefix}.json")}
    try:
        return await run_job(job, env, broker, log)
    except RuntimeError as error:
        raise SystemExit(f"{error}\n{log.read_text()[-2000:]}") from None


async def _create(bootstrap: str, topics: Sequence[Topic], prefix: str) -> None:
    wanted = [
        NewTopic(f"{prefix}.{each.name}", each.partitions, 1, topic_configs=each.settings | STAMPED) for each in topics
    ]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        there = await admin.list_topics()
        for topic in (DEADLETTER, DEADLETTER_KEYS):
            if topic.name not in there:
                wanted.append(NewTopic(topic.name, topic.partitions, 1, topic_configs=topic.settings))
        await admin.create_topics(wanted)
    finally:
        await admin.close()


def _show(console: Console, name: str, results: dict[Entry, Measured]) -> None:
    table = Table(title=f"{name} handler, {PARTITIONS} partitions", title_justify="left")
    columns = ("system", "events", "events/s", "to Quix", "to one worker", "peak MB", "cores: workers", "broker")
    for column in columns:
        table.add_column(column, justify="left" if column == "system" else "right")
    for entry, found in results.items():
        cells = (
            *(entry.label, f"{found.events:,}", f"{found.rate:,.0f}", f"{found.rate / results[QUIX].rate:.2f}"),
            *(f"{found.rate / results[LANE].rate:.2f}", f"{found.peak_mb:.0f}"),
            *(f"{found.worker_cores:.2f}", f"{found.broker_cores:.2f}"),
        )
        table.add_row(*cells)
    console.print(table)


def _show_profile(console: Console, file: Path) -> None:
    """Where the lane's own time went, as shares of what ran."""
    counts = json.loads(file.read_text())
    total = sum(counts.values())
    parts = sorted(counts.items(), key=lambda item: -item[1])
    console.print("where the lane's time goes: " + ", ".join(f"{part} {number / total:.0%}" for part, number in parts))


if __name__ == "__main__":
    main()
