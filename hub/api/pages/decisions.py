"""What came of a decision, and taking it back."""

from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, HTTPException, Path, Query, Request, Response
from starlette.responses import RedirectResponse

from hub.api.access.principal import Principal
from hub.api.access.ways import PAGES
from hub.api.pages.evidence import evidence_of
from hub.api.pages.site import PageRoute, Site, who_of
from hub.runtime.decision_log import DecisionUnfit, observation_of
from schemas.audit import MOST_WHY
from schemas.ids import digest
from schemas.looks import Decided, DecisionSent

Key = Annotated[str, Path(max_length=200, pattern=r"^[\x21-\x7e]+$")]
Why = Annotated[str, Form(max_length=MOST_WHY)]
LEAST = 5
"""Characters of a reason."""


def decisions_pages(site: Site) -> APIRouter:
    """One decision, and its undoing."""
    router = APIRouter(prefix=PAGES, include_in_schema=False, route_class=PageRoute)

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
        await send(site, who, sent)
        return to_decision(sent.id, task)

    return router


async def send(site: Site, who: Principal, sent: DecisionSent) -> None:
    """Hand a decision to identity or casework, if it is theirs to make."""
    try:
        observation = observation_of(Decided(actor=who.actor, **dict(sent)), site.clock)
    except DecisionUnfit:
        raise HTTPException(422, "This decision can't be sent: look at the question again") from None
    await site.looking.permit_decision(who, sent)
    await site.send(observation)


def to_decision(decision: str, task: str) -> Response:
    """To the page that says what came of it."""
    return RedirectResponse(f"{PAGES}/decisions/{quote(decision, safe='')}?{urlencode({'task': task})}", 303)


async def _look_again(site: Site, who: Principal, task_id: str, purpose: str) -> str | None:
    """The look that shows what was decided; None of a question of casework, which shows nobody once it is answered."""
    try:
        return (await evidence_of(site, who, task_id, purpose)).look
    except HTTPException:
        return None
