"""Links that people said are two people: no rule joins them, and nobody is asked about the two again."""

from collections.abc import Iterable

from hub.core.identity import decisions
from hub.core.identity.store import Link
from hub.core.identity.work import Work

Pair = tuple[str, str]


def set_apart(work: Work, pairs: Iterable[Pair], *, apart: bool) -> None:
    """From now on these are two people each, or (`apart` false) may be one again."""
    for one, other in pairs:
        for link_id, from_id in ((one, other), (other, one)):
            link = work.link(link_id)
            others = set(link.apart) - {from_id}
            link.apart = sorted(others | {from_id} if apart else others)
            work.store.put_link(link)


def are_apart(work: Work, link: Link, child_id: str) -> bool:
    """Whether a link was said to be nobody of a child."""
    return any(member.id in link.apart for member in work.members(child_id)) if link.apart else False


def record(work: Work, link_id: str, child_id: str, why: str) -> None:
    """Write down for good who is somebody else; where the link stands does not change by it."""
    link = work.link(link_id)
    standing = "assigned" if link.child is not None else "released"
    decisions.record(work, link, link.child or child_id, standing, "person", why)
