"""Dead letters: grouped by cause, one opened, its bytes for whoever may see them, and saying that it was dealt with."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from hub.api.access import Principal
from hub.api.access.ways import PAGES
from hub.api.desk_bytes import LetterLook
from hub.api.messages import letters_of_feeds, restricted_among
from hub.api.pages.messages import LEAST_REASON, Key, Reason, as_text
from hub.api.pages.messages_story import HELPS, STAGES, STEPS
from hub.api.pages.site import PageRoute, Site, who_of
from hub.runtime.audit import Act
from hub.store import messages, reader
from hub.store.causes import Cause, cause, causes
from hub.store.reader import Value
from schemas.deadletters import TrackedLetter

CAUSES = 100
SIZE = 50
NAMED = {"stages": STAGES, "steps": STEPS, "helps": HELPS}


class CausesQuery(BaseModel):
    """Those that are still open, or those of which all are done with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    list: Literal["open", "fixed"] = "open"


class LettersQuery(BaseModel):
    """Which letters of one cause, and where to go on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    list: Literal["open", "all"] = "open"
    after: Annotated[str, StringConstraints(max_length=2_000)] = ""


def letters_pages(site: Site) -> APIRouter:
    """The causes, the letters of one, one letter, its bytes, and resolving it."""
    router = APIRouter(prefix=PAGES, include_in_schema=False, route_class=PageRoute)

    @router.get("/dead-letters")
    async def grouped(request: Request, query: Annotated[CausesQuery, Query()]) -> Response:
        return site.page(request, "letters.html", await run_in_threadpool(_grouped, site, who_of(request), query))

    @router.get("/dead-letters/causes/{cause_id}")
    async def of_cause(request: Request, cause_id: Key, query: Annotated[LettersQuery, Query()]) -> Response:
        found = await run_in_threadpool(_of_cause, site, who_of(request), cause_id, query)
        if found is None:
            raise await site.missing(request, cause_id)
        return site.page(request, "cause.html", found)

    @router.get("/dead-letters/{letter_id}")
    async def one(request: Request, letter_id: Key) -> Response:
        return await _one(site, request, letter_id)

    @router.post("/dead-letters/{letter_id}/resolve")
    async def resolve(request: Request, letter_id: Key, reason: Reason = "") -> Response:
        who, said = who_of(request), reason.strip()
        if not await run_in_threadpool(_may_be_resolved, site, who, letter_id):
            raise await site.missing(request, letter_id)
        if len(said) < LEAST_REASON:
            return await _one(site, request, letter_id, "Say in a sentence why it needs no replay", "resolve-reason")
        if site.jobs.at_work is not None:
            wrong = "A job is at work on messages or dead letters. Try again once it has ended"
            return await _one(site, request, letter_id, wrong, "resolve-reason")
        await site.operations.resolve([letter_id], Act(who.actor, said))
        return RedirectResponse(f"{PAGES}/dead-letters/{quote(letter_id, safe='')}?told=1", 303)

    @router.post("/dead-letters/{letter_id}/raw")
    async def raw(request: Request, letter_id: Key, reason: Reason = "") -> Response:
        who, said = who_of(request), reason.strip()
        if not await run_in_threadpool(_may_be_opened, site, who, letter_id):
            raise await site.missing(request, letter_id)
        if len(said) < LEAST_REASON:
            wrong = "Say in a sentence why you need to see what was received"
            return await _one(site, request, letter_id, wrong, "raw-reason")
        found = await site.operations.letter_bytes(LetterLook(letter=letter_id, who=who.actor, purpose=said))
        if found is None:
            raise HTTPException(404, "This dead letter is not kept any more")
        here = {"title": "Dead letter as received", "back": f"{PAGES}/dead-letters/{quote(letter_id, safe='')}"}
        return site.page(request, "raw.html", here | {"reason": said} | as_text(found))

    return router


def _grouped(site: Site, who: Principal, query: CausesQuery) -> dict[str, Any]:
    where = letters_of_feeds(site.reading, who, "letter.read")
    with site.model.connection() as connection:
        found = causes(connection, CAUSES + 1, still_open=query.list == "open", where=where)
        as_of = site.as_of(connection)
    return {
        "causes": [shown_cause(each) for each in found[:CAUSES]],
        "too_many": len(found) > CAUSES,
        "query": query,
        "total": sum(each.open for each in found),
        "may_replay": who.may("letter.replay"),
        "as_of": as_of,
        **NAMED,
    }


def shown_cause(each: Cause) -> dict[str, Any]:
    """A cause as pages show it."""
    first, last = (datetime.fromtimestamp(at / 1e6, UTC) for at in (each.first_at, each.last_at))
    return {**each._asdict(), "first_at": first, "last_at": last, "letter": orjson.loads(each.body)}


def _of_cause(site: Site, who: Principal, cause_id: str, query: LettersQuery) -> dict[str, Any] | None:
    where = letters_of_feeds(site.reading, who, "letter.read")
    filters: dict[str, Value] = {"cause": cause_id}
    if query.list == "open":
        filters["status"] = "open"
    bound: dict[str, Value] = {"page": "dead letters", "actor": who.actor, **filters}
    with site.model.connection() as connection:
        found = cause(connection, cause_id, where)
        if found is None:
            return None
        after = site.cursors.read(reader.DEAD_LETTERS, bound, query.after) if query.after else None
        page = reader.page(connection, reader.DEAD_LETTERS, filters, after, SIZE, where=where)
        as_of = site.as_of(connection)
    return {
        "cause": shown_cause(found),
        "rows": [orjson.loads(body) for body in page.bodies],
        "query": query,
        "address": urlencode({"list": query.list}),
        "following": None if page.last is None else site.cursors.write(reader.DEAD_LETTERS, bound, page.last),
        "may_replay": who.may("letter.replay"),
        "as_of": as_of,
        **NAMED,
    }


async def _one(site: Site, request: Request, letter_id: str, wrong: str = "", where_wrong: str = "") -> Response:
    who = who_of(request)
    found = await run_in_threadpool(_letter, site, who, letter_id)
    if found is None:
        raise await site.missing(request, letter_id)
    may = {"replay": who.may("letter.replay"), "raw": who.may("letter.raw"), "message": who.may("message.read")}
    shown = {"may": may, "wrong": wrong, "where_wrong": where_wrong, "told": "told" in request.query_params, **NAMED}
    return site.page(request, "letter.html", found | shown, 422 if wrong else 200)


def _letter(site: Site, who: Principal, letter_id: str) -> dict[str, Any] | None:
    where = letters_of_feeds(site.reading, who, "letter.read")
    with site.model.connection() as connection:
        body = reader.body(connection, reader.DEAD_LETTERS, letter_id, where=where)
        if body is None:
            return None
        letter = TrackedLetter.model_validate_json(body)
        back = _came_back(connection, letter)
        replay_of = reader.letter_returned(connection, letter_id)
        there = _is_followed(connection, letter.of_message)
        as_of = site.as_of(connection)
    return {"letter": letter, "came_back": back, "replay_of": replay_of, "followed": there, "as_of": as_of}


def _came_back(connection: Connection, letter: TrackedLetter) -> str | None:
    """The letter as which it came back from its replay."""
    back = letter.resolution.returns_as if letter.resolution is not None else None
    return back if back is not None and reader.body(connection, reader.DEAD_LETTERS, back) is not None else None


def _is_followed(connection: Connection, message: str | None) -> bool:
    return message is not None and reader.body(connection, messages.MESSAGES, message) is not None


def _may_be_resolved(site: Site, who: Principal, letter_id: str) -> bool:
    """Whether somebody may say that a letter is dealt with: where they may replay, not wherever they may read."""
    where = letters_of_feeds(site.reading, who, "letter.replay")
    with site.model.connection() as connection:
        return reader.body(connection, reader.DEAD_LETTERS, letter_id, where=where) is not None


def _may_be_opened(site: Site, who: Principal, letter_id: str) -> bool:
    """Also not where its message is known to be about a child of whom only named people may know."""
    where = letters_of_feeds(site.reading, who, "letter.raw")
    with site.model.connection() as connection:
        body = reader.body(connection, reader.DEAD_LETTERS, letter_id, where=where)
        if body is None:
            return False
        of: Mapping[str, Any] = orjson.loads(body)
        followed = messages.followed(connection, of["of_message"]) if of.get("of_message") else None
        children = messages.children_of(followed.steps) if followed is not None else ()
        return not restricted_among(connection, children, who)
