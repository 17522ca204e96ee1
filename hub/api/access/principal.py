"""Who asks: a person or a system by an opaque id, and what it was granted."""

from typing import Annotated, Literal, get_args

from pydantic import Field
from starlette.requests import HTTPConnection

from hub.api.access.permissions import MAY, OF_PERSONS, OF_SYSTEMS, Permission, Role
from schemas.base import Model

ANY = "*"
"""Stands for every area, or every service, where it is granted in so many words."""

Kind = Literal["person", "system"]
How = Literal["token", "bearer", "session"]
"""A token whose hash is in the settings, a signed token of the provider's, or a signed-in browser."""

ROLES: tuple[Role, ...] = get_args(Role)
Code = Annotated[str, Field(min_length=1, max_length=100)]


class Grant(Model):
    """One role, and where it holds. `areas` are DfE codes, `services` those of advice, `bodies` ODS codes.

    An empty set is nowhere, `*` everywhere. `bodies` narrows what a service or an officer sees to what those bodies
    were asked; empty, it does not.
    """

    role: Role
    areas: frozenset[Code] = frozenset()
    services: frozenset[Code] = frozenset()
    bodies: frozenset[Code] = frozenset()

    def holds_in(self, area: str | None) -> bool:
        """Whether it holds in an area; what has none is seen by whoever sees every area."""
        return ANY in self.areas or area in self.areas


class Principal(Model):
    """Who asks, by an opaque id, as known by now. `restricted`: is named for restricted children.

    `session` is the id of the browser's session, where there is one.
    """

    actor: str
    kind: Kind
    how: How
    grants: tuple[Grant, ...]
    restricted: bool = False
    session: str | None = None

    @property
    def roles(self) -> frozenset[Role]:
        """Every role, wherever it holds."""
        return frozenset(grant.role for grant in self.grants)

    @property
    def areas(self) -> frozenset[str]:
        """The areas of all grants together; `*` is every one."""
        return frozenset().union(*(grant.areas for grant in self.grants))

    @property
    def services(self) -> frozenset[str]:
        """The services of all grants together."""
        return frozenset().union(*(grant.services for grant in self.grants))

    @property
    def bodies(self) -> frozenset[str]:
        """The bodies of all grants together."""
        return frozenset().union(*(grant.bodies for grant in self.grants))

    def may(self, permission: Permission) -> bool:
        """Whether one of the roles may; some things no system may, and some no person, whatever their role."""
        if permission in (OF_SYSTEMS if self.kind == "person" else OF_PERSONS):
            return False
        return not MAY[permission].isdisjoint(self.roles)

    def with_permission(self, permission: Permission) -> tuple[Grant, ...]:
        """The grants by which it may: where it may is theirs to say."""
        if not self.may(permission):
            return ()
        return tuple(grant for grant in self.grants if grant.role in MAY[permission])


def asking(request: HTTPConnection) -> Principal:
    """Who asks, as the gate found; a dependency for handlers. Only open paths have nobody: there it raises."""
    found = request.scope.get("state", {}).get("principal")
    if not isinstance(found, Principal):
        raise RuntimeError("nobody asks: the path is open, or is served without the gate")
    return found
