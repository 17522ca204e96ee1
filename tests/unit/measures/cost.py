"""What measures cost: `python -m tests.unit.measures.cost --children 10000`.

Some hundred children are worked out and written under many ids, so that filling takes less than measuring is worth.
"""

import argparse
import resource
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from hub.api.collector import DomainCollector
from hub.core.measures.look import Look
from hub.store import Projector
from hub.store.engine import open_engine
from hub.store.outcomes import Measures
from hub.store.readmodel import ReadModel
from tests.unit.measures.filling import PARTITIONS, evaluated, fill, records

DAY = date(2026, 11, 20)
YEAR = Look(date(2026, 1, 1), date(2026, 12, 31), DAY)
WORKED_OUT = 200


def copies(children: int) -> Iterator[tuple[str, bytes, Any]]:
    """Records of so many children."""
    written = records(evaluated(min(children, WORKED_OUT), DAY))
    for number in range(-(-children // WORKED_OUT)):
        for topic, key, value in written:
            mark = f"{number:04}-"
            yield topic, mark.encode() + key, value | {"child_id": mark + value["child_id"]}


def timed(what: str, work: Callable[[], object]) -> None:
    """Do it, and print how long it took."""
    begun, used = perf_counter(), process_time()
    work()
    print(f"{what}: {1000 * (perf_counter() - begun):.0f} ms, of them {1000 * (process_time() - used):.0f} at work")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=10_000)
    children = parser.parse_args().children
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'read-model.db'}"
        projector = Projector.open(url, lambda _: None)
        timed(f"{children} children worked out, written and projected", lambda: fill(projector, copies(children)))
        projector.close()
        engine = open_engine(url, read_only=True)
        model, measures = ReadModel(engine), Measures()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with model.connection() as connection:
            timed("first report: rows read and counted", lambda: measures.report(connection, YEAR))
            timed("another period, nothing changed", lambda: measures.report(connection, YEAR._replace(from_on=DAY)))
            timed("the same report, nothing changed", lambda: measures.report(connection, YEAR))
        change = Projector.open(url, lambda _: None)
        change.apply("hub.children", PARTITIONS, [], 0, 1)
        change.close()
        with model.connection() as connection:
            timed("the same report after a change", lambda: measures.report(connection, YEAR))
        collector = DomainCollector(model, lambda: DAY)
        timed("first scrape, all gauges", lambda: list(collector.collect()))
        timed("next scrape, all gauges, nothing changed", lambda: list(collector.collect()))
        engine.dispose()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"memory grown by at most {grown // 1024} MB while measuring")


if __name__ == "__main__":
    main()
