"""Replaying messages: as the list of them is asked, or one by its id."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Query, Request, Response
from pydantic import StringConstraints
from sqlalchemy import ColumnElement, Connection

from hub.api.access import Principal
from hub.api.access.ways import PAGES
from hub.api.messages import of_feeds, restricted_among
from hub.api.pages import replaying, words
from hub.api.pages.jobs import Job, Kind
from hub.api.pages.messages import MessagesQuery, Reason
from hub.api.pages.messages_story import STATES
from hub.api.pages.site import PageRoute, Site, who_of
from hub.runtime.audit import Act
from hub.store import messages
from hub.store.messages import RawPlace
from hub.store.reader import Value

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
        return await replaying.ask(site, request, MessagesReplay(site, who_of(request), query))

    @router.post("/messages/replay")
    async def begin(request: Request, query: Annotated[ReplayQuery, Query()], reason: Reason = "") -> Response:
        return await replaying.begin(site, request, MessagesReplay(site, who_of(request), query), reason)

    return router


@dataclass(frozen=True)
class MessagesReplay:
    """See hub.api.pages.replaying.Replay."""

    KIND: ClassVar[Kind] = "messages"
    MOST: ClassVar[int] = 100_000
    TEMPLATE: ClassVar[str] = "replay.html"
    WHY: ClassVar[str] = "Say in a sentence why they are replayed"
    WHICH: ClassVar[str] = "Choose which messages are meant"

    site: Site
    who: Principal
    query: ReplayQuery

    @property
    def back(self) -> str:
        """See Replay."""
        return f"{PAGES}/messages/{self.query.key}" if self.query.key else f"{PAGES}/messages?{self.query.address}"

    @property
    def shown(self) -> Mapping[str, Any]:
        """See Replay."""
        return {"query": self.query, "nothing_chosen": not self.query.fields}

    def count(self) -> int:
        """See Replay."""
        with self.site.model.connection() as connection:
            return messages.count_places(connection, *self._asked()) if self._is_any(connection) else 0

    def wanted(self) -> list[RawPlace]:
        """See Replay."""
        with self.site.model.connection() as connection:
            return messages.raw_places(connection, *self._asked()) if self._is_any(connection) else []

    def said(self, number: int) -> str:
        """See Replay."""
        return _said(self.query, number)

    async def replay(self, job: Job, wanted: list[RawPlace], act: Act) -> None:
        """See Replay."""

        def tell(done: int, gone: int) -> None:
            job.done, job.gone = done, gone

        report = await self.site.operations.replay_messages(wanted, act, tell, job.stopped)
        job.counts = {
            "read again": len(report.fixed),
            "given up again": len(report.came_back),
            "not reached by intake yet": len(report.waiting),
            "not kept any more": len(report.gone),
            "left, as it was stopped": len(report.left),
        }

    def _asked(self) -> _Asked:
        query = self.query
        keys, where = [query.key] if query.key else [], of_feeds(self.site.reading, self.who, "message.replay")
        return query.filters, query.state or None, query.child or None, keys, where

    def _is_any(self, connection: Connection) -> bool:
        """Whether something is chosen that may be: all at once is never meant, nor are those of a restricted child."""
        child = self.query.child
        return bool(self.query.fields) and not (child and restricted_among(connection, [child], self.who))


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
