"""Sources that say different things about one matter: which stands, and what the others say."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from hub.core.facts.fact import Fact
from schemas.sources import Source, Sources

_KINDS = {"council": 0, "nhs": 1, "hub": 2}
_UNREGISTERED = 1_000


class Saying(NamedTuple):
    """What one source says."""

    source: str
    effective_on: date | None
    outcome: str | None
    stands: bool


class Disagreement(NamedTuple):
    """`about` a subject, the `kind` of fact, and what each source says of it."""

    about: str
    kind: str
    sayings: tuple[Saying, ...]


class Precedence:
    """The written precedence between sources: the registry's number, then councils before the NHS, then the id.

    A source that is not registered, as in a file of facts, comes last; it is a council's if its id names an area.
    """

    def __init__(self, sources: Sources) -> None:
        self._known: dict[str, Source] = {source.id: source for source in sources.sources}
        self._ranks: dict[str, tuple[int, int, str]] = {}

    def rank(self, source_id: str) -> tuple[int, int, str]:
        """Lower wins."""
        rank = self._ranks.get(source_id)
        if rank is None:
            source = self._known.get(source_id)
            kind = source.kind if source else "council" if self.is_council(source_id) else "nhs"
            rank = (source.precedence if source else _UNREGISTERED, _KINDS[kind], source_id)
            self._ranks[source_id] = rank
        return rank

    def best(self, facts: Sequence[Fact]) -> str:
        """The source that is believed on a matter where the facts' sources may differ."""
        sources = {fact.source for fact in facts}
        return sources.pop() if len(sources) == 1 else min(sources, key=self.rank)

    def area(self, source_id: str) -> str | None:
        """The area of a source: as registered, else the middle of its id where that is a DfE code of three digits."""
        source = self._known.get(source_id)
        if source is not None:
            return source.area
        parts = source_id.split(":")
        return parts[1] if len(parts) == 3 and len(parts[1]) == 3 and parts[1].isdigit() else None

    def is_council(self, source_id: str) -> bool:
        """Whether it is a council's feed: as registered, else when its id names an area."""
        source = self._known.get(source_id)
        return source.kind == "council" if source is not None else self.area(source_id) is not None

    def live_from(self, source_id: str) -> date | None:
        """The day from which a source's news is news."""
        source = self._known.get(source_id)
        return source.live_from if source else None


def disagreements(about: str, kind: str, facts: Sequence[Fact], standing: Fact) -> list[Disagreement]:
    """A disagreement when another source's first word on the matter differs from what stands; else nothing."""
    firsts: dict[str, Fact] = {standing.source: standing}
    for fact in facts:
        firsts.setdefault(fact.source, fact)
    said = {(fact.effective_on, outcome(fact)) for fact in firsts.values()}
    if len(said) == 1:
        return []
    sayings = (
        Saying(source, fact.effective_on, outcome(fact), fact is standing) for source, fact in sorted(firsts.items())
    )
    return [Disagreement(about, kind, tuple(sayings))]


def outcome(fact: Fact) -> str | None:
    """The outcome in a fact's data."""
    found: Any = fact.data.get("outcome")
    return found if isinstance(found, str) else None
