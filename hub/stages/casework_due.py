"""Which of a partition's children have to be looked at, and when: an index of their memories, kept beside the state."""

from collections.abc import Mapping
from datetime import date

from hub.core.casework.memory import NO_CHILD, due_on, is_held, policy_of


class DueIndex:
    """Which children have something that changes by itself, by the day on which it does; and which were looked at last
    by another policy than that of the digest."""

    def __init__(self, policy: str) -> None:
        self._policy = policy
        self._day_of: dict[str, str] = {}
        self._children: dict[str, set[str]] = {}
        self._held: set[str] = set()
        self._outdated: set[str] = set()

    def set(self, child_id: str, value: bytes | None) -> None:
        """Follow a child's memory."""
        if child_id.startswith("!"):
            return
        _keep(self._held, child_id, value is not None and is_held(value))
        _keep(self._outdated, child_id, value is not None and policy_of(value) not in (self._policy, NO_CHILD))
        before = self._day_of.pop(child_id, None)
        if before is not None:
            self._children[before].discard(child_id)
            if not self._children[before]:
                del self._children[before]
        day = due_on(value) if value is not None else None
        if day is not None:
            self._day_of[child_id] = day
            self._children.setdefault(day, set()).add(child_id)

    def held(self, settled: Mapping[str, bytes]) -> list[str]:
        """The children about whom a silent source holds an alert back, in a fixed order."""
        return sorted((self._held - settled.keys()) | {child for child, value in settled.items() if is_held(value)})

    def by(self, day: date, settled: Mapping[str, bytes]) -> list[str]:
        """The children to look at by a day, in a fixed order; `settled` are this batch's own, with the beginnings of
        their memories."""
        limit = day.isoformat()
        due = self._outdated.union(*(children for on, children in self._children.items() if on <= limit))
        due -= settled.keys()
        due |= {child for child, value in settled.items() if (on := due_on(value)) is not None and on <= limit}
        return sorted(due)


def _keep(children: set[str], child_id: str, belongs: bool) -> None:
    if belongs:
        children.add(child_id)
    else:
        children.discard(child_id)
