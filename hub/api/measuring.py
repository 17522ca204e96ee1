"""The measures of timeliness over HTTP, of the areas of whoever asks; also as a sheet."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from sqlalchemy import exists, or_, select

from hub.api.access import asking
from hub.api.access.scope import areas
from hub.api.answers import answer
from hub.api.problems import Unknown
from hub.api.queries import MeasureQuery
from hub.api.reading import Reading
from hub.api.records import SHEET
from hub.api.shapes import MeasureReport
from hub.api.sheet import FIGURE, sheet
from hub.core.measures.look import Look
from hub.store import reader
from hub.store.outcomes import Measures
from hub.store.tables import children, deadlines
from schemas.api import Problem

ONE_AREA = "Your role sees the measures of some areas: say of which with `area`"
NO_AREA: dict[int | str, dict[str, Any]] = {400: {"model": Problem}}


def measuring(reading: Reading, today: Callable[[], date]) -> APIRouter:
    """The paths of measures."""
    router, known = APIRouter(), Measures()

    def reported(request: Request, query: MeasureQuery) -> tuple[dict[str, Any], dict[str, int]]:
        look = Look(query.from_on, query.to_on, query.as_of or today(), area_of(reading, request, query.area))
        with reading.model.connection() as connection:
            return known.report(connection, look).to_json(), reader.freshness(connection)

    @router.get(
        "/measures",
        response_model=MeasureReport,
        responses=NO_AREA,
        summary="The measures of timeliness for a period",
    )
    def measures(request: Request, query: Annotated[MeasureQuery, Query()]) -> Response:
        report, fresh = reported(request, query)
        return answer(request, orjson.dumps(report), fresh)

    @router.get("/measures.csv", responses=SHEET | NO_AREA, response_class=Response, summary="The same as a sheet")
    def as_sheet(request: Request, query: Annotated[MeasureQuery, Query()]) -> Response:
        report, _ = reported(request, query)
        rows = [
            {**figure, **{name: measure[name] for name in ("id", "title", "kind", "unit")}}
            for measure in report["measures"]
            for figure in measure["figures"]
        ]
        return sheet("measures", FIGURE, rows)

    return router


def area_of(reading: Reading, request: Request, asked: str | None) -> str | None:
    """The area that is reported on; None for all. Raises 403 where it is not one of theirs, Unknown where it is
    nobody's."""
    where = areas(asking(request), "measures.read")
    if where is None or asked in where:
        require_area(reading, asked, where)
        return asked
    if asked is None and len(where) == 1:
        return next(iter(where))
    raise HTTPException(403, ONE_AREA)


def require_area(reading: Reading, asked: str | None, where: frozenset[str] | None) -> None:
    """Raises Unknown where no feed and no child is of the area: its report would be of nobody, which reads like all is
    well. `where` are the areas of whoever asks, None for every one: no other is told."""
    fed = {each.area for each in reading.sources.sources if each.area is not None}
    if asked is None or asked in fed or _has_child(reading, asked):
        return
    own = sorted(fed if where is None else fed & where)
    there = f"Ask for one that is known: {', '.join(own)}." if own else "No area that you may ask for is known yet."
    raise Unknown("No feed and no child is of this area", there)


def _has_child(reading: Reading, area: str) -> bool:
    with reading.model.connection() as connection:
        # A child that moved on leaves its limits in the area that it came from.
        found = or_(exists().where(children.c.area == area), exists().where(deadlines.c.area == area))
        return bool(connection.scalar(select(found)))
