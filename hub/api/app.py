"""The HTTP API: reads the read model by page, and shows no dead letter's bytes. Who may decide looks and decides."""

from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

import orjson
from fastapi import FastAPI, HTTPException, Path, Request, Response
from fastapi import Query as InQuery
from sqlalchemy import Connection, Engine

from hub.api import problems
from hub.api.access import asking
from hub.api.access.access import Access, access_of
from hub.api.access.auditing import Audited, Note
from hub.api.access.forms import OwnForms
from hub.api.access.gate import Known, Permitted
from hub.api.access.headers import Hardened
from hub.api.access.looks import Look as PageLook
from hub.api.access.signing import signing
from hub.api.access.ways import Ways
from hub.api.answers import answer, moved
from hub.api.bodies import Limited
from hub.api.changes import changing
from hub.api.cursors import Cursors
from hub.api.identities import Identities
from hub.api.pages.look import PagesLook
from hub.api.pages.router import pages_of
from hub.api.pages.site import Site, asked_here
from hub.api.queries import (
    AlertQuery,
    ChildQuery,
    DeadLetterQuery,
    DeadlineQuery,
    MeasureQuery,
    Query,
    ReviewQuery,
)
from hub.api.reviewing import Send, add_reviewing
from hub.api.settings import ApiSettings
from hub.api.shapes import MeasureReport
from hub.api.usage import Measured
from hub.core.measures.look import Look
from hub.platform.clock import clock_from, today
from hub.runtime import audit, decision_log
from hub.store import reader
from hub.store.outcomes import Measures
from hub.store.reader import Listing, Value
from hub.store.readmodel import ReadModel, instants
from schemas.alerts import Alert
from schemas.api import Page, Problem, ReadModelHealth
from schemas.deadletters import TrackedLetter
from schemas.deadlines import Deadline
from schemas.records import ChildRecord, Withheld
from schemas.reviews import ReviewTask

Key = Annotated[str, Path(max_length=200, pattern=r"^[\x21-\x7e]+$")]


def create_app(
    settings: ApiSettings,
    engine: Engine,
    identities: Identities | None = None,
    send: Send | None = None,
    access: Access | None = None,
    note: Note | None = None,
    look: PageLook | None = None,
) -> FastAPI:
    """The application on a read-only engine. All else is, unless given, that of the settings."""
    model = ReadModel(engine)
    app = FastAPI(
        title="SEND integration hub: read API",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses={401: {"model": Problem}, 422: {"model": Problem}, 503: {"model": Problem}},
    )
    problems.install(app)
    clock = clock_from(settings.clock_file)
    access, look = access or access_of(settings, clock), look or PagesLook()
    audited = Audited(note or partial(audit.write_or_refuse, settings), clock)
    app.add_middleware(OwnForms, sessions=access.sessions)
    app.add_middleware(Permitted, access=access, look=look)
    app.add_middleware(Limited)
    app.add_middleware(Known, access=access, ways=Ways())
    app.add_middleware(Hardened)
    app.add_middleware(Measured)
    app.include_router(signing(access, audited, look))
    _add_health(app, model)
    _add_listings(app, model, Cursors(access.cursor_key))
    _add_measures(app, model, settings)
    app.include_router(changing(model, access.cursor_key))
    desk, send = identities or settings.desk(), send or partial(decision_log.send, settings)
    add_reviewing(app, model, desk, send, settings.clock_file)
    app.include_router(pages_of(Site(model, asked_here(desk), access, audited, clock, send)))
    return app


def _add_health(app: FastAPI, model: ReadModel) -> None:
    @app.get("/live", include_in_schema=False)
    def live() -> dict[str, bool]:
        return {"live": True}

    @app.get("/ready", include_in_schema=False)
    def ready() -> Response:
        well = model.problem() is None
        return Response(orjson.dumps({"ready": well}), 200 if well else 503, media_type="application/json")

    @app.get("/health", response_model=ReadModelHealth, summary="Whether the read model can be read, and how fresh")
    def health() -> Response:
        problem = model.problem()
        if problem is None:
            with model.connection() as connection:
                known = instants(reader.freshness(connection))
            found = ReadModelHealth(ready=True, problems={}, data_as_of=known)
        else:
            found = ReadModelHealth(ready=False, problems={"read model": problem}, data_as_of={})
        return Response(found.model_dump_json(), 200 if found.ready else 503, media_type="application/json")


