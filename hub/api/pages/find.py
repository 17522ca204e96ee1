"""Finding a child by name, date of birth, NHS number or reference: nothing of it in an address, at most ten answers."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, NamedTuple

import orjson
from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from hub.api.access.principal import Principal
from hub.api.access.scope import slices
from hub.api.access.ways import PAGES
from hub.api.pages.names import names
from hub.api.pages.site import PageRoute, Site, who_of
from hub.core.identity.numbers import nhs_number
from hub.store import reader, worklist
from hub.store.reach import reached
from schemas.looks import Sought

MOST = 10
"""Children that are shown."""
LOOKED_THROUGH = 200
"""Of all that fit anywhere: with so many it can't be told whether those whom one may see are among them."""
FIRST_YEAR = 1900
"""Two digits are no year."""

LEAST_NAME = 2

Typed = Annotated[str, Form(max_length=200)]


class _Found(NamedTuple):
    """Who fits and is within reach. `cut`: the desk told of the first so many alone, and whom one may see may be among
    the others."""

    children: list[str]
    cut: bool


class _Read(NamedTuple):
    """What was typed, and what is wrong with it by field, in the order of the form."""

    typed: Mapping[str, str]
    sought: Sought
    wrong: Mapping[str, str]


def find_pages(site: Site) -> APIRouter:
    """The form and its answer."""
    router = APIRouter(prefix=PAGES, include_in_schema=False, route_class=PageRoute)

    @router.get("/find")
    async def form(request: Request) -> Response:
        return site.page(request, "find.html", _shown({}))

    @router.post("/find")
    async def find(
        request: Request,
        name: Typed = "",
        day: Typed = "",
        month: Typed = "",
        year: Typed = "",
        number: Typed = "",
        reference: Typed = "",
    ) -> Response:
        typed = {"name": name, "day": day, "month": month, "year": year, "number": number, "reference": reference}
        read = _read_form({key: value.strip() for key, value in typed.items()})
        if read.wrong:
            return site.page(request, "find.html", _shown(read.typed) | {"wrong": read.wrong}, 422)
        found = await _find(site, who_of(request), read.sought)
        shown = _shown(read.typed) | {"is_answer": True, "too_many": found.cut or len(found.children) > MOST}
        if found.children and not shown["too_many"]:
            shown["children"] = await _children(site, who_of(request), found.children)
        return site.page(request, "find.html", shown)

    return router


def _shown(typed: Mapping[str, str]) -> dict[str, Any]:
    blank = dict.fromkeys(("name", "day", "month", "year", "number", "reference"), "")
    nothing = {"wrong": {}, "is_answer": False, "too_many": False, "children": ()}
    return {"typed": {**blank, **typed}, "most": MOST, **nothing}


def _read_form(typed: dict[str, str]) -> _Read:
    wrong: dict[str, str] = {}
    born = None
    if typed["name"] and sum(letter.isalpha() for letter in typed["name"]) < LEAST_NAME:
        wrong["name"] = "Enter at least two letters of a name"
    if not any(typed.values()):
        wrong["name"] = "Enter a name, a date of birth, an NHS number or a reference"
    if any(typed[part] for part in ("day", "month", "year")):
        try:
            born = date(int(typed["year"]), int(typed["month"]), int(typed["day"]))
        except (ValueError, OverflowError):
            wrong["day"] = "Enter a real date of birth, such as 27 3 2016"
        else:
            if born.year < FIRST_YEAR:
                wrong["day"] = "Enter the year of birth with four digits, such as 2016"
    number = typed["number"]
    if number and nhs_number(number) is None:
        wrong["number"] = "This is no NHS number: ten digits, of which the last one checks the others"
    sought = Sought(
        name=typed["name"] or None,
        birth_date=born,
        nhs_number=(number or None) if "number" not in wrong else None,
        reference=typed["reference"][:100] or None,
    )
    return _Read(typed, sought, wrong)


async def _find(site: Site, who: Principal, sought: Sought) -> _Found:
    """Those who fit and are within reach. A council's case number is in the read model, all else at the desk."""
    desk, others = site.desk, sought.model_copy(update={"reference": None})
    found: set[str] | None = None
    told = 0
    if sought.reference is not None:
        by_reference = Sought(reference=sought.reference)
        known = await desk.find(by_reference, who.actor, "find a child by reference", LOOKED_THROUGH)
        cases = await run_in_threadpool(_of_case, site, sought.reference)
        told = max(len(known.children), len(cases))
        found = {*known.children, *cases}
    if others != Sought():
        by = ", ".join(field.replace("_", " ") for field, value in others if value is not None)
        known = await desk.find(others, who.actor, f"find a child by {by}", LOOKED_THROUGH)
        told = max(told, len(known.children))
        found = set(known.children) if found is None else found & set(known.children)
    return _Found(await run_in_threadpool(_within, site, who, found or set()), told >= LOOKED_THROUGH)


def _of_case(site: Site, reference: str) -> list[str]:
    with site.model.connection() as connection:
        pages = [
            reader.page(connection, reader.CHILDREN, {"case_reference": spelt}, None, LOOKED_THROUGH)
            for spelt in {reference, reference.upper()}
        ]
    return [orjson.loads(body)["child_id"] for page in pages for body in page.bodies]


def _within(site: Site, who: Principal, found: set[str]) -> list[str]:
    with site.model.connection() as connection:
        here = {reader.surviving(connection, each) or each for each in found}
        return sorted(reached(connection, here, slices(who, "child.find"), named=who.restricted))


async def _children(site: Site, who: Principal, found: list[str]) -> list[dict[str, Any]]:
    known = await names(site, who, found, "found a child")
    references = await run_in_threadpool(_references, site, found)
    shown = [
        {"child_id": each, "case_reference": references.get(each), "named": known[each]}
        for each in found
        if each in known
    ]
    return sorted(shown, key=lambda each: (str(each["named"].family), str(each["named"].given), each["child_id"]))


def _references(site: Site, children: list[str]) -> dict[str, str | None]:
    with site.model.connection() as connection:
        return _case_references(connection, children)


def _case_references(connection: Connection, children: list[str]) -> dict[str, str | None]:
    records = worklist.records(connection, children)
    return {key: orjson.loads(body).get("case_reference") for key, body in records.items()}
