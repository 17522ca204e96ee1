"""Which facts stand: of a set of facts received, in any order and however often, those that count on a day."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from hub.core.facts.belonging import belonging
from hub.core.facts.data import EARLIEST, LATEST
from hub.core.facts.fact import Fact, Key
from hub.core.facts.withdrawn import DIED
from hub.core.questions import Question, ask

UNDATED = frozenset({"subject.linked", "child.identified"})
"""Kinds whose effective date decides nothing."""


class Standing(NamedTuple):
    """The facts that count, in an order of their own, and by kind; `first_seen` is the day a key was first heard of.

    `moving`: links whose facts wait for the decision that brings them here. `next_on`: when a fact dated ahead counts.
    `deaths`: every notice of a death, also one whose date is missing, impossible or ahead.
    """

    facts: list[Fact]
    by_kind: dict[str, list[Fact]]
    first_seen: dict[Key, date]
    questions: list[Question]
    moving: tuple[str, ...]
    next_on: date | None
    deaths: list[Fact]

    def of(self, *kinds: str) -> list[Fact]:
        """The facts of these kinds, kind after kind, each in the order of its dates."""
        return [fact for kind in kinds for fact in self.by_kind.get(kind, ())]


def stand(facts: Iterable[Fact], day: date) -> Standing:
    """The facts that stand on a day, out of all that are known.

    For each (source, record, kind, occurrence) the highest version stands; of one version with one content the earliest
    received, of different contents the last recorded, then the greater digest. A retraction removes.
    """
    counted, _, moving = belonging(facts)
    best, first_seen, disputed = _highest(fact for _, fact in counted)
    questions = [ask("same-version-differs", fact) for key, fact in best.items() if (key, fact.version) in disputed]
    standing, deaths, next_on = [], list[Fact](), None
    for fact in best.values():
        if fact.retracted:
            continue
        if fact.kind == DIED:
            deaths.append(fact)
        on = fact.effective_on
        if fact.kind in UNDATED:
            standing.append(fact)
        elif on is None or not EARLIEST <= on <= LATEST:
            questions.append(ask("no-date", fact))
        elif on > day:
            if on > fact.received_on:  # else it is the day looked at that lies before, not the fact ahead
                questions.append(ask("future-date", fact))
            next_on = on if next_on is None else min(next_on, on)
        else:
            standing.append(fact)
    standing.sort(key=_order)
    by_kind: dict[str, list[Fact]] = {}
    for fact in standing:
        by_kind.setdefault(fact.kind, []).append(fact)
    return Standing(standing, by_kind, first_seen, questions, moving, next_on, sorted(deaths, key=_order))


def _order(fact: Fact) -> tuple[date, str, str, str, str]:
    return (fact.effective_on or EARLIEST, fact.kind, fact.source, fact.record, fact.occurrence)


def _highest(facts: Iterable[Fact]) -> tuple[dict[Key, Fact], dict[Key, date], set[tuple[Key, int]]]:
    best: dict[Key, Fact] = {}
    first_seen: dict[Key, date] = {}
    disputed: set[tuple[Key, int]] = set()
    for fact in facts:
        key = fact.key
        other = best.get(key)
        if other is None:
            best[key], first_seen[key] = fact, fact.received_on
            continue
        first_seen[key] = min(first_seen[key], fact.received_on)
        if fact.content == other.content:
            if fact.received_at < other.received_at:
                best[key] = fact
            continue
        if fact.version == other.version:
            disputed.add((key, fact.version))
        if fact.rank > other.rank:
            best[key] = fact
    return best, first_seen, disputed
