"""The daily tick over many open deadlines, the recompute of one busy child, and facts that come late:
`python -m bench.clocks`.

Casework's own handler, state and slices, without a broker: what a tick costs a worker before anything is written. The
children are copies of templates whose requests begin on each day of two years, so that a day has its share of what
becomes due. Ticks run in order over four weeks; a row says what one of them takes at the median and at the worst.
Late are facts that reach casework after others which were received on later days.
"""

import cProfile
import pstats
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from hub.core.casework.evaluate import evaluate
from hub.core.casework.policy import Policy
from hub.core.facts.fact import read_fact
from hub.runtime.state import PartitionState
from hub.stages.casework import casework
from hub.stages.stage import Handler, Record, Step
from schemas.sources import Source, Sources
from schemas.topics import FACTS

COUNCIL = "one-education:825:2022"
POLICY = Policy(Sources(sources=(Source(id=COUNCIL, kind="council", area="825", creates_children=True),)))
TODAY = date(2026, 9, 1)
SPAN = 730
"""How many days of requests lie before the first tick."""

TICKS = 28
ICB = {"role": "icb", "ods": "QU9"}
HEADINGS = ("education", "medical", "psychological", "social-care")
TEMPLATE = "chd-0000000"
FACTS_OF_ONE = 200
STEPS = (
    ("advice.requested", 42), ("advice.delivered", 43), ("advice.acknowledged", 45), ("advice.allocated", 50),
    ("advice.sent-by-body", 75), ("advice.received", 77), ("advice.returned", 80), ("advice.received", 95),
)  # fmt: skip
"""A part of a busy child's case, and after how many days."""

LATE = (50, 100, 200, 400)
"""Facts of one child, one on each day."""

MOST_BACKWARDS = 100


def main(
    most: Annotated[int, typer.Option(help="The largest number of open deadlines.")] = 1_000_000,
    profile: Annotated[bool, typer.Option("--profile", help="Also show where one child's time goes.")] = False,
) -> None:
    """Print the tables."""
    console = Console(width=110)
    table = Table(title=f"the daily tick, {TICKS} days in order, one worker", title_justify="left")
    for column in (
        "open deadlines",
        "children",
        "due a day",
        "s a tick, p50",
        "s, worst",
        "ms a child due",
        "GB state",
    ):
        table.add_column(column, justify="right")
    for size in (size for size in (10_000, 100_000, 1_000_000) if size <= most):
        table.add_row(*_ticks(size))
    console.print(table)
    _one_child(console, profile)
    _late(console)


def _ticks(size: int) -> tuple[str, ...]:
    state = PartitionState()
    children, deadlines = _fill(state, size)
    handler = casework(POLICY, time.monotonic).open(0, state)
    seconds, due = [], []
    for number in range(TICKS):
        day = TODAY + timedelta(days=number + 1)
        begun = time.process_time()
        due.append(_tick(handler, state, day))
        seconds.append(time.process_time() - begun)
    stored = sum(len(value) for _, value in state.items())
    each = sum(seconds) / max(1, sum(due))
    cells = (f"{deadlines:,}", f"{children:,}", f"{statistics.mean(due):,.0f}")
    times = (f"{statistics.median(seconds):.2f}", f"{max(seconds):.2f}", f"{each * 1000:.2f}")
    return (*cells, *times, f"{stored / 1e9:.2f}")


def _tick(handler: Handler, state: PartitionState, day: date) -> int:
    """One day, in as many slices as the handler wants; how many children it looked at."""
    record = _record({"kind": "day.reached", "effective_on": day.isoformat()})
    looked_at = 0
    while True:
        step, keys = _step(handler, state, [record])
        looked_at += keys
        if step.consumed:
            return looked_at


def _step(handler: Handler, state: PartitionState, records: list[Record]) -> tuple[Step, int]:
    """One slice, committed; and how many children's states it changed."""
    changes = state.begin()
    step = handler.handle(records, changes)
    state.apply(changes)
    handler.committed(changes.changed)
    return step, sum(key.startswith("chd-") for key in changes.changed)


def _fill(state: PartitionState, size: int) -> tuple[int, int]:
    """Copies of the templates, until they have so many open deadlines between them."""
    templates = list(_templates())
    children = deadlines = 0
    while deadlines < size:
        value, open_ = templates[children % len(templates)]
        name = f"chd-{children:07}"
        state.load(name, value.replace(TEMPLATE.encode(), name.encode()))
        children, deadlines = children + 1, deadlines + open_
    return children, deadlines


def _templates() -> Iterator[tuple[bytes, int]]:
    """One child for each day on which its request may have come: its state on the day before the first tick."""
    for number in range(SPAN):
        start = TODAY - timedelta(days=SPAN - number)
        state = PartitionState()
        handler = casework(POLICY, time.monotonic).open(0, state)
        values = [value for value in _life(start) if value["effective_on"] <= TODAY.isoformat()]
        _step(handler, state, [_record(value) for value in values])
        _tick(handler, state, TODAY)
        facts = [read_fact(value) for value in values]
        open_ = sum(deadline.is_open for deadline in evaluate(TEMPLATE, facts, TODAY, POLICY).deadlines)
        yield dict(state.items())[TEMPLATE], open_


