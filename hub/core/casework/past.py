"""What is kept of days gone by, so that a fact which comes late need not make all of them be walked through again.

Of each of a few days, the marks, it is what had been left behind just before it: close together for the days just gone,
wide apart further back. Marks depend on the day looked at alone, not on which facts came late, or when.

As JSON each is what has to be undone of the one after it: most of a history is as it was a few days earlier.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any

from hub.core.casework.history import History, Opening, Trace

MARKS = (4, 32, 256)
"""Days from one mark to the next; of each width the last two count. What is kept before a fact that comes so many days
late is at most twice as far away; one that is later than all of them makes the whole be walked."""


@dataclass(frozen=True, slots=True)
class Past:
    """Histories in the order of their days, each the last before some mark. The last is the last of all."""

    kept: tuple[History, ...] = ()

    @property
    def last(self) -> History | None:
        """What all the days left behind."""
        return self.kept[-1] if self.kept else None

    def before(self, day: date) -> "Past":
        """What is kept of the days before one."""
        return Past(tuple(history for history in self.kept if history.day < day))

    def seen_from(self, day: date, *later: History) -> "Past":
        """With later days, as much as is kept when `day` is looked at: no history may be of that day or after it."""
        histories, marks = (*self.kept, *later), _marks(day)
        kept = [one for one, other in pairwise(histories) if any(one.day < mark <= other.day for mark in marks)]
        return Past((*kept, *histories[-1:]))


NO_PAST = Past()


@lru_cache(maxsize=1024)
def _marks(day: date) -> tuple[date, ...]:
    found = {day.toordinal() // width * width - back for width in MARKS for back in (0, width)}
    return tuple(date.fromordinal(mark) for mark in sorted(found) if mark > 0)


def to_json(past: Past, now: History) -> list[Any]:
    """The last history in full, before it what has to be undone for each earlier one, latest first."""
    histories = (*past.kept, now)
    undone = [_undo(later, earlier) for earlier, later in pairwise(histories)]
    return [_whole(now), undone[::-1]]


def from_json(value: Sequence[Any]) -> tuple[Past, History]:
    """What `to_json` was given."""
    whole, undone = value
    found = [_history(whole)]
    for undo in undone:
        found.append(_undone(found[-1], undo))
    now, *kept = found
    return Past(tuple(reversed(kept))), now


def _whole(history: History) -> list[Any]:
    alerts = [[*key, *opening] for key, opening in history.alerts.items()]
    traces = {id_: list(trace) for id_, trace in history.traces.items()}
    return [history.day, history.next_on, history.held, traces, alerts, sorted(history.quiet)]


def _history(whole: list[Any]) -> History:
    day, next_on, held, traces, alerts, quiet = whole
    return History(
        day=date.fromisoformat(day),
        next_on=_date(next_on),
        traces={id_: _trace(row) for id_, row in traces.items()},
        alerts={(about, threshold, audience): _opening(row) for about, threshold, audience, *row in alerts},
        quiet=_quiet(quiet),
        held=tuple(held),
    )


def _undo(later: History, earlier: History) -> list[Any]:
    """What a day's end differs in from a later one. Nothing that was there once is ever forgotten, so all that the
    earlier one has the later one has too."""
    traces = {
        id_: list(before) if (before := earlier.traces.get(id_)) is not None else None
        for id_, trace in later.traces.items()
        if earlier.traces.get(id_) != trace
    }
    alerts = [
        [*key, *earlier.alerts.get(key, ())]
        for key, opening in later.alerts.items()
        if earlier.alerts.get(key) != opening
    ]
    quiet = None if earlier.quiet == later.quiet else sorted(earlier.quiet)
    return [earlier.day, earlier.next_on, earlier.held, traces, alerts, quiet]


def _undone(later: History, undo: list[Any]) -> History:
    day, next_on, held, traces, alerts, quiet = undo
    history = History(
        day=date.fromisoformat(day),
        next_on=_date(next_on),
        traces=dict(later.traces),
        alerts=dict(later.alerts),
        quiet=later.quiet if quiet is None else _quiet(quiet),
        held=tuple(held),
    )
    for id_, row in traces.items():
        if row is None:
            del history.traces[id_]
        else:
            history.traces[id_] = _trace(row)
    for about, threshold, audience, *row in alerts:
        if row:
            history.alerts[about, threshold, audience] = _opening(row)
        else:
            del history.alerts[about, threshold, audience]
    return history


def _trace(row: list[Any]) -> Trace:
    changed_on, digest, standing, moved = row
    return Trace(date.fromisoformat(changed_on), digest, standing, moved)


def _opening(row: list[Any]) -> Opening:
    n, since, caused_by, reason, members = row
    return Opening(n, date.fromisoformat(since), caused_by, reason, tuple(members))


def _quiet(rows: Iterable[Sequence[Any]]) -> frozenset[Any]:
    return frozenset((about, threshold) for about, threshold in rows)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
