"""Where somebody may what they may: their grants as slices of the read model."""

from hub.api.access.fields import ALERTS, PLAN, TRIBUNAL, parts
from hub.api.access.permissions import Permission, Role
from hub.api.access.principal import ANY, Grant, Principal
from hub.store.reach import HEALTH_ROLES, Slice

WHOLE: frozenset[Role] = frozenset({"coordinator", "head-of-send", "viewer", "engineer"})
"""The roles that reach whole records: all of an area. The others reach what their bodies or services were asked."""

EVERYWHERE = (Slice(areas=None, whole=True),)


def slices(who: Principal, permission: Permission) -> tuple[Slice, ...]:
    """What somebody reaches by the roles that have a permission; nothing, where none has it."""
    return tuple(_slice(grant) for grant in who.with_permission(permission))


def areas(who: Principal, permission: Permission) -> frozenset[str] | None:
    """The areas in which somebody has a permission; None for every one."""
    found = frozenset(area for grant in who.with_permission(permission) for area in grant.areas)
    return None if ANY in found else found


def _slice(grant: Grant) -> Slice:
    areas, shown = _limits(grant.areas), parts([grant.role])
    clocks = (() if "tribunal" in shown else TRIBUNAL) + (() if "plan" in shown else PLAN)
    hidden = Slice(
        areas=areas,
        clocks=frozenset(clocks),
        headings=frozenset() if "social-care" in shown else frozenset({"social-care"}),
        thresholds=frozenset(threshold for threshold, part in ALERTS.items() if part not in shown),
    )
    if grant.role in WHOLE:
        return hidden._replace(whole=True)
    bodies = grant.bodies or None
    if grant.role == "designated-officer":
        audiences = frozenset({"designated-officer", "service:*"})
        return hidden._replace(roles=frozenset(HEALTH_ROLES), bodies=bodies, audiences=audiences)
    if grant.role == "service":
        services = _limits(grant.services)
        audiences = frozenset(f"service:{name}" for name in services or ("*",))
        return hidden._replace(services=services, bodies=bodies, audiences=audiences if grant.services else frozenset())
    return Slice()


def _limits(granted: frozenset[str]) -> frozenset[str] | None:
    return None if ANY in granted else granted
