"""Circles among things that name each other: requests that replace one another, parts of one another."""

from collections.abc import Collection, Mapping


def circles_in(names: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
    """Each that comes back to itself by what it names, with all that share its circle. The same in any order."""
    reached = {id_: _reached(id_, names) for id_ in names}
    return {
        id_: frozenset(other for other in found if id_ in reached.get(other, ()))
        for id_, found in reached.items()
        if id_ in found
    }


def firsts(circles: Mapping[str, frozenset[str]]) -> list[str]:
    """The least of each circle, which stands for it."""
    return sorted({min(circle) for circle in circles.values()})


def _reached(start: str, names: Mapping[str, Collection[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(names.get(start, ()))
    while waiting:
        id_ = waiting.pop()
        if id_ not in found:
            found.add(id_)
            waiting += names.get(id_, ())
    return found
