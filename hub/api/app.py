"""The HTTP API: reads the read model by page, and shows no dead letter's bytes. Who may decide looks and decides."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import structlog
from fastapi import FastAPI
from sqlalchemy import Engine

from hub.api import problems
from hub.api.access.access import Access, access_of
from hub.api.access.auditing import Audited, Note
from hub.api.access.forms import OwnForms
from hub.api.access.gate import Known, Permitted
from hub.api.access.headers import Hardened
from hub.api.access.looks import Look as PageLook
from hub.api.access.signing import signing
from hub.api.access.ways import Ways
from hub.api.bodies import Limited
from hub.api.changes import changing
from hub.api.cursors import Cursors
from hub.api.description import describe
from hub.api.desk_bytes import RemoteBytes
from hub.api.health import health
from hub.api.identities import Identities
from hub.api.measuring import measuring
from hub.api.operating import Deployment, Operations
from hub.api.operations import operations
from hub.api.pages.jobs import Jobs
from hub.api.pages.look import PagesLook
from hub.api.pages.router import pages_of
from hub.api.pages.site import Site
from hub.api.questions import questions
from hub.api.reading import Reading
from hub.api.records import records
from hub.api.remote_desk import RemoteDesk
from hub.api.reviewing import Looking, Send, reviewing
from hub.api.settings import ApiSettings
from hub.api.usage import Measured
from hub.platform.clock import clock_from, today
from hub.runtime import audit, decision_log
from hub.store.readmodel import ReadModel
from schemas.api import Problem
from schemas.sources import Sources


def create_app(
    settings: ApiSettings,
    engine: Engine,
    identities: Identities | None = None,
    send: Send | None = None,
    access: Access | None = None,
    note: Note | None = None,
    look: PageLook | None = None,
    doing: Operations | None = None,
) -> FastAPI:
    """The application on a read-only engine. All else is, unless given, that of the settings."""
    model = ReadModel(engine)
    writer = audit.Writer(settings)

    @asynccontextmanager
    async def serving(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await writer.close()

    app = FastAPI(
        lifespan=serving,
        title="SEND integration hub",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses={401: {"model": Problem}, 422: {"model": Problem}, 503: {"model": Problem}},
    )
    problems.install(app)
    describe(app)
    clock = clock_from(settings.clock_file)
    access, look = access or access_of(settings, clock), look or PagesLook()
    audited = Audited(note or writer.note, clock)
    app.add_middleware(OwnForms, sessions=access.sessions)
    app.add_middleware(Permitted, access=access, look=look)
    app.add_middleware(Limited)
    app.add_middleware(Known, access=access, ways=Ways())
    app.add_middleware(Hardened)
    app.add_middleware(Measured)
    app.add_middleware(problems.Unexpected)
    app.include_router(signing(access, audited, look))
    reading = Reading(model, Cursors(access.cursor_key), audited, _sources(settings))
    for router in (
        health(model),
        records(reading),
        questions(reading),
        operations(reading),
        measuring(reading, partial(today, clock)),
    ):
        app.include_router(router)
    app.include_router(changing(model, access.cursor_key))
    desk, send = identities or settings.desk(), send or partial(decision_log.send, settings)
    app.include_router(reviewing(reading, desk, send, clock))
    doing = doing or Deployment(settings, clock, RemoteBytes(desk) if isinstance(desk, RemoteDesk) else None)
    site = Site(reading, Looking(reading, desk), access, clock, send, doing, Jobs(audited, clock))
    app.include_router(pages_of(site))
    return app


def _sources(settings: ApiSettings) -> Sources:
    """The registered sources; none where they can't be read: then whoever sees some areas only sees no feed's."""
    try:
        return settings.sources
    except (OSError, ValueError):
        structlog.get_logger().warning("the sources can't be read", file=str(settings.sources_file))
        return Sources()
