"""Whose a fact is: identity's decisions about links say which facts a child may count, and since when they are known.

The first decision about a link is like any other fact: what the link said counts from then on. A move comes out as if
it had always been so: all that the link said counts for the child it has come to, on past days too, and for the child
it was taken from on none. So nothing happens anew by a move, and undoing it gives back to the letter what was.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from hub.core.facts.fact import Fact
from schemas.instants import london_day

ASSIGNED, RELEASED = "link.assigned", "link.released"
FIRST = 1
"""The number of a link's first decision."""


class Belonging(NamedTuple):
    """The facts that count, each with the day on which it is known; and the decisions that let them count.

    `moving`: links whose facts wait for the decision that brings them here.
    """

    counted: list[tuple[date, Fact]]
    decisions: list[Fact]
    moving: tuple[str, ...]


def belonging(facts: Iterable[Fact]) -> Belonging:
    """Of all facts told to a child those it may count: a link's only while the highest decision seen for it brought it
    here."""
    others, best = [], dict[str, Fact]()
    for fact in facts:
        if fact.link is not None and fact.kind in (ASSIGNED, RELEASED):
            known = best.get(fact.link)
            if known is None or _rank(fact) > _rank(known):
                best[fact.link] = fact
        else:
            others.append(fact)
    standing = {link: decision for link, decision in best.items() if decision.kind == ASSIGNED}
    since = {link: known_from(decision) for link, decision in standing.items()}
    counted, moving = [], set()
    for fact in others:
        if fact.link is None:
            counted.append((fact.received_on, fact))
            continue
        decision = best.get(fact.link)
        seq = (decision.seq or 0) if decision is not None else 0
        if fact.link in standing and fact.seq == seq:
            counted.append((max(fact.received_on, since[fact.link]), fact))
        elif decision is None or (fact.seq or 0) > seq:
            moving.add(fact.link)
    return Belonging(counted, list(standing.values()), tuple(sorted(moving)))


def is_move(fact: Fact) -> bool:
    """Whether it changes what counted on past days too."""
    if fact.link is None:
        return False
    return fact.kind == RELEASED or (fact.kind == ASSIGNED and (fact.seq or 0) > FIRST)


def is_told(fact: Fact) -> bool:
    """Whether it is a move of what people were told of before, under ids that are gone."""
    return fact.kind == ASSIGNED and fact.data.get("told") is True


def known_from(decision: Fact) -> date:
    """The day from which a link's facts are known: when it was first given to any child."""
    if not is_move(decision):
        return decision.received_on
    try:
        return london_day(datetime.fromisoformat(decision.data["since"]))
    except (KeyError, TypeError, ValueError):
        return date.min


def _rank(decision: Fact) -> tuple[int, bool, int]:
    """At one number a release wins: better no facts for a moment than another child's. Of repeats the first one."""
    return (decision.seq or 0, decision.kind == RELEASED, -decision.received_at)
