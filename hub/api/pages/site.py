"""What every page is made with: the read model, who asks, the clock, the look; and how refusals are answered."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import structlog
from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from hub.api.access import Principal, asking
from hub.api.access.access import Access
from hub.api.access.auditing import Audited
from hub.api.cursors import Cursors
from hub.api.identities import Identities
from hub.api.operating import Operations
from hub.api.pages.jobs import Jobs
from hub.api.pages.look import PagesLook
from hub.api.pages.navigation import entries_for
from hub.api.problems import BadCursor
from hub.api.reading import Reading
from hub.api.reviewing import Looking, Send
from hub.platform.clock import Clock, today
from hub.platform.logs import place_of
from hub.stages.errors import Unavailable
from hub.store import SchemaMismatch, reader
from hub.store.outcomes import Measures
from hub.store.readmodel import ReadModel, instants
from schemas.instants import london_day


@dataclass(frozen=True)
class Site:
    """Everything that a page asks."""

    reading: Reading
    looking: Looking
    access: Access
    clock: Clock
    send: Send
    operations: Operations
    jobs: Jobs
    look: PagesLook = field(default_factory=PagesLook)
    measures: Measures = field(default_factory=Measures)

    @property
    def model(self) -> ReadModel:
        """The read model."""
        return self.reading.model

    @property
    def cursors(self) -> Cursors:
        """Where a next page begins."""
        return self.reading.cursors

    @property
    def audited(self) -> Audited:
        """Where looks are written down."""
        return self.reading.audited

    @property
    def desk(self) -> Identities:
        """Identity's desk; raises Unavailable where nobody can be named here."""
        return self.looking.desk

    @property
    def today(self) -> date:
        """The day that everything is seen from."""
        return today(self.clock)

    def page(self, request: Request, template: str, shown: Mapping[str, Any], status: int = 200) -> Response:
        """A page of the frame. It may hold what only this person may see, so nobody keeps it."""
        who = asking(request)
        return self.look.page(
            template,
            {
                "entries": entries_for(who),
                "here": request.url.path,
                "roles": sorted(who.roles),
                "csrf": self.access.sessions.token(who) if who.how == "session" else "",
                "today": self.today,
                **shown,
            },
            status,
        )

    def as_of(self, connection: Any) -> str:
        """The day of the newest record that is shown, in words; empty while there is none."""
        known = instants(reader.freshness(connection))
        return self.look.day(london_day(max(known.values()))) if known else ""

    async def missing(self, request: Request, what: str) -> HTTPException:
        """The refusal to show something that is not there for whoever asks, once that is in the audit."""
        await self.audited.act(asking(request), "access.refused", (what,), "a page of somebody out of their scope")
        return HTTPException(404, "There is none with this id, or it is not yours to see")


def who_of(request: Request) -> Principal:
    """Who asks."""
    return asking(request)


class PageRoute(APIRoute):
    """Answers what goes wrong with a page in words."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, within."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            look = PagesLook()
            try:
                return await handle(request)
            except HTTPException as error:
                return look.refused(error.status_code, error.detail, None)
            except (RequestValidationError, BadCursor):
                return look.refused(422, "The address has something in it that does not fit", _AGAIN)
            except (Unavailable, SchemaMismatch) as error:
                answer = look.refused(503, "What this page needs is away just now", str(error))
                answer.headers["Retry-After"] = "5"
                return answer
            except Exception as error:
                # No address, no message and no values: any of them may hold what should not be kept.
                at = place_of(error)
                structlog.get_logger().error("a page failed", page=self.path, error=type(error).__name__, at=at)
                return look.refused(500, "Something went wrong in the hub", "It is in the log of this process.")

        return handled


_AGAIN = "Begin again from the navigation. If you followed a link that you had kept, it may be of an earlier version."
