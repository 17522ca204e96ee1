"""The desk's own small HTTP interface, for this deployment's API and commands alone. Everything is in bodies: no id, no
name, ever stands in a URL, and nothing may be kept on the way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import Body, FastAPI, HTTPException, Response
from pydantic import BaseModel

from hub.api import problems
from hub.api.auth import BearerGate
from hub.api.bodies import Limited
from hub.api.desk_bytes import RawBytes, showing
from hub.api.identities import Identities
from hub.stages.errors import Unavailable
from schemas.base import Model
from schemas.looks import ChildLook, ChildrenLook, FindLook, KnownLook, TaskLook
from schemas.statements import Text

NO_STORE = {"Cache-Control": "no-store"}


class DecisionAsked(Model):
    """Of which decision the outcome is asked."""

    decision: Text


def create_desk(
    identities: Identities,
    token_hashes: tuple[str, ...],
    raw: RawBytes | None = None,
    close: Callable[[], Awaitable[None]] | None = None,
) -> FastAPI:
    """The application; `token_hashes` are those of the tokens that open it. Without `raw` it shows no bytes. `close` is
    called at its end."""

    @asynccontextmanager
    async def reading(_app: FastAPI) -> AsyncIterator[None]:
        """Read the state before anybody looks: the first look would wait for all of it."""
        read = asyncio.create_task(_read(identities))
        yield
        read.cancel()
        if close is not None:
            await close()

    title = "SEND integration hub: identity's desk"
    app = FastAPI(title=title, docs_url=None, redoc_url=None, openapi_url=None, lifespan=reading)
    problems.install(app)
    app.add_middleware(Limited)
    app.add_middleware(BearerGate, hashes=token_hashes)
    app.add_middleware(problems.Unexpected)
    if raw is not None:
        app.include_router(showing(raw))

    @app.get("/live")
    def live() -> dict[str, bool]:
        return {"live": True}

    @app.post("/identify")
    async def identify(asked: Annotated[ChildLook, Body()]) -> Response:
        return _answer(await identities.identify(asked.child, asked.who, asked.purpose))

    @app.post("/known")
    async def known(asked: Annotated[KnownLook, Body()]) -> Response:
        return _answer(await identities.known(asked.children, asked.who, asked.purpose, names=asked.names))

    @app.post("/find")
    async def find(asked: Annotated[FindLook, Body()]) -> Response:
        return _answer(await identities.find(asked.sought, asked.who, asked.purpose, asked.most))

    @app.post("/evidence")
    async def evidence(asked: Annotated[TaskLook, Body()]) -> Response:
        return _answer(await identities.evidence(asked.task, asked.who, asked.purpose, asked.beside))

    @app.post("/compare")
    async def compare(asked: Annotated[ChildrenLook, Body()]) -> Response:
        return _answer(await identities.compare(asked.children, asked.who, asked.purpose))

    @app.post("/adoption")
    async def adoption(asked: Annotated[ChildLook, Body()]) -> Response:
        return _answer(await identities.adoption(asked.child, asked.who, asked.purpose))

    @app.post("/ruled")
    async def ruled(asked: Annotated[DecisionAsked, Body()]) -> Response:
        return _answer(await identities.ruled(asked.decision))

    return app


async def _read(identities: Identities) -> None:
    with suppress(Unavailable):
        await identities.ruled("none")


def _answer(found: BaseModel | None) -> Response:
    if found is None:
        raise HTTPException(404, "There is none with this id", headers=NO_STORE)
    return Response(found.model_dump_json(), headers=NO_STORE, media_type="application/json")
