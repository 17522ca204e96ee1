"""Who a link may be, by name: noted with both when the later of the two comes. It does not change as others come."""

from collections.abc import Iterable

from hub.core.identity.people import People
from hub.core.identity.store import Likeness, Link
from hub.core.identity.work import Work

_DIGITS = 4


def note(work: Work, link: Link) -> set[str]:
    """Find whom a link may be, now that more is known of it; returns the links whose questions may be others now."""
    if work.people is None:
        return set()
    work.people.learn(link.id, link.persons)
    found = {
        candidate.person: Likeness(round(candidate.probability, _DIGITS), _parts(work.people, link, candidate.person))
        for candidate in work.people.likely(link.id, work.policy.asked_from)
    }
    if found == link.likely:
        return set()
    changed = {link_id for link_id in {*found, *link.likely} if found.get(link_id) != link.likely.get(link_id)}
    for link_id in sorted(changed):
        other = work.link(link_id)
        others = {one: likely for one, likely in other.likely.items() if one != link.id}
        other.likely = others | ({link.id: found[link_id]} if link_id in found else {})
        work.store.put_link(other)
    link.likely = found
    work.store.put_link(link)
    return changed


def _parts(people: People, link: Link, other: str) -> tuple[tuple[str, float], ...]:
    return tuple((f"{part.field}: {part.level}", round(part.bits, 1)) for part in people.parts(link.id, other))


def relearn(work: Work, links: Iterable[str]) -> None:
    """After a decision gave statements to other links: whom these are found by. Whom they may be is as it was noted."""
    if work.people is not None:
        for link in map(work.link, links):
            work.people.learn(link.id, () if link.gone else link.persons)
