"""What people who may decide do over HTTP: look, and decide. Names are in bodies alone, and nothing of it is kept."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import Body, FastAPI, HTTPException, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from hub.api.access import asking
from hub.api.identities import Identities
from hub.api.problems import Invalid
from hub.core.casework.acts import evidence_of
from hub.platform.clock import clock_from
from hub.runtime.decision_log import DecisionUnfit, observation_of
from hub.stages.errors import Unavailable
from hub.store import reader
from hub.store.readmodel import ReadModel
from schemas.api import Problem
from schemas.base import Model
from schemas.looks import Act, Decided, DecisionSent, Evidence, Identified, Purpose, Ruled
from schemas.reviews import ReviewTask
from schemas.statements import Observation, Text

Send = Callable[[Observation], Awaitable[None]]
"""Returns once a decision is kept for identity; raises Unavailable."""

NO_STORE = {"Cache-Control": "no-store"}
Key = Annotated[str, InPath(max_length=200, pattern=r"^[\x21-\x7e]+$")]


class Look(Model):
    """Why somebody looks."""

    purpose: Purpose


class Comparison(Look):
    """Which children are compared, and why."""

    children: tuple[Text, ...] = Field(min_length=1, max_length=10)


def add_reviewing(
    app: FastAPI,
    model: ReadModel,
    identities: Identities | None,
    send: Send,
    clock_file: Path | None,
) -> None:
    """The paths for looking and deciding. Without `identities` nobody can be named here, and they answer 503."""
    clock = clock_from(clock_file)
    refusals: dict[int | str, dict[str, Any]] = {404: {"model": Problem}, 403: {"model": Problem}}

    def desk() -> Identities:
        if identities is None:
            raise Unavailable("identity's desk is not set up here: set SENDHUB_IDENTITY_URL")
        return identities

    @app.post(
        "/children/{child_id}/identify",
        response_model=Identified,
        responses=refusals,
        summary="A child's name; audited",
    )
    async def identify(request: Request, child_id: Key, look: Annotated[Look, Body()]) -> Response:
        actor = asking(request).actor
        return _shown(await desk().identify(child_id, actor, look.purpose))

    @app.post(
        "/reviews/{task_id}/evidence",
        response_model=Evidence,
        responses=refusals,
        summary="What a question rests on, and what could be decided; audited where somebody is named",
    )
    async def evidence(request: Request, task_id: Key, look: Annotated[Look, Body()]) -> Response:
        actor = asking(request).actor
        answerable = of_casework(model, task_id, named=asking(request).restricted)
        if answerable is not None:
            return _shown(answerable)
        found = await desk().evidence(task_id, actor, look.purpose)
        return _shown(None if found is None else with_deadlines(found, model))

    @app.post(
        "/comparisons",
        response_model=Evidence,
        responses=refusals,
        summary="Children side by side whom a person compares, and what could be decided; audited",
    )
    async def compare(request: Request, asked: Annotated[Comparison, Body()]) -> Response:
        actor = asking(request).actor
        found = await desk().compare(asked.children, actor, asked.purpose)
        return _shown(None if found is None else with_deadlines(found, model))

    @app.post("/decisions", status_code=202, response_model=Ruled, responses=refusals, summary="Decide; audited")
    async def decide(request: Request, sent: Annotated[DecisionSent, Body()]) -> Response:
        actor = asking(request).actor
        try:
            observation = observation_of(Decided(actor=actor, **dict(sent)), clock)
        except DecisionUnfit as error:
            raise Invalid(error.errors) from None
        await send(observation)
        waiting = Ruled(decision=sent.id, outcome="waiting", words="identity has yet to read it")
        return Response(waiting.model_dump_json(), 202, NO_STORE, "application/json")

    @app.get("/decisions/{decision_id}", response_model=Ruled, responses=refusals, summary="What came of a decision")
    async def ruled(decision_id: Key) -> Response:
        return _shown(await desk().ruled(decision_id))


def of_casework(model: ReadModel, task_id: str, *, named: bool = True) -> Evidence | None:
    """What could be answered to a question about cases or data, which the read model knows; None for another one.
    `named`: whether whoever asks may be told of restricted children."""
    with model.connection() as connection:
        body = reader.body(connection, reader.REVIEWS, task_id, named=named)
    return None if body is None else evidence_of(ReviewTask.model_validate_json(body))


def with_deadlines(found: Evidence, model: ReadModel) -> Evidence:
    """The same, with the deadlines that each decision would take from one child to another."""
    with model.connection() as connection:

        def moved(act: Act) -> Act:
            if act.loses is None:
                return act
            ids = reader.deadlines_about(connection, act.loses, act.subjects)
            return act.model_copy(update={"deadlines": tuple(ids)})

        return found.model_copy(update={"acts": tuple(map(moved, found.acts))})


def _shown(found: BaseModel | None) -> Response:
    if found is None:
        raise HTTPException(404, "There is none with this id", headers=NO_STORE)
    return Response(found.model_dump_json(), headers=NO_STORE, media_type="application/json")
