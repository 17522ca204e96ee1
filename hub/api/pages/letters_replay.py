"""Replaying dead letters: one, all of one cause, or all that are open; and resolving all of one cause."""

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from hub.api.access import Principal
from hub.api.access.ways import PAGES
from hub.api.messages import letters_of_feeds
from hub.api.pages import words
from hub.api.pages.jobs import Busy, Job
from hub.api.pages.letters import shown_cause
from hub.api.pages.messages import LEAST_REASON, Reason
from hub.api.pages.site import PageRoute, Site, who_of
from hub.runtime.audit import Act
from hub.store.causes import cause
from hub.store.tables import dead_letters

MOST = 10_000
"""Letters of one job."""
Id = Annotated[str, StringConstraints(max_length=200, pattern=r"^[\x21-\x7e]*$")]


class LettersAsked(BaseModel):
    """One letter, those of one cause that are open, or all that are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    letter: Id = ""
    cause: Id = ""

    @property
    def address(self) -> str:
        """The same again."""
        return urlencode({name: value for name, value in self if value})


def letter_replay_pages(site: Site) -> APIRouter:
    """Asking how many, and beginning."""
    router = APIRouter(prefix=PAGES, include_in_schema=False, route_class=PageRoute)

    @router.get("/dead-letters/replay")
    async def ask(request: Request, query: Annotated[LettersAsked, Query()]) -> Response:
        return await _ask(site, request, query)

    @router.post("/dead-letters/replay")
    async def begin(request: Request, query: Annotated[LettersAsked, Query()], reason: Reason = "") -> Response:
        who, said = who_of(request), reason.strip()
        if len(said) < LEAST_REASON:
            return await _ask(site, request, query, "Say in a sentence what was mended, or why they are replayed")
        wanted = await run_in_threadpool(_wanted, site, who, query)
        if not 0 < len(wanted) <= MOST:
            return await _ask(site, request, query, "Choose which dead letters are meant")
        act = Act(who.actor, said)

        async def work(job: Job) -> None:
            await _replay(site, job, wanted, act)

        what = await run_in_threadpool(_said, site, who, query, len(wanted))
        try:
            job = await site.jobs.begin(who, "letters", what, said, len(wanted), work)
        except Busy as busy:
            return RedirectResponse(f"{PAGES}/jobs/{busy.id}?busy=1", 303)
        return RedirectResponse(f"{PAGES}/jobs/{job.id}", 303)

    return router


async def _ask(site: Site, request: Request, query: LettersAsked, wrong: str = "") -> Response:
    who = who_of(request)
    number = await run_in_threadpool(_count, site, who, query)
    shown: dict[str, Any] = {
        "number": number,
        "most": MOST,
        "too_many": number > MOST,
        "said": await run_in_threadpool(_said, site, who, query, number),
        "query": query,
        "back": _back(query),
        "at_work": site.jobs.at_work,
        "wrong": wrong,
    }
    return site.page(request, "letters-replay.html", shown, 422 if wrong else 200)


def _back(query: LettersAsked) -> str:
    if query.letter:
        return f"{PAGES}/dead-letters/{quote(query.letter, safe='')}"
    return f"{PAGES}/dead-letters/causes/{quote(query.cause, safe='')}" if query.cause else f"{PAGES}/dead-letters"


def _where(site: Site, who: Principal, query: LettersAsked) -> list[Any]:
    column = dead_letters.c
    found: list[Any] = [column.status == "open", *letters_of_feeds(site.reading, who, "letter.replay")]
    found += [column.key == query.letter] if query.letter else []
    return found + ([column.cause == query.cause] if query.cause else [])


def _count(site: Site, who: Principal, query: LettersAsked) -> int:
    with site.model.connection() as connection:
        wanted = select(func.count()).select_from(dead_letters).where(*_where(site, who, query))
        return connection.scalar(wanted) or 0


def _wanted(site: Site, who: Principal, query: LettersAsked) -> list[str]:
    with site.model.connection() as connection:
        wanted = select(dead_letters.c.key).where(*_where(site, who, query)).order_by(dead_letters.c.at)
        return list(connection.scalars(wanted.limit(MOST + 1)))


def _said(site: Site, who: Principal, query: LettersAsked, number: int) -> str:
    said = words.count(number, "dead letter")
    if query.letter:
        return f"{said} with the id {query.letter}"
    if not query.cause:
        return f"{said}: all that are open"
    with site.model.connection() as connection:
        found = cause(connection, query.cause, letters_of_feeds(site.reading, who, "letter.replay"))
    if found is None:
        return said
    letter = shown_cause(found)["letter"]
    return f"{said} of {letter['stage']}: {letter['message']}"


async def _replay(site: Site, job: Job, wanted: list[str], act: Act) -> None:
    def tell(done: int) -> None:
        job.done = done

    report = await site.operations.replay_letters(wanted, act, tell, job.stopped)
    job.done = report.replayed
    job.came_back = report.came_back
    job.counts = {
        "fixed": len(report.fixed),
        "came back": len(report.came_back),
        "superseded by a later record": len(report.superseded),
        "not reached by their stage yet": len(report.waiting),
        "left": max(0, job.wanted - report.replayed),
    }
