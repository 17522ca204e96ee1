"""Which facts stand: of a set of facts received, in any order and however often, those that count on a day."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple

from hub.core.facts.answers import ACKNOWLEDGED, CHOSEN, PLACED, choices_in, places_in
from hub.core.facts.belonging import belonging
from hub.core.facts.data import EARLIEST, LATEST
from hub.core.facts.fact import Fact, Key
from hub.core.facts.withdrawn import DIED
from hub.core.questions import Question, ask

UNDATED = frozenset({"subject.linked", "child.identified", "number.invalidated", PLACED, ACKNOWLEDGED, CHOSEN})
"""Kinds whose effective date decides nothing: they count from their receipt."""


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
    received, of different contents the one that a person chose, else the last recorded, then the greater digest. A
    retraction removes. A statement without a subject has the one that a person gave it.
    """
    counted, _, moving = belonging(facts)
    best, first_seen, questions = last_words([fact for _, fact in counted])
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


def last_words(known: list[Fact]) -> tuple[dict[Key, Fact], dict[Key, date], list[Question]]:
    """Of each statement the version that stands, retractions among them, with the subject that a person gave it; when
    it was first heard of; and what is unclear about which stands."""
    best, first_seen, disputed = _highest(known)
    questions = _settle(best, disputed, known)
    for key, to in places_in(best.values()).items():
        if key in best:
            best[key] = best[key]._replace(subject=to | best[key].subject)
    return best, first_seen, questions


def _settle(best: dict[Key, Fact], disputed: set[tuple[Key, int]], known: list[Fact]) -> list[Question]:
    """Which content of a disputed version stands, and the questions about those of which nobody said."""
    differing = [key for key, fact in best.items() if (key, fact.version) in disputed]
    choices = choices_in(fact for fact in best.values() if not fact.retracted) if differing else {}
    questions = []
    for key in differing:
        version, choice = best[key].version, choices.get(key)
        contents = _contents(fact for fact in known if fact.key == key and fact.version == version)
        if choice is not None and choice.decides(version, contents):
            best[key] = contents[choice.content]
        if choice is None or not choice.settles(version, contents):
            candidates = tuple(sorted(contents))
            questions.append(ask("same-version-differs", best[key], None, candidates, _described(contents)))
    return questions


def _contents(facts: Iterable[Fact]) -> dict[str, Fact]:
    """Of each content the first received."""
    found: dict[str, Fact] = {}
    for fact in facts:
        if fact.content not in found or fact.received_at < found[fact.content].received_at:
            found[fact.content] = fact
    return found


def _described(contents: Mapping[str, Fact]) -> str:
    """By when each was recorded and dated, and in which fields they differ: never a value."""
    facts = [contents[content] for content in sorted(contents)]
    said = [f"{fact.content} was recorded at {_instant(fact)} and is {_dated(fact)}" for fact in facts]
    names = sorted(
        {
            name
            for fact in facts
            for name in fact.data
            if any(fact.data[name] != other.data.get(name) for other in facts)
        }
    )
    return "; ".join([*said, *([f"they differ in {', '.join(names)}"] if names else [])])


def _instant(fact: Fact) -> str:
    return f"{datetime.fromtimestamp(fact.recorded_at // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _dated(fact: Fact) -> str:
    if fact.retracted:
        return "a retraction"
    return f"dated {fact.effective_on}" if fact.effective_on else "without a date"


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
