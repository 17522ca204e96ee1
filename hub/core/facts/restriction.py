"""Whether only named people may be told of a child (the national `S` flag): any word that stands says so, from any
source and whatever its date. It counts for all days as soon as it is known: alerts move to those who may see them, and
none opens anew."""

from collections.abc import Iterable

from hub.core.facts.fact import Fact, Key

RESTRICTED = "child.restricted"


def is_restricted(facts: Iterable[Fact]) -> bool:
    """Whether a source says so and has not taken it back."""
    best: dict[Key, Fact] = {}
    for fact in facts:
        if turns(fact) and (fact.key not in best or fact.rank > best[fact.key].rank):
            best[fact.key] = fact
    return any(not fact.retracted for fact in best.values())


def turns(fact: Fact) -> bool:
    """Whether it changes who is told, on past days too."""
    return fact.kind == RESTRICTED
