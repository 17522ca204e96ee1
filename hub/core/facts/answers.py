"""People's answers about cases and data, as facts: which content stands, what a statement is about, what was looked at.

An answer is about the facts of one source person, so it goes with them to another child and comes back with them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hub.core.facts.data import text_in
from hub.core.facts.fact import Fact, Key
from schemas.decisions import PEOPLE

PLACED, ACKNOWLEDGED, CHOSEN = "statement.placed", "question.acknowledged", "version.chosen"


class Choice(NamedTuple):
    """Of the contents of one version the one that stands, and those that were seen when it was chosen."""

    version: int
    content: str
    among: frozenset[str]

    def settles(self, version: int, contents: Iterable[str]) -> bool:
        """Whether there is nothing more to ask about a version that came with these contents."""
        return self.decides(version, contents) and self.among.issuperset(contents)

    def decides(self, version: int, contents: Iterable[str]) -> bool:
        """Whether it says which of these contents stands."""
        return version == self.version and self.content in contents


def is_answer(fact: Fact) -> bool:
    """Whether it is a person's own word."""
    return fact.source == PEOPLE


def choices_in(facts: Iterable[Fact]) -> dict[Key, Choice]:
    """What people chose, by statement; the last word about one stands."""
    found = {}
    for fact in _of(CHOSEN, facts):
        key, version = _key(fact.data), fact.data.get("version")
        content, among = text_in(fact.data, "content"), fact.data.get("among")
        if key is not None and isinstance(version, int) and content is not None and isinstance(among, list | tuple):
            found[key] = Choice(version, content, frozenset(among))
    return found


def places_in(facts: Iterable[Fact]) -> dict[Key, dict[str, str]]:
    """Our subjects that people said statements are about, by statement; the last word about one stands."""
    found: dict[Key, dict[str, str]] = {}
    for fact in _of(PLACED, facts):
        key, to = _key(fact.data), fact.data.get("to")
        if key is not None and isinstance(to, dict):
            found[key] = found.get(key, {}) | {name: ours for name, ours in to.items() if isinstance(ours, str)}
    return found


def acknowledged_in(facts: Iterable[Fact]) -> frozenset[str]:
    """The digests of what people looked into and are not asked again."""
    return frozenset(doubt for fact in _of(ACKNOWLEDGED, facts) if (doubt := text_in(fact.data, "doubt")) is not None)


def _of(kind: str, facts: Iterable[Fact]) -> list[Fact]:
    answers = [fact for fact in facts if fact.kind == kind and is_answer(fact)]
    return sorted(answers, key=lambda fact: (fact.recorded_at, fact.content))


def _key(data: Mapping[str, Any]) -> Key | None:
    of = data.get("of")
    if not isinstance(of, dict):
        return None
    source, record, kind = (text_in(of, name) for name in ("source", "record", "kind"))
    if source is None or record is None or kind is None:
        return None
    return source, record, kind, text_in(of, "occurrence") or ""
