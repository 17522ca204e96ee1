"""Replaying messages: first how many it would be, then a reason, then a job."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import StringConstraints
from sqlalchemy import ColumnElement, Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from hub.api.access import Principal
from hub.api.access.ways import PAGES
from hub.api.messages import of_feeds, restricted_among
from hub.api.pages import words
from hub.api.pages.jobs import Busy, Job
from hub.api.pages.messages import LEAST_REASON, MessagesQuery, Reason
from hub.api.pages.messages_story import STATES
from hub.api.pages.site import PageRoute, Site, who_of
from hub.runtime.audit import Act
from hub.store import messages
from hub.store.messages import RawPlace
from hub.store.reader import Value

MOST = 100_000
"""Messages of one job."""

_Asked = tuple[dict[str, Value], str | None, str | None, list[str], list[ColumnElement[bool]]]
"""As the read model is asked for messages."""


class ReplayQuery(MessagesQuery):
    """Which messages: as the list is asked, or one by its id."""

    key: Annotated[str, StringConstraints(max_length=200, pattern=r"^[\x21-\x7e]*$")] = ""

    @property
    def fields(self) -> dict[str, str]:
        """What the form carries on."""
        return {**self.chosen, **({"key": self.key} if self.key else {})}


def message_replay_pages(site: Site) -> APIRouter:
    """Asking how many, and beginning."""
    router = APIRouter(prefix=PAGES, include_in_schema=False, route_class=PageRoute)

    @router.get("/messages/replay")
    async def ask(request: Request, query: Annotated[ReplayQuery, Query()]) -> Response:
        return await _ask(site, request, query)

    @router.post("/messages/replay")
    async def begin(request: Request, query: Annotated[ReplayQuery, Query()], reason: Reason = "") -> Response:
        who, said = who_of(request), reason.strip()
        if len(said) < LEAST_REASON:
            return await _ask(site, request, query, "Say in a sentence why they are replayed")
        wanted = await run_in_threadpool(_wanted, site, who, query)
        if not query.fields or not 0 < len(wanted) <= MOST:
            return await _ask(site, request, query, "Choose which messages are meant")
        act = Act(who.actor, said)

        async def work(job: Job) -> None:
            await _replay(site, job, wanted, act)

        try:
            job = await site.jobs.begin(who, "messages", _said(query, len(wanted)), said, len(wanted), work)
        except Busy as busy:
            return RedirectResponse(f"{PAGES}/jobs/{busy.id}?busy=1", 303)
        return RedirectResponse(f"{PAGES}/jobs/{job.id}", 303)

    return router


async def _ask(site: Site, request: Request, query: ReplayQuery, wrong: str = "") -> Response:
    who = who_of(request)
    number = await run_in_threadpool(_count, site, who, query) if query.fields else 0
    shown: dict[str, Any] = {
        "number": number,
        "most": MOST,
        "too_many": number > MOST,
        "nothing_chosen": not query.fields,
        "said": _said(query, number),
        "query": query,
        "back": f"{PAGES}/messages/{query.key}" if query.key else f"{PAGES}/messages?{query.address}",
        "at_work": site.jobs.at_work,
        "wrong": wrong,
    }
    return site.page(request, "replay.html", shown, 422 if wrong else 200)


def _count(site: Site, who: Principal, query: ReplayQuery) -> int:
    with site.model.connection() as connection:
        if _is_hidden(connection, who, query):
            return 0
        return messages.count_places(connection, *_asked(site, who, query))


def _wanted(site: Site, who: Principal, query: ReplayQuery) -> list[RawPlace]:
    with site.model.connection() as connection:
        if _is_hidden(connection, who, query):
            return []
        return messages.raw_places(connection, *_asked(site, who, query))


def _asked(site: Site, who: Principal, query: ReplayQuery) -> _Asked:
    keys, where = [query.key] if query.key else [], of_feeds(site.reading, who, "message.replay")
    return query.filters, query.state or None, query.child or None, keys, where


def _is_hidden(connection: Connection, who: Principal, query: ReplayQuery) -> bool:
    return bool(query.child) and bool(restricted_among(connection, [query.child], who))


async def _replay(site: Site, job: Job, wanted: list[RawPlace], act: Act) -> None:
    def tell(done: int, gone: int) -> None:
        job.done, job.gone = done, gone

    report = await site.operations.replay_messages(wanted, act, tell, job.stopped)
    job.counts = {
        "read again": len(report.fixed),
        "given up again": len(report.came_back),
        "not reached by intake yet": len(report.waiting),
        "not kept any more": len(report.gone),
        "left, as it was stopped": len(report.left),
    }


def _said(query: ReplayQuery, number: int) -> str:
    """Which messages are meant, in words."""
    said = [words.count(number, "message")]
    said += [f"with the id {query.key}"] if query.key else []
    said += [f"from {query.source}"] if query.source else []
    said += [f"of the type {words.TYPES.get(query.type, query.type)}"] if query.type else []
    said += [f"of the state “{STATES[query.state]}”"] if query.state else []
    said += [f"about the child {query.child}"] if query.child else []
    said += [f"received since {_moment(query.since)}"] if query.since else []
    said += [f"received before {_moment(query.until)}"] if query.until else []
    return " ".join(said)


def _moment(said: str) -> str:
    day, _, at = said.partition("T")
    return f"{words.short_day(day)}, {at}" if at else words.short_day(day)