def _life(start: date) -> Iterator[dict[str, Any]]:
    """A request, the decision to assess and four kinds of advice asked for: mostly open, mostly late, as on day one."""
    yield _fact("assessment.requested", start, "REQ-1", {"request": "REQ-1"})
    yield _fact("assessment.decided", start + timedelta(days=40), "REQ-1", {"request": "REQ-1"}, outcome="assess")
    for number, heading in enumerate(HEADINGS):
        asked_on, advice = start + timedelta(days=42), f"ADV-{number}"
        subject = {"request": "REQ-1", "advice": advice}
        yield _fact("advice.requested", asked_on, advice, subject, heading=heading, asked=ICB)


def _one_child(console: Console, profile: bool) -> None:
    facts = [read_fact(value) for value in _busy()]
    day = TODAY
    past = evaluate(TEMPLATE, facts, day, POLICY).past
    table = Table(title=f"recompute of one child with {len(facts)} facts", title_justify="left")
    for column in ("", "ms least", "ms p50", "ms p90"):
        table.add_column(column, justify="right" if column else "left")
    table.add_row("one fact more", *_milliseconds(lambda: evaluate(TEMPLATE, facts, day, POLICY, start=past), 300))
    table.add_row("its whole history anew", *_milliseconds(lambda: evaluate(TEMPLATE, facts, day, POLICY), 20))
    console.print(table)
    if profile:
        profiler = cProfile.Profile()
        profiler.runcall(lambda: [evaluate(TEMPLATE, facts, day, POLICY, start=past) for _ in range(200)])
        pstats.Stats(profiler, stream=sys.stdout).sort_stats("tottime").print_stats(20)


def _late(console: Console) -> None:
    """How long one child takes by the order in which its facts come, each in a batch of its own."""
    table = Table(title="one child, one fact on each day: seconds until all are in", title_justify="left")
    for column in (
        "facts",
        "in order",
        "each second a day late",
        "each a week late by turns",
        "latest first",
        "at once",
    ):
        table.add_column(column, justify="right")
    for size in LATE:
        values = list(_long(size))
        late = [values[number ^ 1] for number in range(size)]
        by_weeks = [values[week + day] for week in range(0, size, 14) for day in _weeks(size - week)]
        backwards = f"{_fed(values[::-1], 1):.1f}" if size <= MOST_BACKWARDS else "-"
        cells = [f"{_fed(each, 1):.1f}" for each in (values, late, by_weeks)]
        table.add_row(str(size), *cells, backwards, f"{_fed(values, size):.1f}")
    console.print(table)


def _weeks(days: int) -> list[int]:
    """Of two weeks the second before the first, day by day in turns."""
    return [day for pair in zip(range(7, 14), range(7), strict=True) for day in pair if day < days]


def _fed(values: list[dict[str, Any]], size: int) -> float:
    """Processor seconds for a child's facts in batches of so many."""
    state = PartitionState()
    handler = casework(POLICY, time.monotonic).open(0, state)
    records = [_record(value) for value in values]
    begun = time.process_time()
    for start in range(0, len(records), size):
        _step(handler, state, records[start : start + size])
    return time.process_time() - begun


def _long(size: int) -> Iterator[dict[str, Any]]:
    """A request, and then one part's steps after another's, a fact a day."""
    start = TODAY - timedelta(days=size)
    yield _fact("assessment.requested", start, "REQ-1", {"request": "REQ-1"})
    for number in range(1, size):
        part, step = divmod(number - 1, len(STEPS))
        yield _step_of(part, step, start + timedelta(days=number))


def _milliseconds(work: Callable[[], object], times: int) -> tuple[str, ...]:
    """The least, the median and the 90th percentile: on a busy machine only the first compares."""
    taken = []
    for _ in range(times):
        begun = time.process_time()
        work()
        taken.append((time.process_time() - begun) * 1000)
    found = min(taken), statistics.median(taken), statistics.quantiles(taken, n=10)[-1]
    return tuple(f"{each:.2f}" for each in found)


def _busy() -> list[dict[str, Any]]:
    """A long case: many parts, each asked for, delivered, worked on, received, sent back and received again."""
    start, found = TODAY - timedelta(days=240), []
    found.append(_fact("assessment.requested", start, "REQ-1", {"request": "REQ-1"}))
    for part in range(-(-FACTS_OF_ONE // len(STEPS))):
        found += [_step_of(part, step, start + timedelta(days=after + part)) for step, (_, after) in enumerate(STEPS)]
    return found[:FACTS_OF_ONE]


def _step_of(part: int, step: int, on: date) -> dict[str, Any]:
    advice, (kind, _) = f"ADV-{part}", STEPS[step]
    data = {"heading": HEADINGS[part % 4], "asked": ICB} if kind == "advice.requested" else {}
    return _fact(kind, on, f"{advice}-{step}", {"request": "REQ-1", "advice": advice}, **data)


def _fact(kind: str, on: date, record: str, subject: dict[str, str], **data: object) -> dict[str, Any]:
    return {
        "kind": kind,
        "child_id": TEMPLATE,
        "source": COUNCIL,
        "record": record,
        "version": 1,
        "subject": subject,
        "effective_on": on.isoformat(),
        "recorded_at": f"{on.isoformat()}T09:00:00Z",
        "received_at": f"{on.isoformat()}T09:00:00Z",
        "data": data,
    }


def _record(value: dict[str, Any]) -> Record:
    return Record(FACTS.name, 0, 0, b"", orjson.dumps(value))


if __name__ == "__main__":
    typer.run(main)
