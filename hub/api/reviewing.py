"""What people who may decide do over HTTP: look, and decide. Names are in bodies alone, and nothing of it is kept."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Annotated, Any

import orjson
from anyio import to_thread
from fastapi import APIRouter, Body, HTTPException, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from hub.api.access import Permission, Principal, asking
from hub.api.access.scope import areas
from hub.api.identities import Identities
from hub.api.problems import Invalid
from hub.api.questions import asked_of
from hub.api.reading import Reading
from hub.core.casework.acts import evidence_of
from hub.platform.clock import Clock
from hub.runtime.decision_log import DecisionUnfit, observation_of
from hub.stages.errors import Unavailable
from hub.store import reader
from hub.store.readmodel import ReadModel
from schemas.api import Problem
from schemas.base import Model
from schemas.decisions import ADOPTED, PROPOSED
from schemas.looks import Act, Adoption, Beside, Decided, DecisionSent, Evidence, Identified, Purpose, Ruled
from schemas.reviews import ReviewTask
from schemas.statements import Observation, Text

Send = Callable[[Observation], Awaitable[None]]
"""Returns once a decision is kept for identity; raises Unavailable."""

LOOKS_KEPT = 10_000
"""Looks of which it is remembered what they showed; the oldest are forgotten first."""

NO_STORE = {"Cache-Control": "no-store"}
Key = Annotated[str, InPath(max_length=200, pattern=r"^[\x21-\x7e]+$")]


class Look(Model):
    """Why somebody looks."""

    purpose: Purpose


class QuestionLook(Look):
    """Why somebody looks into a question, and which children they think of beside those that it names."""

    beside: Beside = ()


class Comparison(Look):
    """Which children are compared, and why."""

    children: tuple[Text, ...] = Field(min_length=1, max_length=10)


ELSEWHERE = "its source serves other areas too: whoever decides for all of them can say so"
"""Why somebody who is none of ours may not be set aside by one who sees a part of us."""

REFUSALS: dict[int | str, dict[str, Any]] = {404: {"model": Problem}, 403: {"model": Problem}, 429: {"model": Problem}}


def reviewing(reading: Reading, identities: Identities | None, send: Send, clock: Clock) -> APIRouter:
    """The paths for looking and deciding. Without `identities` nobody can be named here, and they answer 503."""
    router = APIRouter()
    looking = Looking(reading, identities)
    _add_looks(router, looking)
    _add_decisions(router, looking, send, clock)
    return router


def _add_looks(router: APIRouter, looking: "Looking") -> None:
    @router.post(
        "/children/{child_id}/identify",
        response_model=Identified,
        responses=REFUSALS,
        summary="A child's name; audited",
    )
    async def identify(request: Request, child_id: Key, look: Annotated[Look, Body()]) -> Response:
        desk, who = looking.desk, asking(request)
        await looking.permit(who, "child.name", [child_id])
        return _shown(await desk.identify(child_id, who.actor, look.purpose))

    @router.post(
        "/reviews/{task_id}/evidence",
        response_model=Evidence,
        responses=REFUSALS,
        summary="What a question rests on, and what could be decided; audited where somebody is named",
    )
    async def evidence(request: Request, task_id: Key, look: Annotated[QuestionLook, Body()]) -> Response:
        who = asking(request)
        await looking.permit_task(who, task_id)
        await looking.permit(who, "review.decide", look.beside)
        answerable = await to_thread.run_sync(of_casework, looking.model, task_id)
        if answerable is not None:
            return _shown(await looking.seen(who, answerable))
        found = await looking.desk.evidence(task_id, who.actor, look.purpose, look.beside)
        return _shown(None if found is None else await looking.seen(who, found))

    @router.post(
        "/children/{child_id}/adoption",
        response_model=Adoption,
        responses=REFUSALS,
        summary="A child who was adopted, what could go on, and what was proposed; audited",
    )
    async def adoption(request: Request, child_id: Key, look: Annotated[Look, Body()]) -> Response:
        desk, who = looking.desk, asking(request)
        await looking.permit_adoption(who, [child_id])
        found = await desk.adoption(child_id, who.actor, look.purpose)
        if found is not None and found.proposal is not None and found.proposal.into is not None:
            await looking.permit_adoption(who, [found.proposal.into])
        return _shown(found)

    @router.post(
        "/comparisons",
        response_model=Evidence,
        responses=REFUSALS,
        summary="Children side by side whom a person compares, and what could be decided; audited",
    )
    async def compare(request: Request, asked: Annotated[Comparison, Body()]) -> Response:
        desk, who = looking.desk, asking(request)
        await looking.permit(who, "review.decide", asked.children)
        found = await desk.compare(asked.children, who.actor, asked.purpose)
        return _shown(None if found is None else await looking.seen(who, found))


def _add_decisions(router: APIRouter, looking: "Looking", send: Send, clock: Clock) -> None:
    @router.post("/decisions", status_code=202, response_model=Ruled, responses=REFUSALS, summary="Decide; audited")
    async def decide(request: Request, sent: Annotated[DecisionSent, Body()]) -> Response:
        who = asking(request)
        try:
            observation = observation_of(Decided(actor=who.actor, **dict(sent)), clock)
        except DecisionUnfit as error:
            raise Invalid(error.errors) from None
        await looking.permit_decision(who, sent)
        await send(observation)
        waiting = Ruled(decision=sent.id, outcome="waiting", words="identity has yet to read it")
        return Response(waiting.model_dump_json(), 202, NO_STORE, "application/json")

    @router.get("/decisions/{decision_id}", response_model=Ruled, responses=REFUSALS, summary="What came of a decision")
    async def ruled(decision_id: Key) -> Response:
        return _shown(await looking.desk.ruled(decision_id))


class Looking:
    """Who may look at whom, and who may decide what they have seen."""

    def __init__(self, reading: Reading, identities: Identities | None) -> None:
        self._reading = reading
        self._identities = identities
        self._looks: OrderedDict[tuple[str, str], frozenset[str]] = OrderedDict()

    @property
    def model(self) -> ReadModel:
        """The read model."""
        return self._reading.model

    @property
    def desk(self) -> Identities:
        """Identity's desk; raises Unavailable where there is none."""
        if self._identities is None:
            raise Unavailable("identity's desk is not set up here: set SENDHUB_IDENTITY_URL")
        return self._identities

    async def permit(self, who: Principal, permission: Permission, children: Iterable[str]) -> None:
        """Raises 404, audited, where one of the children is not theirs to see."""
        await to_thread.run_sync(self._reading.require, who, permission, list(children))

    async def permit_task(self, who: Principal, task_id: str) -> None:
        """The same of a question."""
        await to_thread.run_sync(self._permit_task, who, task_id)

    async def permit_adoption(self, who: Principal, children: Iterable[str]) -> None:
        """The same of children in an adoption, whose old and new ids nobody may learn together but those who decide in
        every area."""
        kept = list(children)
        await self.permit(who, "review.decide", kept)
        if areas(who, "review.decide") is not None:
            raise await to_thread.run_sync(partial(self._reading.missing, who, kept[0], there=True))

    async def seen(self, who: Principal, found: Evidence) -> Evidence:
        """Evidence as it may be shown, and what it lets them decide. Raises 404 where somebody in it is not theirs to
        see: a question about two areas is for whoever has both."""
        await self.permit(who, "review.decide", {each.child_id for each in found.columns if each.child_id is not None})
        shown = await to_thread.run_sync(with_deadlines, found, self.model)
        if not self._reading.in_all_areas_of(who, "review.decide", shown.task.source):
            shown = shown.model_copy(update={"acts": tuple(map(_of_all_areas, shown.acts))})
        acts = {_print(act.kind, act.link, act.child_id, act.data) for act in shown.acts if act.refused != ELSEWHERE}
        if shown.task.answer is not None:
            acts.add(_print("decision.undone", None, None, {"decision": shown.task.answer.decision}))
        self._keep(who, shown.look, acts)
        return shown

    async def permit_decision(self, who: Principal, sent: DecisionSent) -> None:
        """Whoever sees every area decides on anybody there is but restricted children. Others decide just what one of
        their own looks has shown them, and no adoption; raises Invalid, or 404."""
        named = {sent.child_id, *(value for value in sent.data.values() if isinstance(value, str))} - {None}
        known = await to_thread.run_sync(self._known, named)
        if sent.kind in (PROPOSED, ADOPTED):
            await self.permit_adoption(who, known)
        await self.permit(who, "review.decide", known)
        if areas(who, "review.decide") is None:
            return
        shown = [self._looks.get((who.actor, look), frozenset()) for look in sent.evidence]
        decided = _print(sent.kind, sent.link, sent.child_id, sent.data)
        if not all(shown) or decided not in frozenset().union(*shown):
            raise Invalid([("evidence", "this was not shown to you, or it is too long ago: look at it again")])

    def _keep(self, who: Principal, look: str, acts: Iterable[str]) -> None:
        self._looks[who.actor, look] = frozenset(acts)
        while len(self._looks) > LOOKS_KEPT:
            self._looks.popitem(last=False)

    def _permit_task(self, who: Principal, task_id: str) -> None:
        where = asked_of(self._reading, who, "review.decide")
        with self.model.connection() as connection:
            body = reader.body(connection, reader.REVIEWS, task_id, named=who.restricted, where=where)
            there = body is not None or reader.body(connection, reader.REVIEWS, task_id) is not None
        if body is None:
            raise self._reading.missing(who, task_id, there=there)
        task = ReviewTask.model_validate_json(body)
        known = self._known({task.child_id, *task.candidates} - {None})
        self._reading.require(who, "review.decide", sorted(known))

    def _known(self, ids: Iterable[str | None]) -> list[str]:
        """Of these ids those of children."""
        with self.model.connection() as connection:
            return [each for each in ids if each and reader.body(connection, reader.CHILDREN, each) is not None]


def _of_all_areas(act: Act) -> Act:
    """An act as it stands for who sees some areas of a feed: a child who is none of theirs may be another area's."""
    return act.model_copy(update={"refused": ELSEWHERE}) if act.kind == "link.set-aside" else act


def _print(kind: str, link: str | None, child_id: str | None, data: Mapping[str, object]) -> str:
    """What makes two acts the same."""
    return orjson.dumps([kind, link, child_id, data], option=orjson.OPT_SORT_KEYS).decode()


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
