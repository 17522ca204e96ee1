"""Things that name each other: requests that replace one another, parts of one another; and circles among them."""

from collections.abc import Collection, Mapping


def reached_in(names: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """All that each comes to by what it names, and by what that names in turn; itself only in a circle."""
    return {id_: _reached(id_, names) for id_ in names}


def circles_in(reached: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    """Each that comes back to itself, with all that share its circle. The same in any order."""
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
