"""A child's limits and what happened, drawn to scale: places on a sheet, worked out here and drawn by the template."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from hub.api.pages import words

LABELS = 300
"""Where the days begin, right of the labels."""
WIDTH = 1180
RIGHT = 20
TOP = 46
ROW = 28
TICKS = 14
"""At most so many dates along the top."""

Kind = Literal["running", "met", "late", "exempt", "void"]


class Tick(NamedTuple):
    """A date along the top, at x."""

    x: float
    label: str


class Bar(NamedTuple):
    """One limit: from `x` to `end`, the last day at `due`. `over` is how far it ran past its last day, where it did."""

    y: int
    label: str
    x: float
    end: float
    due: float
    over: float | None
    kind: Kind
    title: str


class Dot(NamedTuple):
    """What happened on one day: at x, with all of it in words."""

    x: float
    title: str


class Drawing(NamedTuple):
    """All of it. `today` is where today's line stands; None where that lies beyond the sheet."""

    width: int
    height: int
    labels: int
    ticks: tuple[Tick, ...]
    dots: tuple[Dot, ...]
    dots_y: int
    bars: tuple[Bar, ...]
    today: float | None
    today_label: str


class Scale(NamedTuple):
    """Days to places: the same length for every day."""

    first: date
    days: int

    def x(self, day: date) -> float:
        """Where a day stands; beyond the ends, at the end."""
        part = min(max((day - self.first).days, 0), self.days)
        return round(LABELS + part * (WIDTH - LABELS - RIGHT) / self.days, 1)


def drawn(deadlines: Sequence[Mapping[str, Any]], facts: Iterable[tuple[date, str]], today: date) -> Drawing | None:
    """The drawing; None where there is nothing with a date."""
    happened: dict[date, list[str]] = {}
    for on, said in facts:
        happened.setdefault(on, []).append(said)
    limits = sorted((each for each in deadlines if each["state"] != "void"), key=_place)
    days = [*happened, *(day for each in limits for day in _days(each, today))]
    if not days:
        return None
    first, last = min(days), max(*days, today)
    scale = Scale(first - timedelta(days=3), max((last - first).days + 10, 30))
    bars = tuple(_bar(each, TOP + ROW * (number + 1), scale, today) for number, each in enumerate(limits))
    return Drawing(
        width=WIDTH,
        height=TOP + ROW * (len(limits) + 1) + 14,
        labels=LABELS,
        ticks=tuple(_ticks(scale)),
        dots=tuple(Dot(scale.x(on), f"{words.day(on)}: {'; '.join(said)}") for on, said in sorted(happened.items())),
        dots_y=TOP + ROW // 2,
        bars=bars,
        today=scale.x(today),
        today_label=f"Today, {words.short_day(today)}",
    )


def _place(deadline: Mapping[str, Any]) -> tuple[bool, str, str]:
    """The case's own limits first, then advice; each by when it began."""
    return deadline["clock"] == "advice-6w", deadline["starts_on"], deadline["id"]


def _days(deadline: Mapping[str, Any], today: date) -> list[date]:
    found = [date.fromisoformat(deadline[name]) for name in ("starts_on", "due_on", "met_on") if deadline.get(name)]
    return [*found, today] if deadline["state"] in ("overdue", "exempt") else found


def _bar(deadline: Mapping[str, Any], y: int, scale: Scale, today: date) -> Bar:
    starts, due, met = (
        date.fromisoformat(deadline[name]) if deadline.get(name) else None for name in ("starts_on", "due_on", "met_on")
    )
    assert starts is not None
    assert due is not None
    kind = _KINDS[deadline["state"]]
    until = met if met is not None else today if deadline["state"] in ("running", "overdue", "exempt") else due
    over = scale.x(until) if until > due else None
    state = words.STATES[deadline["state"]].lower()
    return Bar(
        y=y,
        label=label(deadline),
        x=scale.x(starts),
        end=scale.x(max(starts, min(until, due))),
        due=scale.x(due),
        over=over,
        kind=kind,
        title=f"{label(deadline)}: from {words.day(starts)}, due {words.day(due)}, {state}",
    )


_KINDS: Mapping[str, Kind] = {
    "running": "running",
    "overdue": "late",
    "met": "met",
    "met-late": "late",
    "exempt": "exempt",
    "met-exempt": "exempt",
    "closed": "void",
    "lapsed": "void",
    "void": "void",
}


def label(deadline: Mapping[str, Any]) -> str:
    """What is to be done, and for advice of what kind."""
    named = deadline.get("service") or deadline.get("heading")
    return f"Advice: {words.service(named)}" if deadline["clock"] == "advice-6w" else words.clock(deadline["clock"])


def _ticks(scale: Scale) -> Iterable[Tick]:
    """The first days of months: each, or each third, sixth or twelfth, so that there is room."""
    months = scale.days / 30.4
    step = next((step for step in (1, 2, 3, 6, 12) if months / step <= TICKS), 24)
    year, month = scale.first.year, scale.first.month
    while True:
        month += 1
        if month > 12:
            year, month = year + 1, 1
        day = date(year, month, 1)
        if (day - scale.first).days > scale.days:
            return
        if (month - 1) % step == 0 or (step == 24 and month == 1):
            yield Tick(scale.x(day), f"{day:%b %Y}" if month == 1 or step > 2 else f"{day:%b}")
