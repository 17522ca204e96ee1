"""Names on pages: fetched from identity's desk for this page and this person, of those whom they may know."""

from collections.abc import Iterable, Mapping

from hub.api.access.fields import SHOWN
from hub.api.access.permissions import Permission
from hub.api.access.principal import Principal
from hub.api.access.scope import slices
from hub.api.pages.site import Site
from hub.stages.errors import Unavailable
from hub.store.reach import Slice, reached
from schemas.looks import Initialled, Named

AT_ONCE = 200
"""Children that the desk is asked of at once."""

NAMES: Permission = "child.name"


def of_names(who: Principal) -> tuple[Slice, ...]:
    """Whom somebody may know without being asked why."""
    return slices(who, NAMES) if not SHOWN["name"].isdisjoint(who.roles) else ()


def nameable(site: Site, who: Principal, children: Iterable[str]) -> list[str]:
    """Of these children those whom somebody may know without being asked why."""
    scope = of_names(who)
    if not scope:
        return []
    with site.model.connection() as connection:
        return sorted(reached(connection, children, scope, named=who.restricted))


async def initials(site: Site, who: Principal, children: list[str], why: str) -> tuple[Mapping[str, Initialled], str]:
    """Initials and school year by child, and where nobody can be named now, why."""
    if not children:
        return {}, ""
    try:
        known = await site.desk.known(children[:AT_ONCE], who.actor, why, names=False)
    except Unavailable:
        return {}, "Initials and school years can't be shown just now: identity's desk does not answer."
    return {each.child_id: each for each in known.initialled}, ""


async def names(site: Site, who: Principal, children: list[str], why: str) -> Mapping[str, Named]:
    """Name, date of birth and NHS number by child; raises Unavailable."""
    found: dict[str, Named] = {}
    for start in range(0, len(children), AT_ONCE):
        known = await site.desk.known(children[start : start + AT_ONCE], who.actor, why, names=True)
        found |= {each.child_id: each for each in known.named}
    return found
