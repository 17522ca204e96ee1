"""How handlers read for whoever asks: within their scope, as their role is shown it, by page, and audited where it is
about one child."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
from anyio import from_thread
from fastapi import HTTPException, Request, Response
from sqlalchemy import ColumnElement, Connection

from hub.api.access import Grant, Permission, Principal, asking
from hub.api.access.auditing import Audited
from hub.api.access.scope import areas, slices
from hub.api.access.shown import Sight, sight
from hub.api.answers import answer, moved
from hub.api.cursors import Cursors
from hub.api.queries import Query
from hub.store import reach, reader
from hub.store.reader import Listing, Value
from hub.store.readmodel import ReadModel
from schemas.audit import Action
from schemas.sources import Sources

Where = Sequence[ColumnElement[bool]]
MISSING = "There is none with this id"
BY = "asked by"
"""Bound into a cursor beside the filters: a cursor is good for whoever it was given to."""


@dataclass(frozen=True)
class Reading:
    """What handlers read with. `sources` are the registered ones, none where they can't be read."""

    model: ReadModel
    cursors: Cursors
    audited: Audited
    sources: Sources

    def sources_of(self, who: Principal, permission: Permission) -> list[str] | None:
        """The feeds of the areas where somebody has a permission; None for every one."""
        where = areas(who, permission)
        return None if where is None else sorted(each.id for each in self.sources.sources if each.area in where)

    def asking_sources_of(self, who: Principal, permission: Permission) -> list[str] | None:
        """The same with those that serve these areas, whose people are asked about what is no child's yet. What was
        sent of children elsewhere is not theirs to see."""
        where = areas(who, permission)
        return None if where is None else sorted(each.id for each in self.sources.sources if each.areas & where)

    def in_all_areas_of(self, who: Principal, permission: Permission, source: str) -> bool:
        """Whether somebody has a permission in every area that a feed is of or serves."""
        where, found = areas(who, permission), self.sources.find(source)
        return where is None or (found is not None and found.areas <= where)

    def page(
        self,
        request: Request,
        what: Listing,
        query: Query,
        where: Where = (),
        show: Callable[[Connection, Sequence[str]], Iterable[str]] | None = None,
        **fixed: Value,
    ) -> Response:
        """A page of a listing, as JSON; `show` makes of bodies what is shown of them. Of which children it tells a
        person is audited first, unless it is of one child whose reading was."""
        who, filters = asking(request), query.filters | fixed
        sealed = query.asked | fixed | {BY: who.actor}
        after = None if query.cursor is None else self.cursors.read(what, sealed, query.cursor)
        with self.model.connection() as connection:
            page = reader.page(connection, what, filters, after, query.limit, named=who.restricted, where=where)
            bodies = page.bodies if show is None else show(connection, page.bodies)
            fresh = reader.freshness(connection)
        if who.kind == "person" and "child_id" not in fixed:
            self._note_children(who, what, page.bodies)
        following = None if page.last is None else self.cursors.write(what, sealed, page.last)
        content = f'{{"items":[{",".join(bodies)}],"next":{orjson.dumps(following).decode()}}}'
        return answer(request, content.encode(), fresh)

    def one(
        self, request: Request, what: Listing, key: str, where: Where = (), show: Callable[[str], str] = str
    ) -> Response:
        """One row by its key; 404 also for one that is not whoever asks' to see, and that is audited."""
        who = asking(request)
        with self.model.connection() as connection:
            body = reader.body(connection, what, key, named=who.restricted, where=where)
            there = body is not None or reader.body(connection, what, key) is not None
            fresh = reader.freshness(connection)
        if body is None:
            raise self.missing(who, key, there=there)
        return answer(request, show(body).encode(), fresh)

    def onward(self, request: Request, child_id: str, rest: str = "") -> Response | None:
        """Where a child that was merged into another is shown now; None for one that is there itself. Only to whoever
        may see where it went on."""
        with self.model.connection() as connection:
            surviving = reader.surviving(connection, child_id)
            fresh = reader.freshness(connection)
        if surviving is None:
            return None
        who = asking(request)
        if reach.whole_areas(slices(who, "record.read")) is not None:
            self.sight_of(who, "record.read", surviving, told=False)
        query = f"?{request.url.query}" if request.url.query else ""
        return moved(f"/children/{quote(surviving, safe='')}{rest}{query}", surviving, fresh)

    def sight_of(self, who: Principal, permission: Permission, child_id: str, *, told: bool = True) -> Sight:
        """What somebody is shown of a child; raises 404 (audited) where they do not reach it. `told`: that they look is
        audited too, where it is a person."""
        with self.model.connection() as connection:
            grants = reaching(connection, who, permission, child_id)
            there = bool(grants) or reader.body(connection, reader.CHILDREN, child_id) is not None
        if not grants:
            raise self.missing(who, child_id, there=there)
        if told and who.kind == "person":
            self.note(who, "child.read", (child_id,), "a child's record")
        return sight(grants)

    def require(self, who: Principal, permission: Permission, children: Iterable[str]) -> None:
        """Raises 404, audited, where one of the children (or where it went on) is not theirs to see: never a restricted
        one of whoever is not named."""
        for child_id in children:
            with self.model.connection() as connection:
                here = reader.surviving(connection, child_id) or child_id
                reached = reach.reaches(connection, here, slices(who, permission), named=who.restricted)
                there = reached or reader.body(connection, reader.CHILDREN, here) is not None
            if not reached:
                raise self.missing(who, child_id, there=there)

    def missing(self, who: Principal, key: str, *, there: bool) -> HTTPException:
        """The refusal to show what is not there for somebody; audited where it is there for others."""
        if there:
            self.note(who, "access.refused", (key,), "out of their scope")
        return HTTPException(404, MISSING)

    def _note_children(self, who: Principal, what: Listing, bodies: Iterable[str]) -> None:
        """Write down in one entry whose records are on a page."""
        children = {body["child_id"] for body in loaded(bodies) if body.get("child_id")}
        if children:
            self.note(who, "child.read", tuple(sorted(children)), f"a page of {what.table.name}")

    def note(self, who: Principal, action: Action, subjects: tuple[str, ...], why: str) -> None:
        """Write down, from a handler that runs in a thread; raises Unavailable."""
        from_thread.run(self.audited.act, who, action, subjects, why)


