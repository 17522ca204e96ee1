"""Source persons whom a person said to be none of ours: they wait as before, and nobody is asked whose they are.

It is said of all whom one source describes alike: a system that names nobody has a link for each of its messages.
"""

import orjson

from hub.core.identity.store import Link, plain
from hub.core.identity.work import Work
from schemas.ids import keyed_digest


def is_aside(work: Work, link: Link) -> bool:
    """Whether somebody whom its source describes like this was set aside."""
    return work.store.is_aside(description(work, link))


def put(work: Work, link: Link, described: str, *, aside: bool) -> set[str]:
    """Set aside whom the link's source describes so, or let them back in; returns the links whose questions may be
    others now."""
    work.store.put_aside(described, aside=aside)
    alike = (one for one in work.neighbours(link) if description(work, one) == described)
    return {link.id, *(one.id for one in alike)}


def let_back(work: Work, link: Link) -> set[str]:
    """Ask again about whom the source describes like this; returns the links that changed, with this one."""
    described = description(work, link)
    return put(work, link, described, aside=False) if work.store.is_aside(described) else {link.id}


def description(work: Work, link: Link) -> str:
    """Stands for what is known of who it is. Without a number two people may be described alike: then of this link."""
    numbered = link.evidence.nhs or link.evidence.upns
    known = orjson.dumps(plain(link.evidence), option=orjson.OPT_SORT_KEYS).decode()
    return keyed_digest(work.key, "aside", link.source, "" if numbered else link.id, known)
