"""All pages together: the start, the files that they use, live updates, and each page's own."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, StreamingResponse

from hub.api.access.ways import PAGES
from hub.api.pages.changes import changes_pages
from hub.api.pages.child import child_pages
from hub.api.pages.decisions import decisions_pages
from hub.api.pages.find import find_pages
from hub.api.pages.jobs_pages import jobs_pages
from hub.api.pages.letters import letters_pages
from hub.api.pages.letters_replay import letter_replay_pages
from hub.api.pages.look import FILES, file_content
from hub.api.pages.measures import measures_pages
from hub.api.pages.messages import messages_pages
from hub.api.pages.messages_replay import message_replay_pages
from hub.api.pages.navigation import entries_for
from hub.api.pages.questions import questions_pages
from hub.api.pages.site import PageRoute, Site, who_of
from hub.api.pages.sources import sources_pages
from hub.api.pages.worklist import worklist_pages
from hub.stages.errors import Unavailable
from hub.store import SchemaMismatch, reader

LOOK_SECONDS = 5.0
"""How often it is looked whether there is anything newer."""
LOOKS = 120
"""After so many the answer ends; the browser asks again by itself."""
STREAMS = 200
"""Pages that are told of news at once, by one process; further ones are told to ask later."""
STREAMS_EACH = 10
"""Of these for one person: more windows than anybody reads at once."""


class _Streams:
    """Who is told of news now."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def is_full(self, actor: str) -> bool:
        """Whether there is none left, for anybody or for this one."""
        return self._open.total() >= STREAMS or self._open[actor] >= STREAMS_EACH

    @contextmanager
    def held(self, actor: str) -> Iterator[None]:
        """One is theirs for a while."""
        self._open[actor] += 1
        try:
            yield
        finally:
            self._open[actor] -= 1
            if not self._open[actor]:
                del self._open[actor]


def pages_of(site: Site) -> APIRouter:
    """The router of every page."""
    router = APIRouter(prefix=PAGES, include_in_schema=False, route_class=PageRoute)
    streams = _Streams()

    @router.get("")
    async def start(request: Request) -> Response:
        entries = entries_for(who_of(request))
        if not entries:
            raise HTTPException(403, "None of your roles has a page here")
        return RedirectResponse(entries[0].path, 303)

    @router.get("/files/{name}")
    async def file(name: str) -> Response:
        if name not in FILES:
            raise HTTPException(404, "There is none of this name")
        kept = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(file_content(name), headers=kept, media_type=FILES[name])

    @router.get("/fresh")
    async def fresh(request: Request, after: Annotated[int, Query(ge=0, le=2**53)] = 0) -> Response:
        actor = who_of(request).actor
        if streams.is_full(actor):
            return Response(status_code=503, headers={"Retry-After": "60"})
        return StreamingResponse(_news(site, after, streams, actor), media_type="text/event-stream")

    whole = APIRouter(include_in_schema=False)
    made = (
        worklist_pages,
        changes_pages,
        child_pages,
        find_pages,
        questions_pages,
        decisions_pages,
        measures_pages,
        message_replay_pages,
        messages_pages,
        letter_replay_pages,
        letters_pages,
        jobs_pages,
        sources_pages,
    )
    for each in (router, *(pages(site) for pages in made)):
        whole.include_router(each)
    return whole


async def _news(site: Site, after: int, streams: _Streams, actor: str) -> AsyncIterator[bytes]:
    """Says once that there is something newer, and then nothing more."""
    if streams.is_full(actor):  # many were let in at the same moment
        yield b"retry: 60000\n\n"
        return
    with streams.held(actor):
        yield b"retry: 15000\n\n"
        for _ in range(LOOKS):
            if await run_in_threadpool(_newest, site) > after:
                yield b"event: fresh\ndata: newer\n\n"
                return
            await asyncio.sleep(LOOK_SECONDS)
            yield b": still here\n\n"


def _newest(site: Site) -> int:
    try:
        with site.model.connection() as connection:
            return max(reader.freshness(connection).values(), default=0)
    except (Unavailable, SchemaMismatch):
        return 0