def reaching(connection: Connection, who: Principal, permission: Permission, child_id: str) -> tuple[Grant, ...]:
    """The grants by which somebody reaches a child. A restricted one is reached by whoever sees every area, to be told
    that it is: what stands there tells them no more."""
    return _reaching(connection, who, permission, [child_id])[child_id]


def _reaching(
    connection: Connection, who: Principal, permission: Permission, ids: Sequence[str]
) -> Mapping[str, tuple[Grant, ...]]:
    """The same of several children, in as many questions as there are grants, not children."""
    found = [
        (grant, reach.reached(connection, ids, [part], named=who.restricted or _is_everywhere(part)))
        for grant, part in zip(who.with_permission(permission), slices(who, permission), strict=True)
    ]
    return {each: tuple(grant for grant, reached in found if each in reached) for each in ids}


def _is_everywhere(part: reach.Slice) -> bool:
    return part.whole and part.areas is None


def sights(connection: Connection, who: Principal, permission: Permission, ids: Iterable[str]) -> Mapping[str, Sight]:
    """What somebody is shown of each of these children, whom they reach."""
    grants = who.with_permission(permission)
    if len({grant.role for grant in grants}) == 1 and len({(grant.services, grant.bodies) for grant in grants}) == 1:
        return dict.fromkeys(ids, sight(grants))
    found = _reaching(connection, who, permission, list(dict.fromkeys(ids)))
    return {each: sight(reaching) for each, reaching in found.items()}


def loaded(bodies: Iterable[str]) -> list[dict[str, Any]]:
    """Bodies as objects."""
    return [orjson.loads(body) for body in bodies]
