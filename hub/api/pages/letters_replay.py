"""Replaying dead letters: one, all of one cause, or all that are open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import func, select

from hub.api.access import Principal
from hub.api.access.ways import PAGES
from hub.api.messages import letters_of_feeds
from hub.api.pages import replaying, words
from hub.api.pages.jobs import Job, Kind
from hub.api.pages.letters import shown_cause
from hub.api.pages.messages import Reason
from hub.api.pages.site import PageRoute, Site, who_of
from hub.runtime.audit import Act
from hub.store.causes import cause
from hub.store.tables import dead_letters

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
        return await replaying.ask(site, request, LettersReplay(site, who_of(request), query))

    @router.post("/dead-letters/replay")
    async def begin(request: Request, query: Annotated[LettersAsked, Query()], reason: Reason = "") -> Response:
        return await replaying.begin(site, request, LettersReplay(site, who_of(request), query), reason)

    return router


@dataclass(frozen=True)
class LettersReplay:
    """See hub.api.pages.replaying.Replay."""

    KIND: ClassVar[Kind] = "letters"
    MOST: ClassVar[int] = 10_000
    TEMPLATE: ClassVar[str] = "letters-replay.html"
    WHY: ClassVar[str] = "Say in a sentence what was mended, or why they are replayed"
    WHICH: ClassVar[str] = "Choose which dead letters are meant"

    site: Site
    who: Principal
    query: LettersAsked

    @property
    def back(self) -> str:
        """See Replay."""
        letter, of_cause = quote(self.query.letter, safe=""), quote(self.query.cause, safe="")
        rest = f"/{letter}" if letter else f"/causes/{of_cause}" if of_cause else ""
        return f"{PAGES}/dead-letters{rest}"

    @property
    def shown(self) -> Mapping[str, Any]:
        """See Replay."""
        return {"query": self.query}

    def count(self) -> int:
        """See Replay."""
        with self.site.model.connection() as connection:
            return connection.scalar(select(func.count()).select_from(dead_letters).where(*self._where())) or 0

    def wanted(self) -> list[str]:
        """See Replay."""
        with self.site.model.connection() as connection:
            found = select(dead_letters.c.key).where(*self._where()).order_by(dead_letters.c.at)
            return list(connection.scalars(found.limit(self.MOST + 1)))

    def said(self, number: int) -> str:
        """See Replay."""
        said = words.count(number, "dead letter")
        if self.query.letter:
            return f"{said} with the id {self.query.letter}"
        if not self.query.cause:
            return f"{said}: all that are open"
        with self.site.model.connection() as connection:
            found = cause(connection, self.query.cause, self._of_feeds())
        if found is None:
            return said
        letter = shown_cause(found)["letter"]
        return f"{said} of {letter['stage']}: {letter['message']}"

    async def replay(self, job: Job, wanted: list[str], act: Act) -> None:
        """See Replay."""

        def tell(done: int) -> None:
            job.done = done

        report = await self.site.operations.replay_letters(wanted, act, tell, job.stopped)
        job.done = report.replayed
        job.came_back = report.came_back
        job.counts = {
            "fixed": len(report.fixed),
            "came back": len(report.came_back),
            "superseded by a later record": len(report.superseded),
            "not reached by their stage yet": len(report.waiting),
            "left": max(0, job.wanted - report.replayed),
        }

    def _where(self) -> list[Any]:
        column = dead_letters.c
        found: list[Any] = [column.status == "open", *self._of_feeds()]
        found += [column.key == self.query.letter] if self.query.letter else []
        return found + ([column.cause == self.query.cause] if self.query.cause else [])

    def _of_feeds(self) -> list[Any]:
        return letters_of_feeds(self.site.reading, self.who, "letter.replay")
