"""Timeliness by month and by service, with the age of open cases beside: charts, definitions, and all numbers."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from threading import Lock
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.concurrency import run_in_threadpool

from hub.api.access.scope import areas
from hub.api.access.ways import PAGES
from hub.api.measuring import require_area
from hub.api.pages import words
from hub.api.pages.charts import Point, lying, upright
from hub.api.pages.site import PageRoute, Site, who_of
from hub.api.problems import Unknown
from hub.core.days import months_after
from hub.core.measures.catalogue import BASES, COHORTS, MEASURES, OPEN_CASES, Measure
from hub.core.measures.figures import Figure, Report
from hub.core.measures.look import Look

MONTHS = 12
KEPT_SECONDS = 600.0
"""How long the months stay as they were worked out: a report goes through every child."""
AREAS_KEPT = 20
SHOWN: Mapping[str, Measure] = {each.id: each for each in MEASURES if each.kind != "count"}
FIRST = "plan-20w"


class MeasuresQuery(BaseModel):
    """Which measure, counted how, of which area."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    measure: Annotated[str, StringConstraints(max_length=50)] = FIRST
    cohort: Annotated[str, StringConstraints(max_length=20)] = ""
    basis: Annotated[str, StringConstraints(max_length=20)] = ""
    area: Annotated[str, StringConstraints(max_length=100)] = ""


class Months(NamedTuple):
    """Each month's report, the whole period's, and the days from which to which it goes."""

    each: tuple[tuple[date, Report], ...]
    whole: Report
    first: date
    last: date


class Reports:
    """Works the months out, and keeps them for a while. Threads may share it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = Lock()
        self._known: dict[tuple[str | None, date], tuple[float, Months]] = {}

    def of(self, area: str | None) -> Months:
        """The last months of an area; None is all of them."""
        today = self._site.today
        with self._lock:
            at, found = self._known.get((area, today), (0.0, None))
            if found is None or time.monotonic() - at > KEPT_SECONDS:
                found = self._made(area, today)
                while len(self._known) >= AREAS_KEPT:
                    del self._known[next(iter(self._known))]
                self._known[area, today] = (time.monotonic(), found)
            return found

    def _made(self, area: str | None, today: date) -> Months:
        this_month = today.replace(day=1)
        starts = [months_after(this_month, -back) for back in range(MONTHS - 1, -1, -1)]
        with self._site.model.connection() as connection:

            def report(first: date, last: date) -> Report:
                return self._site.measures.report(connection, Look(first, last, today, area))

            each = tuple((start, report(start, months_after(start, 1) - timedelta(days=1))) for start in starts)
            return Months(each, report(starts[0], today), starts[0], today)


def measures_pages(site: Site) -> APIRouter:
    """The page of measures."""
    router = APIRouter(prefix=PAGES, include_in_schema=False, route_class=PageRoute)
    reports = Reports(site)

    @router.get("/measures")
    async def measures(request: Request, query: Annotated[MeasuresQuery, Query()]) -> Response:
        chosen = SHOWN.get(query.measure)
        if chosen is None:
            raise HTTPException(404, "There is no such measure")
        mine = areas(who_of(request), "measures.read")
        area = _area(mine, query.area)
        try:
            await run_in_threadpool(require_area, site.reading, query.area or None, mine)
        except Unknown as unknown:
            return site.page(request, "no-area.html", {"title": unknown.title, "detail": unknown.detail}, 400)
        found = await run_in_threadpool(reports.of, area)
        return site.page(request, "measures.html", _page(chosen, query, found, area, mine))

    return router


def _area(mine: frozenset[str] | None, asked: str) -> str | None:
    """The area that is shown: the one asked for, else the first of theirs, else all."""
    if mine is None:
        return asked or None
    if asked and asked not in mine:
        raise HTTPException(404, "There is no such area among yours")
    if not mine:
        raise HTTPException(403, "Your role holds in no area")
    return asked or min(mine)


def _page(
    measure: Measure, query: MeasuresQuery, found: Months, area: str | None, mine: frozenset[str] | None
) -> dict[str, Any]:
    cohort = query.cohort if query.cohort in measure.cohorts else _first_cohort(measure)
    basis = query.basis if query.basis in measure.bases else measure.bases[0]
    by_month = [
        (f"{start:%b}" if start.month > 1 else f"{start:%b %y}", f"{start:%B %Y}", _one(report, measure, cohort, basis))
        for start, report in found.each
    ]
    services = [each for each in _figures(found.whole, measure.id, cohort, basis) if each.service is not None]
    ages = _figures(found.whole, OPEN_CASES.id, "open", "all")
    return {
        "measure": measure,
        "unit_said": "" if measure.unit == "percent" else measure.unit,
        "options": [(each.id, each.title) for each in SHOWN.values()],
        "cohort": cohort,
        "cohort_says": COHORTS[cohort],
        "cohorts": [(each, COHORTS[each].partition(":")[0].partition(";")[0]) for each in measure.cohorts],
        "basis": basis,
        "basis_says": BASES[basis] if len(measure.bases) > 1 else "",
        "bases": measure.bases,
        "area": area,
        "areas": sorted(mine or ()),
        "first": found.first,
        "last": found.last,
        "whole": _row(_one(found.whole, measure, cohort, basis), measure),
        "months": [(name, _row(figure, measure)) for _, name, figure in by_month],
        "by_month": upright([_point(label, figure, measure) for label, _, figure in by_month], measure.unit),
        "services": [(words.service(each.service), _row(each, measure)) for each in services],
        "by_service": lying([_point(words.service(each.service), each, measure) for each in services], measure.unit),
        "ages": [(_weeks(each.weeks), each.numerator or 0) for each in ages],
        "by_age": lying([_point(_weeks(each.weeks), each, OPEN_CASES) for each in ages], "cases"),
        "open_definition": OPEN_CASES.definition,
        "open_cases": sum(each.numerator or 0 for each in ages),
    }


def _first_cohort(measure: Measure) -> Any:
    """By the result where it is counted so: that is what is published."""
    return "outcome" if "outcome" in measure.cohorts else measure.cohorts[0]


def _figures(report: Report, measure: str, cohort: str, basis: str) -> Sequence[Figure]:
    figures: Iterable[Figure] = next(figures for each, figures in report.measures if each.id == measure)
    return [each for each in figures if (each.cohort, each.basis) == (cohort, basis)]


def _one(report: Report, measure: Measure, cohort: str, basis: str) -> Figure:
    return next(each for each in _figures(report, measure.id, cohort, basis) if each.service is None)


def _point(label: str, figure: Figure, measure: Measure) -> Point:
    value = figure.numerator if measure.kind == "count" else figure.value
    return Point(label, None if value is None else float(value), _said(figure, measure))


def _said(figure: Figure, measure: Measure) -> str:
    if measure.kind == "count":
        return f"{figure.numerator or 0:,}"
    if figure.value is None:
        return "none"
    return f"{figure.value}%" if measure.unit == "percent" else str(figure.value)


def _row(figure: Figure, measure: Measure) -> dict[str, Any]:
    """The numbers of one figure. A mean's numerator is in days, a percentile has none."""
    return {
        "value": "None" if figure.value is None else _said(figure, measure),
        "numerator": None if figure.numerator is None else f"{figure.numerator:,}",
        "denominator": "0" if figure.denominator is None else f"{figure.denominator:,}",
    }


def _weeks(band: str | None) -> str:
    return f"{(band or '').replace('-', ' to ').replace('+', ' and more')} weeks"
