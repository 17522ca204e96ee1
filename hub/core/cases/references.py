"""Which subject a statement names: our own reference echoed, or an id that a person has linked to ours."""

from collections.abc import Iterable

from hub.core.facts.fact import Fact
from schemas.ids import full_id


class Aliases:
    """Their subject ids and ours, as people decided (`subject.linked`). The last decision about an id stands. An id
    linked to itself is that of something by itself.

    An id is known by what it is an id of as well: a source may number its requests and its advice alike.
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        """From the decisions, facts of kind `subject.linked`."""
        decided: dict[tuple[str, str], tuple[tuple[int, str], str]] = {}
        for fact in facts:
            to = fact.data.get("to")
            for name, theirs in fact.subject.items():
                ours = to.get(name) if isinstance(to, dict) else None
                if isinstance(ours, str) and ours:
                    said = ((fact.recorded_at, fact.content), full_id(fact.source, ours))
                    decided[name, theirs] = max(said, decided.get((name, theirs), said))
        self._ours = {theirs: ours for theirs, (_, ours) in decided.items()}

    def of(self, name: str, subject_id: str) -> str:
        """Our id for an id of that name; itself where nobody has linked it. A circle of links ends where it began to
        repeat."""
        if not self._ours:
            return subject_id
        seen = {subject_id}
        while (ours := self._ours.get((name, subject_id))) is not None and ours not in seen:
            seen.add(ours)
            subject_id = ours
        return subject_id

    def is_own(self, name: str, subject_id: str) -> bool:
        """Whether a person said that this is itself and no other: they linked it to its own id."""
        return self._ours.get((name, subject_id)) == subject_id


def owner(subject_id: str) -> str:
    """The source whose id it is."""
    return subject_id.partition("/")[0]