def _add_listings(app: FastAPI, model: ReadModel, cursors: Cursors) -> None:
    def is_named(request: Request) -> bool:
        return asking(request).restricted

    def listing(request: Request, what: Listing, query: Query, **fixed: Value) -> Response:
        filters = query.filters | fixed
        after = None if query.cursor is None else cursors.read(what, filters, query.cursor)
        with model.connection() as connection:
            page = reader.page(connection, what, filters, after, query.limit, named=is_named(request))
            fresh = reader.freshness(connection)
        following = None if page.last is None else cursors.write(what, filters, page.last)
        content = f'{{"items":[{",".join(page.bodies)}],"next":{orjson.dumps(following).decode()}}}'
        return answer(request, content.encode(), fresh)

    def onward(request: Request, child_id: str, rest: str = "") -> Response | None:
        """Where a child that was merged into another is shown now; None for one that is there itself."""
        with model.connection() as connection:
            surviving = reader.surviving(connection, child_id)
            fresh = reader.freshness(connection)
        if surviving is None:
            return None
        query = f"?{request.url.query}" if request.url.query else ""
        return moved(f"/children/{quote(surviving, safe='')}{rest}{query}", surviving, fresh)

    def one(request: Request, what: Listing, key: str) -> Response:
        with model.connection() as connection:
            found = _found(connection, what, key, named=is_named(request))
            fresh = reader.freshness(connection)
        return answer(request, found.encode(), fresh)

    missing: dict[int | str, dict[str, Any]] = {404: {"model": Problem}}
    turned: dict[int | str, dict[str, Any]] = missing | {308: {"description": "Merged into another child"}}

    @app.get("/children", response_model=Page[ChildRecord | Withheld], summary="Reconciled records")
    def children(request: Request, query: Annotated[ChildQuery, InQuery()]) -> Response:
        return listing(request, reader.CHILDREN, query)

    @app.get("/children/{child_id}", response_model=ChildRecord | Withheld, responses=turned, summary="One record")
    def child(request: Request, child_id: Key) -> Response:
        return onward(request, child_id) or one(request, reader.CHILDREN, child_id)

    @app.get(
        "/children/{child_id}/deadlines",
        response_model=Page[Deadline],
        responses=turned,
        summary="A child's deadlines",
    )
    def child_deadlines(request: Request, child_id: Key, query: Annotated[DeadlineQuery, InQuery()]) -> Response:
        if (elsewhere := onward(request, child_id, "/deadlines")) is not None:
            return elsewhere
        with model.connection() as connection:
            _found(connection, reader.CHILDREN, child_id)
        return listing(request, reader.DEADLINES, query, child_id=child_id)

    @app.get("/deadlines", response_model=Page[Deadline], summary="Deadlines, soonest due first")
    def deadlines(request: Request, query: Annotated[DeadlineQuery, InQuery()]) -> Response:
        return listing(request, reader.DEADLINES, query)

    @app.get("/alerts", response_model=Page[Alert], summary="Alerts, newest first")
    def alerts(request: Request, query: Annotated[AlertQuery, InQuery()]) -> Response:
        return listing(request, reader.ALERTS, query)

    @app.get("/reviews", response_model=Page[ReviewTask], summary="Questions for people, newest first")
    def reviews(request: Request, query: Annotated[ReviewQuery, InQuery()]) -> Response:
        return listing(request, reader.REVIEWS, query)

    @app.get("/reviews/{task_id}", response_model=ReviewTask, responses=missing, summary="One question")
    def review(request: Request, task_id: Key) -> Response:
        return one(request, reader.REVIEWS, task_id)

    @app.get("/dead-letters", response_model=Page[TrackedLetter], summary="What was given up and why, newest first")
    def dead_letters(request: Request, query: Annotated[DeadLetterQuery, InQuery()]) -> Response:
        return listing(request, reader.DEAD_LETTERS, query)

    @app.get("/dead-letters/{letter_id}", response_model=TrackedLetter, responses=missing, summary="One of them")
    def dead_letter(request: Request, letter_id: Key) -> Response:
        return one(request, reader.DEAD_LETTERS, letter_id)


def _add_measures(app: FastAPI, model: ReadModel, settings: ApiSettings) -> None:
    known, clock = Measures(), clock_from(settings.clock_file)

    @app.get("/measures", response_model=MeasureReport, summary="The measures of timeliness for a period")
    def measures(request: Request, query: Annotated[MeasureQuery, InQuery()]) -> Response:
        look = Look(query.from_on, query.to_on, query.as_of or today(clock), query.area)
        with model.connection() as connection:
            report = known.report(connection, look)
            fresh = reader.freshness(connection)
        return answer(request, orjson.dumps(report.to_json()), fresh)


def _found(connection: Connection, what: Listing, key: str, *, named: bool = True) -> str:
    body = reader.body(connection, what, key, named=named)
    if body is None:
        raise HTTPException(404, "There is none with this id")
    return body
