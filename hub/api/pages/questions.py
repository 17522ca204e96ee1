"""Questions for people: what is unclear, what it rests on side by side, and a decision."""

from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.concurrency import run_in_threadpool

from hub.api.access.principal import Principal
from hub.api.access.ways import PAGES
from hub.api.pages.decisions import LEAST, Key, Why, send, to_decision
from hub.api.pages.evidence import Reference, evidence_of, of_case, shown
from hub.api.pages.site import PageRoute, Site, who_of
from hub.api.questions import asked_of
from hub.store import reader
from hub.store.reader import Value
from schemas.ids import digest
from schemas.looks import Act, DecisionSent
from schemas.reviews import ReviewTask

SIZE = 50


class QuestionsQuery(BaseModel):
    """Which questions, and where to go on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Annotated[str, StringConstraints(max_length=50)] = ""
    state: Annotated[str, StringConstraints(pattern="^(open|resolved)$")] = "open"
    after: Annotated[str, StringConstraints(max_length=2_000)] = ""

    @property
    def filters(self) -> dict[str, Value]:
        """As the read model is asked."""
        found: dict[str, Value] = {"state": self.state}
        return found | {"question": self.kind} if self.kind else found


def questions_pages(site: Site) -> APIRouter:
    """The queue, one question, its evidence, and deciding."""
    router = APIRouter(prefix=PAGES, include_in_schema=False, route_class=PageRoute)

    @router.get("/questions")
    async def listed(request: Request, query: Annotated[QuestionsQuery, Query()]) -> Response:
        return site.page(request, "questions.html", await run_in_threadpool(_listed, site, who_of(request), query))

    @router.get("/questions/{task_id}")
    async def one(request: Request, task_id: Key) -> Response:
        return await _question(site, request, task_id)

    @router.post("/questions/{task_id}")
    async def look(request: Request, task_id: Key, purpose: Why = "", reference: Reference = "") -> Response:
        if len(purpose.strip()) < LEAST:
            return await _question(site, request, task_id, "Say in a few words why you look")
        who, thought_of = who_of(request), reference.strip()
        beside = await run_in_threadpool(of_case, site, who, thought_of)
        found = await evidence_of(site, who, task_id, purpose.strip(), beside)
        lost = "There is no child of yours with this case reference" if thought_of and not beside else ""
        seen = shown(found, purpose.strip(), reference=thought_of) | {"lost": lost}
        return site.page(request, "evidence.html", seen, 422 if lost else 200)

    @router.post("/questions/{task_id}/decide")
    async def decide(
        request: Request,
        task_id: Key,
        stamp: Annotated[str, Form(max_length=200)] = "",
        why: Why = "",
        purpose: Why = "",
        reference: Reference = "",
    ) -> Response:
        who = who_of(request)
        beside = await run_in_threadpool(of_case, site, who, reference.strip())
        found = await evidence_of(site, who, task_id, why.strip() or purpose.strip() or "decide", beside)
        chosen = next((act for act in found.acts if stamp and act.stamp == stamp), None)
        wrong = _wrong(chosen, stamp, why)
        if chosen is None or wrong:
            return site.page(request, "evidence.html", shown(found, purpose, wrong, why, stamp, reference), 422)
        sent = DecisionSent(
            id=digest("decision", task_id, stamp, who.actor),
            kind=chosen.kind,
            why=why.strip(),
            evidence=(found.look,),
            link=chosen.link,
            child_id=chosen.child_id,
            data=chosen.data,
        )
        await send(site, who, sent)
        return to_decision(sent.id, task_id)

    return router


def _wrong(chosen: Act | None, stamp: str, why: str) -> str:
    if not stamp:
        return "Choose what to decide"
    if chosen is None:
        return "What you looked at has changed since. This is how it stands now: decide anew"
    if chosen.refused is not None:
        return f"This can't be decided: {chosen.refused}"
    return "" if len(why.strip()) >= LEAST else "Say in a few words why you decide so"


def _listed(site: Site, who: Principal, query: QuestionsQuery) -> dict[str, Any]:
    bound: dict[str, Value] = {"page": "questions", "actor": who.actor, **query.filters}
    where = asked_of(site.reading, who)
    with site.model.connection() as connection:
        after = site.cursors.read(reader.REVIEWS, bound, query.after) if query.after else None
        page = reader.page(connection, reader.REVIEWS, query.filters, after, SIZE, named=who.restricted, where=where)
        as_of = site.as_of(connection)
    following = None if page.last is None else site.cursors.write(reader.REVIEWS, bound, page.last)
    address = urlencode({"state": query.state, **({"kind": query.kind} if query.kind else {})})
    return {
        "tasks": [orjson.loads(body) for body in page.bodies],
        "query": query,
        "address": address,
        "following": following,
        "as_of": as_of,
    }


def _task(site: Site, who: Principal, task_id: str) -> ReviewTask | None:
    where = asked_of(site.reading, who)
    with site.model.connection() as connection:
        body = reader.body(connection, reader.REVIEWS, task_id, named=who.restricted, where=where)
    return None if body is None else ReviewTask.model_validate_json(body)


async def _question(site: Site, request: Request, task_id: str, wrong: str = "") -> Response:
    who = who_of(request)
    task = await run_in_threadpool(_task, site, who, task_id)
    if task is None:
        raise await site.missing(request, task_id)
    about = {"task": task, "wrong": wrong, "may_decide": who.may("review.decide")}
    return site.page(request, "question.html", about, 422 if wrong else 200)
