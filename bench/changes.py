"""The change feed: `python -m bench.changes` fills a PostgreSQL of its own, reads all of it over HTTP, then follows
with several readers what is written at a steady rate, by answers and as streams; and what numbering costs projection.
"""

import argparse
import contextlib
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import orjson
from rich.console import Console
from rich.table import Table

from bench.readmodel import api, client, fill
from hub.store import Projector, changes_log
from tests.support.postgres import serving
from tests.support.readmodel import deadline

PARTITIONS, BATCH = 4, 100


class Told(NamedTuple):
    """What one reader was told: how many changes, and how old each was then, in milliseconds."""

    changes: int
    ages: list[float]


def main() -> int:
    asked = _arguments()
    console = Console(width=120, highlight=False)
    with serving() as server:
        url = server.create()
        Projector.open(url, lambda _: None).close()
        fill(url, asked.children)
        with api(url) as base:
            _from_the_start(console, base)
            for how, follow in (("answers", _by_answers), ("streams", _by_stream)):
                _follow(console, url, base, how, follow, asked)
        _cost(console, server.create(), server.create())
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.changes", description=__doc__)
    parser.add_argument("--children", type=int, default=5_000)
    parser.add_argument("--rate", type=int, default=2_000, help="changes written a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--readers", type=int, default=3)
    return parser.parse_args()


def _from_the_start(console: Console, base: str) -> None:
    """One reader, from the beginning to the end."""
    begun, told, after, size = time.perf_counter(), 0, "", 0
    with client(base) as asking:
        while True:
            answer = asking.get("/changes", params={"limit": 1_000} | ({"after": after} if after else {}))
            found = orjson.loads(answer.content)
            told, after, size = told + len(found["changes"]), found["next"], size + len(answer.content)
            if not found["more"]:
                break
    taken = time.perf_counter() - begun
    console.print(
        f"from the start: {told:,} changes, {told / taken:,.0f} a second, {size / taken / 1e6:.1f} MB a second"
    )


def _follow(
    console: Console, url: str, base: str, how: str, follow: Callable[..., Told], asked: argparse.Namespace
) -> None:
    """Several readers while four writers keep to a rate."""
    stop, found, before = threading.Event(), [], []
    reading = [
        threading.Thread(target=lambda: found.append(follow(base, stop, before.append))) for _ in range(asked.readers)
    ]
    for thread in reading:
        thread.start()
    while len(before) < asked.readers:
        time.sleep(0.05)
    written = _write(url, asked.rate, asked.seconds)
    time.sleep(2)
    stop.set()
    for thread in reading:
        thread.join()
    table = Table(title=f"{how}: {asked.readers} readers", title_justify="left")
    for column in ("written", "a second", "told", "p50 ms", "p95 ms", "max ms"):
        table.add_column(column, justify="right")
    for each in found:
        ages = statistics.quantiles(each.ages, n=20) if each.ages else [0.0] * 19
        said = (f"{written[0]:,}", f"{written[0] / written[1]:,.0f}", f"{each.changes:,}")
        table.add_row(*said, f"{ages[9]:.0f}", f"{ages[18]:.0f}", f"{max(each.ages, default=0):.0f}")
    console.print(table)


def _write(url: str, rate: int, seconds: float) -> tuple[int, float]:
    """Deadlines of their own keys, so that each is told; their `law` is when they were written."""
    begun, written = time.perf_counter(), [0] * PARTITIONS

    def write(partition: int) -> None:
        projector = Projector.open(url, lambda _: None)
        at = projector.positions([("hub.deadlines", partition)])["hub.deadlines", partition]
        every = BATCH * PARTITIONS / rate
        for number in range(int(seconds / every)):
            time.sleep(max(0.0, begun + number * every - time.perf_counter()))
            now = repr(time.time())
            records = [deadline(at + n, f"chd-new-{partition}", f"dl-{at + n}", law=now) for n in range(BATCH)]
            projector.apply("hub.deadlines", partition, records, at, at + BATCH)
            at += BATCH
            written[partition] += BATCH
        projector.close()

    threads = [threading.Thread(target=write, args=(partition,)) for partition in range(PARTITIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(written), time.perf_counter() - begun


def _by_answers(base: str, stop: threading.Event, ready: Callable[[str], None]) -> Told:
    told, ages = 0, list[float]()
    with client(base) as asking:
        after = asking.get("/changes", params={"after": "now"}).json()["next"]
        ready(after)
        while not stop.is_set():
            answer = orjson.loads(asking.get("/changes", params={"after": after, "wait": 1}).content)
            after, told = answer["next"], told + _note(answer["changes"], ages)
    return Told(told, ages)


def _by_stream(base: str, stop: threading.Event, ready: Callable[[str], None]) -> Told:
    told, ages, begun = 0, list[float](), False
    with client(base) as asking, contextlib.suppress(httpx.ReadTimeout):
        headers = {"Accept": "text/event-stream"}
        with asking.stream("GET", "/changes", params={"after": "now"}, headers=headers, timeout=3) as answer:
            for line in _lines(answer):
                if line.startswith(b"id: ") and not begun:
                    begun = True
                    ready(line.decode())
                if line.startswith(b"data: "):
                    told += _note(orjson.loads(line[6:])["changes"], ages)
                if stop.is_set():
                    break
    return Told(told, ages)


def _lines(answer: httpx.Response) -> Iterator[bytes]:
    left = b""
    for part in answer.iter_bytes():
        *whole, left = (left + part).split(b"\n")
        yield from whole


def _note(found: list[dict[str, Any]], ages: list[float]) -> int:
    now = time.time()
    ages += [(now - float(each["value"]["law"])) * 1000 for each in found[::10]]
    return len(found)


def _cost(console: Console, with_feed: str, without: str) -> None:
    """The same records through the projection, with and without numbers."""
    taken = {}
    for name, url in (("with", with_feed), ("without", without)):
        projector = Projector.open(url, lambda _: None)
        known = changes_log.note
        if name == "without":
            changes_log.note = lambda *_: None  # type: ignore[assignment]
        begun = time.perf_counter()
        for at in range(0, 10_000, 500):
            records = [deadline(at + n, f"chd-{(at + n) // 8}", f"dl-{n % 8}") for n in range(500)]
            projector.apply("hub.deadlines", 0, records, at, at + 500)
        taken[name] = time.perf_counter() - begun
        changes_log.note = known  # type: ignore[assignment]
        projector.close()
    console.print(
        f"projection of 10,000 new deadlines: {10_000 / taken['with']:,.0f} a second with the feed, "
        f"{10_000 / taken['without']:,.0f} without"
    )


if __name__ == "__main__":
    sys.exit(main())
