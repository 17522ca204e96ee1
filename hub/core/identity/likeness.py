"""Whom a link may be, by name: noted with both when the later of the two comes. It does not change as others come."""

from collections.abc import Iterable, Iterator
from typing import Final

from hub.core.identity.people import People
from hub.core.identity.store import Likeness, Link
from hub.core.identity.work import Work

MOST_ASKED: Final = 5
"""How many a record is said to be like: nobody answers more, and who is like many is told by a number alone."""

MOST_LIKE: Final = 20
"""How many may be like one record: more and it says nothing of which, as with twenty called `Baby`."""

_DIGITS = 4


def note(work: Work, link: Link) -> set[str]:
    """Note whom a link may be, now that it was placed; returns the links whose questions may be others now.

    Of each child the likeliest link, none of its own child. Whom it was like before it still is, until the score falls
    below what the policy asks about: that others have come who are more alike answers nothing.
    """
    people = work.people
    if people is None:
        return set()
    found = {one: _likeness(people, link, one, probability) for one, probability in _found(work, people, link)}
    changed = {one for one in {*found, *link.likely} if found.get(one) != link.likely.get(one)}
    for other in map(work.link, sorted(changed)):
        others = {one: likely for one, likely in other.likely.items() if one != link.id}
        other.likely = others | ({link.id: found[other.id]} if other.id in found else {})
        work.store.put_link(other)
    if changed:
        link.likely = found
        work.store.put_link(link)
    return changed


def _found(work: Work, people: People, link: Link) -> Iterator[tuple[str, float]]:
    least = work.policy.asked_from
    kept = {one: people.probability(link.id, one) for one in link.likely}
    yield from ((one, probability) for one, probability in kept.items() if probability >= least)
    seen = {link.child} if link.child is not None else set()
    seen |= {child for one in kept if (child := work.link(one).child) is not None}
    asked = len(kept)
    for candidate in people.likely(link.id, least):
        if asked >= MOST_ASKED:
            return
        other = work.link(candidate.person)
        child = other.child
        new = other.id not in kept and (child is None or child not in seen)
        if new and len(other.likely) < MOST_LIKE and not _share_a_number(link, other):
            seen |= set() if child is None else {child}
            asked += 1
            yield candidate.person, candidate.probability


def _share_a_number(one: Link, other: Link) -> bool:
    """Then the number is what is asked about."""
    return not (one.evidence.nhs | one.evidence.upns).isdisjoint(other.evidence.nhs | other.evidence.upns)


def _likeness(people: People, link: Link, other: str, probability: float) -> Likeness:
    parts = ((f"{part.field}: {part.level}", round(part.bits, 1)) for part in people.parts(link.id, other))
    return Likeness(round(probability, _DIGITS), tuple(parts))


def relearn(work: Work, links: Iterable[str]) -> None:
    """After a decision gave statements to other links: whom these are found by. Whom they may be is as it was noted."""
    if work.people is not None:
        for link in map(work.link, links):
            work.people.learn(link.id, () if link.gone or link.closed else link.persons)
