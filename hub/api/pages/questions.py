"""Questions for people: what is unclear, what it rests on side by side, a decision, and taking it back."""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote, urlencode

import orjson
from fastapi import APIRouter, Form, HTTPException, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from hub.api.access.principal import Principal
from hub.api.access.scope import slices
from hub.api.access.ways import PAGES
from hub.api.pages import words
from hub.api.pages.site import PageRoute, Site, who_of
from hub.api.questions import asked_of
from hub.api.reviewing import of_casework
from hub.runtime.decision_log import DecisionUnfit, observation_of
from hub.store import reader
from hub.store.reach import children_within
from hub.store.reader import Value
from schemas.audit import MOST_WHY
from schemas.ids import digest
from schemas.looks import Act, Column, Decided, DecisionSent, Evidence
from schemas.reviews import ReviewTask

SIZE = 50
Key = Annotated[str, Path(max_length=200, pattern=r"^[\x21-\x7e]+$")]
Why = Annotated[str, Form(max_length=MOST_WHY)]
Reference = Annotated[str, Form(max_length=200)]
MOST_BESIDE = 5
LEAST = 5
"""Characters of a reason."""


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
    """The queue, one question, its evidence, deciding and undoing."""
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
        beside = await run_in_threadpool(_of_case, site, who, thought_of)
        found = await _evidence(site, who, task_id, purpose.strip(), beside)
        lost = "There is no child of yours with this case reference" if thought_of and not beside else ""
        shown = _shown(found, purpose.strip(), reference=thought_of) | {"lost": lost}
        return site.page(request, "evidence.html", shown, 422 if lost else 200)

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
        beside = await run_in_threadpool(_of_case, site, who, reference.strip())
        found = await _evidence(site, who, task_id, why.strip() or purpose.strip() or "decide", beside)
        chosen = next((act for act in found.acts if stamp and act.stamp == stamp), None)
        wrong = _wrong(chosen, stamp, why)
        if chosen is None or wrong:
            return site.page(request, "evidence.html", _shown(found, purpose, wrong, why, stamp, reference), 422)
        sent = DecisionSent(
            id=digest("decision", task_id, stamp, who.actor),
            kind=chosen.kind,
            why=why.strip(),
            evidence=(found.look,),
            link=chosen.link,
            child_id=chosen.child_id,
            data=chosen.data,
        )
        await _send(site, who, sent)
        return _to_decision(sent.id, task_id)

    @router.get("/decisions/{decision_id}")
    async def came_of(request: Request, decision_id: Key, task: Annotated[str, Query(max_length=200)] = "") -> Response:
        ruled = await site.desk.ruled(decision_id)
        return site.page(request, "decision.html", {"ruled": ruled, "task": task, "wrong": ""})

    @router.post("/decisions/{decision_id}/undo")
    async def undo(
        request: Request, decision_id: Key, why: Why = "", task: Annotated[str, Form(max_length=200)] = ""
    ) -> Response:
        who = who_of(request)
        if len(why.strip()) < LEAST:
            ruled = await site.desk.ruled(decision_id)
            shown = {"ruled": ruled, "task": task, "wrong": "Say in a few words why it is taken back"}
            return site.page(request, "decision.html", shown, 422)
        look = await _look_again(site, who, task, f"take back: {why.strip()}"[:MOST_WHY])
        undone: dict[str, object] = {"decision": decision_id}
        sent = DecisionSent(
            id=digest("undo", decision_id, who.actor),
            kind="decision.undone",
            why=why.strip(),
            evidence=(look or decision_id,),
            data=undone,
        )
        await _send(site, who, sent)
        return _to_decision(sent.id, task)

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
    shown = {"task": task, "wrong": wrong, "may_decide": who.may("review.decide")}
    return site.page(request, "question.html", shown, 422 if wrong else 200)


def _of_case(site: Site, who: Principal, reference: str) -> tuple[str, ...]:
    """The children with this case reference on whom somebody may decide."""
    if not reference:
        return ()
    scope = children_within(slices(who, "review.decide"))
    with site.model.connection() as connection:
        page = reader.page(
            connection,
            reader.CHILDREN,
            {"case_reference": reference},
            None,
            MOST_BESIDE,
            named=who.restricted,
            where=scope,
        )
    return tuple(orjson.loads(body)["child_id"] for body in page.bodies)


async def _evidence(site: Site, who: Principal, task_id: str, purpose: str, beside: Sequence[str] = ()) -> Evidence:
    """What a question rests on: from the read model where it is casework's, else from identity's desk, audited.
    `beside` are children whom a person thinks of."""
    await site.looking.permit_task(who, task_id)
    found = await run_in_threadpool(of_casework, site.model, task_id)
    if found is None:
        found = await site.desk.evidence(task_id, who.actor, purpose, beside)
    if found is None:
        raise HTTPException(404, "Nobody can decide this here: it is answered in the source, or was answered since")
    return await site.looking.seen(who, found)


async def _look_again(site: Site, who: Principal, task_id: str, purpose: str) -> str | None:
    """The look that shows what was decided; None of a question of casework, which shows nobody once it is answered."""
    try:
        return (await _evidence(site, who, task_id, purpose)).look
    except HTTPException:
        return None


async def _send(site: Site, who: Principal, sent: DecisionSent) -> None:
    try:
        observation = observation_of(Decided(actor=who.actor, **dict(sent)), site.clock)
    except DecisionUnfit:
        raise HTTPException(422, "This decision can't be sent: look at the question again") from None
    await site.looking.permit_decision(who, sent)
    await site.send(observation)


def _to_decision(decision: str, task: str) -> Response:
    return RedirectResponse(f"{PAGES}/decisions/{quote(decision, safe='')}?{urlencode({'task': task})}", 303)


def _shown(
    found: Evidence, purpose: str, wrong: str = "", why: str = "", stamp: str = "", reference: str = ""
) -> dict[str, Any]:
    return {
        "lost": "",
        "reference": reference,
        "waits": any(each.child_id is None and each.link in found.task.links for each in found.columns),
        "found": found,
        "task": found.task,
        "columns": _together(found.columns),
        "purpose": purpose,
        "wrong": wrong,
        "why": why,
        "stamp": stamp,
        "fields": words.FIELDS,
        "agreements": {"agree": "Agree", "differ": "Differ", "unknown": "Says nothing"},
        "bits": [(_part(name), bits) for name, bits in found.parts],
        "may_be_decided": any(act.refused is None for act in found.acts),
    }


class Together(NamedTuple):
    """Source persons of whom the same was said: one column. `records` are those of all of them."""

    first: Column
    title: str
    records: tuple[str, ...]


def _together(columns: Sequence[Column]) -> list[Together]:
    """What was held back first, as the question is about it; then each source, records that say the same as one."""
    found: dict[tuple[object, ...], list[Column]] = {}
    for column in sorted(columns, key=lambda each: not each.held):
        same = (column.held, column.child_id, column.source, *sorted(column.values.items()))
        found.setdefault(same, []).append(column)
    return [
        Together(same[0], _title(same[0]), tuple(each.record for each in same if each.record))
        for same in found.values()
    ]


def _title(column: Column) -> str:
    return "Held back" if column.held else column.source


def _part(name: str) -> str:
    field, _, level = name.partition(":")
    said = words.FIELDS.get(field.strip(), field.strip().replace("_", " ").capitalize())
    return f"{said}: {level.strip()}" if level else said
