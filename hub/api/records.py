"""Children, their limits and alerts, and a child's timeline: within scope, as each role is shown it; also as sheets."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from sqlalchemy import Connection

from hub.api.access import Permission, Principal, asking, shown
from hub.api.access.scope import slices
from hub.api.access.shown import Sight
from hub.api.answers import answer
from hub.api.problems import Invalid
from hub.api.queries import AlertFilters, AlertQuery, ChildFilters, ChildQuery, DeadlineFilters, DeadlineQuery, Filters
from hub.api.reading import Reading, Where, sights
from hub.api.shapes import Timeline
from hub.api.sheet import ALERT, CHILD, DEADLINE, MEDIA_TYPE, MOST_ROWS, sheet
from hub.api.timeline import timeline
from hub.store import reader
from hub.store.reach import alerts_within, children_within, deadlines_within
from hub.store.reader import Listing
from schemas.alerts import Alert
from schemas.api import Page, Problem
from schemas.deadlines import Deadline
from schemas.records import ChildRecord, Withheld

Key = Annotated[str, Path(max_length=200, pattern=r"^[\x21-\x7e]+$")]
READ: Permission = "record.read"
MISSING: dict[int | str, dict[str, Any]] = {404: {"model": Problem}}
TURNED: dict[int | str, dict[str, Any]] = MISSING | {308: {"description": "Merged into another child"}}
SHEET: dict[int | str, dict[str, Any]] = {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}}


def records(reading: Reading) -> APIRouter:
    """The paths of children, deadlines and alerts."""
    router = APIRouter()
    _add_lists(router, reading)
    _add_child(router, reading)
    _add_sheets(router, reading)
    return router


def _add_lists(router: APIRouter, reading: Reading) -> None:
    @router.get("/children", response_model=Page[ChildRecord | Withheld], summary="Reconciled records")
    def children(request: Request, query: Annotated[ChildQuery, Query()]) -> Response:
        who = asking(request)
        show = partial(shown_records, who)
        return reading.page(request, reader.CHILDREN, query, children_within(slices(who, READ)), show)

    @router.get("/deadlines", response_model=Page[Deadline], summary="Deadlines, soonest due first")
    def deadlines(request: Request, query: Annotated[DeadlineQuery, Query()]) -> Response:
        who = asking(request)
        show = partial(shown_deadlines, who)
        return reading.page(request, reader.DEADLINES, query, deadlines_within(slices(who, READ)), show)

    @router.get("/alerts", response_model=Page[Alert], summary="Alerts, newest first")
    def alerts(request: Request, query: Annotated[AlertQuery, Query()]) -> Response:
        return reading.page(request, reader.ALERTS, query, alerts_within(slices(asking(request), READ)))


def _add_child(router: APIRouter, reading: Reading) -> None:
    @router.get("/children/{child_id}", response_model=ChildRecord | Withheld, responses=TURNED, summary="One record")
    def child(request: Request, child_id: Key) -> Response:
        if (elsewhere := reading.onward(request, child_id)) is not None:
            return elsewhere
        seen = reading.sight_of(asking(request), READ, child_id)
        return reading.one(request, reader.CHILDREN, child_id, show=partial(shown.record, seen=seen))

    @router.get(
        "/children/{child_id}/deadlines",
        response_model=Page[Deadline],
        responses=TURNED,
        summary="A child's deadlines",
    )
    def child_deadlines(request: Request, child_id: Key, query: Annotated[DeadlineQuery, Query()]) -> Response:
        if (elsewhere := reading.onward(request, child_id, "/deadlines")) is not None:
            return elsewhere
        who = asking(request)
        reading.sight_of(who, READ, child_id)
        where, show = deadlines_within(slices(who, READ)), partial(shown_deadlines, who)
        return reading.page(request, reader.DEADLINES, query, where, show, child_id=child_id)

    @router.get(
        "/children/{child_id}/timeline",
        response_model=Timeline | Withheld,
        responses=TURNED,
        summary="A child's facts and clocks in order, in words",
    )
    def child_timeline(request: Request, child_id: Key) -> Response:
        if (elsewhere := reading.onward(request, child_id, "/timeline")) is not None:
            return elsewhere
        who = asking(request)
        seen = reading.sight_of(who, READ, child_id)
        with reading.model.connection() as connection:
            found = timeline_of(connection, who, child_id, seen)
            fresh = reader.freshness(connection)
        if found is None:
            raise HTTPException(404, "There is none with this id")
        return answer(request, found.model_dump_json().encode(), fresh)


def _add_sheets(router: APIRouter, reading: Reading) -> None:
    def rows(request: Request, what: Listing, filters: Filters, where: Where, columns: Sequence[str]) -> Response:
        who, name = asking(request), what.table.name
        with reading.model.connection() as connection:
            found = reader.page(connection, what, filters.filters, None, MOST_ROWS, named=who.restricted, where=where)
            bodies = list(_SHOW[name](who, connection, found.bodies))
        if found.last is not None:
            raise Invalid([("area", f"a sheet has {MOST_ROWS} rows at most: ask for less at once")])
        reading.note(who, "list.export", (), f"{len(bodies)} {name} as a sheet")
        return sheet(name, columns, map(orjson.loads, bodies))

    def within(request: Request) -> Any:
        return slices(asking(request), "record.sheet")

    @router.get("/children.csv", responses=SHEET, response_class=Response, summary="The same as a sheet; audited")
    def children(request: Request, query: Annotated[ChildFilters, Query()]) -> Response:
        return rows(request, reader.CHILDREN, query, children_within(within(request)), CHILD)

    @router.get("/deadlines.csv", responses=SHEET, response_class=Response, summary="The same as a sheet; audited")
    def deadlines(request: Request, query: Annotated[DeadlineFilters, Query()]) -> Response:
        return rows(request, reader.DEADLINES, query, deadlines_within(within(request)), DEADLINE)

    @router.get("/alerts.csv", responses=SHEET, response_class=Response, summary="The same as a sheet; audited")
    def alerts(request: Request, query: Annotated[AlertFilters, Query()]) -> Response:
        return rows(request, reader.ALERTS, query, alerts_within(within(request)), ALERT)


def shown_records(who: Principal, connection: Connection, bodies: Iterable[str]) -> list[str]:
    """Records as they are shown to somebody."""
    kept = list(bodies)
    if _sees_all(who):
        return kept
    ids = [orjson.loads(body)["child_id"] for body in kept]
    seen = sights(connection, who, READ, ids)
    return [shown.record(body, seen[child]) for child, body in zip(ids, kept, strict=True)]


def shown_deadlines(who: Principal, connection: Connection, bodies: Iterable[str]) -> list[str]:
    """Limits as they are shown to somebody."""
    kept = list(bodies)
    if _sees_all(who):
        return kept
    ids = [orjson.loads(body)["child_id"] for body in kept]
    seen = sights(connection, who, READ, ids)
    return [shown.deadline(body, seen[child]) for child, body in zip(ids, kept, strict=True)]


def timeline_of(connection: Connection, who: Principal, child_id: str, seen: Sight) -> Timeline | Withheld | None:
    """A child's timeline as somebody is shown it; None where there is no such child."""
    body = reader.body(connection, reader.CHILDREN, child_id, named=who.restricted)
    if body is None:
        return None
    record = orjson.loads(shown.record(body, seen))
    if "cases" not in record:
        return Withheld(child_id=child_id)
    where = deadlines_within(slices(who, READ))
    limits: list[Any] = []
    after = None
    while True:
        page = reader.page(
            connection, reader.DEADLINES, {"child_id": child_id}, after, 500, named=who.restricted, where=where
        )
        limits += [orjson.loads(shown.deadline(each, seen)) for each in page.bodies]
        after = page.last
        if after is None:
            return timeline(child_id, record, limits)


def _sees_all(who: Principal) -> bool:
    """Whether each of the roles is shown whole records: then nothing has to be looked at."""
    return all(shown.sight([grant]).whole for grant in who.with_permission(READ))


def _as_they_are(_who: Principal, _connection: Connection, bodies: Sequence[str]) -> Iterable[str]:
    return bodies


_SHOW: dict[str, Callable[[Principal, Connection, Sequence[str]], Iterable[str]]] = {
    "children": shown_records,
    "deadlines": shown_deadlines,
    "alerts": _as_they_are,
}
