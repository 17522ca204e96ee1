"""The measures of timeliness over HTTP, of the areas of whoever asks; also as a sheet."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response

from hub.api.access import asking
from hub.api.access.scope import areas
from hub.api.answers import answer
from hub.api.queries import MeasureQuery
from hub.api.reading import Reading
from hub.api.records import SHEET
from hub.api.shapes import MeasureReport
from hub.api.sheet import FIGURE, sheet
from hub.core.measures.look import Look
from hub.store import reader
from hub.store.outcomes import Measures

ONE_AREA = "Your role sees the measures of some areas: say of which with `area`"


def measuring(reading: Reading, today: Callable[[], date]) -> APIRouter:
    """The paths of measures."""
    router, known = APIRouter(), Measures()

    def reported(request: Request, query: MeasureQuery) -> tuple[dict[str, Any], dict[str, int]]:
        look = Look(query.from_on, query.to_on, query.as_of or today(), area_of(request, query.area))
        with reading.model.connection() as connection:
            return known.report(connection, look).to_json(), reader.freshness(connection)

    @router.get("/measures", response_model=MeasureReport, summary="The measures of timeliness for a period")
    def measures(request: Request, query: Annotated[MeasureQuery, Query()]) -> Response:
        report, fresh = reported(request, query)
        return answer(request, orjson.dumps(report), fresh)

    @router.get("/measures.csv", responses=SHEET, response_class=Response, summary="The same as a sheet")
    def as_sheet(request: Request, query: Annotated[MeasureQuery, Query()]) -> Response:
        report, _ = reported(request, query)
        rows = [
            {**figure, **{name: measure[name] for name in ("id", "title", "kind", "unit")}}
            for measure in report["measures"]
            for figure in measure["figures"]
        ]
        return sheet("measures", FIGURE, rows)

    return router


def area_of(request: Request, asked: str | None) -> str | None:
    """The area that is reported on; None for all. Raises 403 where it is not one of theirs."""
    where = areas(asking(request), "measures.read")
    if where is None or asked in where:
        return asked
    if asked is None and len(where) == 1:
        return next(iter(where))
    raise HTTPException(403, ONE_AREA)
