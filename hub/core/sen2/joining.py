"""Which row of a council's file is which request of the hub's. What cannot be told apart is joined to nothing."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeVar

from hub.core.sen2.entry import Entry, Stated, bare
from hub.core.sen2.rows import Assessment, Request

By = Literal["id", "date"]
Thing = TypeVar("Thing", Entry, Stated)


class Pair(NamedTuple):
    """A request of the hub's and the row that is about it; `by` says what they were joined by."""

    here: Entry
    there: Stated
    by: By


@dataclass(slots=True)
class Joined:
    """What was joined, and what was not: rows `absorbed` are about a request that, with another row's, runs as one."""

    pairs: list[Pair] = field(default_factory=list)
    here: list[Entry] = field(default_factory=list)
    there: list[Stated] = field(default_factory=list)
    absorbed: list[tuple[Entry, Stated]] = field(default_factory=list)


def join(here: Sequence[Entry], there: Sequence[Stated]) -> Joined:
    """Join by ids: the request's own, the case reference, then either together with the day of receipt.

    A file that shares no id with the hub at all (XML has none) is joined by the day of receipt, where on that day rows
    say the same on both sides, or one is left on each.
    """
    joined = Joined(here=list(here), there=list(there))
    _pair(joined, "id", _lead, lambda row: row.ids)
    _absorb(joined)
    _pair(joined, "id", _references, lambda row: row.ids)
    _pair(joined, "id", _dated(lambda entry: (*_lead(entry), *_references(entry))), _dated(lambda row: row.ids))
    if not joined.pairs:
        _pair_alike(joined)
        _pair(joined, "date", lambda entry: (entry.request.received_on,), lambda row: (row.request.received_on,))
    return joined


def _lead(entry: Entry) -> tuple[str, ...]:
    return entry.id, entry.bare


def _references(entry: Entry) -> tuple[str, ...]:
    return (entry.case_reference,) if entry.case_reference else ()


def _dated(names: Callable[[Thing], Iterable[str]]) -> Callable[[Thing], tuple[Hashable, ...]]:
    """Names together with the day of receipt."""

    def dated(thing: Thing) -> tuple[Hashable, ...]:
        return tuple((name, thing.request.received_on) for name in names(thing))

    return dated


def _pair(
    joined: Joined,
    by: By,
    here: Callable[[Entry], Iterable[Hashable]],
    there: Callable[[Stated], Iterable[Hashable]],
) -> None:
    """Pair what shares a key that, among what is left, stands for one thing on each side."""
    ours, theirs = _only(joined.here, here), _only(joined.there, there)
    pairs: list[Pair] = []
    taken_here: set[int] = set()
    taken_there: set[int] = set()
    for key, entry in ours.items():
        row = theirs.get(key)
        if row is not None and id(entry) not in taken_here and id(row) not in taken_there:
            pairs.append(Pair(entry, row, by))
            taken_here.add(id(entry))
            taken_there.add(id(row))
    _take(joined, pairs)


def _only(things: list[Thing], keys: Callable[[Thing], Iterable[Hashable]]) -> dict[Hashable, Thing]:
    """Things by the keys that no other has."""
    found: dict[Hashable, list[Thing]] = defaultdict(list)
    for thing in things:
        for key in dict.fromkeys(keys(thing)):
            found[key].append(thing)
    return {key: each[0] for key, each in found.items() if len(each) == 1}


def _absorb(joined: Joined) -> None:
    """Rows about a later request of a case: one stands for the case if its first request's row is not in the file."""
    owners = _only([*joined.here, *(pair.here for pair in joined.pairs)], _every)
    paired = {id(pair.here) for pair in joined.pairs}
    pairs: list[Pair] = []
    for row in tuple(joined.there):
        entry = next((owners[name] for name in row.ids if name in owners), None)
        if entry is None:
            continue
        if id(entry) in paired:
            joined.absorbed.append((entry, row))
            joined.there.remove(row)
        else:
            pairs.append(Pair(entry, row, "id"))
            paired.add(id(entry))
    _take(joined, pairs)


def _every(entry: Entry) -> tuple[str, ...]:
    return tuple(name for id_ in entry.ids for name in (id_, bare(id_)))


def _pair_alike(joined: Joined) -> None:
    """Pair rows of one day of receipt that say the same: which of several alike is which makes no difference."""
    waiting: dict[Hashable, list[Stated]] = defaultdict(list)
    for row in joined.there:
        waiting[_said(row.request, row.assessment)].append(row)
    pairs = []
    for entry in joined.here:
        alike = waiting[_said(entry.request, entry.assessment)]
        if alike:
            pairs.append(Pair(entry, alike.pop(0), "date"))
    _take(joined, pairs)


def _said(request: Request, assessment: Assessment | None) -> Hashable:
    outcome = (assessment.outcome, assessment.outcome_on) if assessment else None
    return request.received_on, request.outcome, request.outcome_on, outcome


def _take(joined: Joined, pairs: list[Pair]) -> None:
    taken = {id(pair.here) for pair in pairs} | {id(pair.there) for pair in pairs}
    joined.pairs += pairs
    joined.here = [entry for entry in joined.here if id(entry) not in taken]
    joined.there = [row for row in joined.there if id(row) not in taken]
