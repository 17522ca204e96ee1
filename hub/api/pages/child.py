"""One child: who they are for whoever may know, what happened, every limit and why, and what sources disagree on."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from hub.api.access import Permission, Principal, shown
from hub.api.access.scope import slices
from hub.api.access.shown import Sight, sight
from hub.api.access.ways import PAGES
from hub.api.pages import opened, words
from hub.api.pages.drawing import Drawing, drawn, label
from hub.api.pages.messages import LEAST_REASON, Reason
from hub.api.pages.messages import MAY_READ as MESSAGES_READ
from hub.api.pages.names import nameable, names
from hub.api.pages.site import PageRoute, Site, who_of
from hub.api.reading import reaching
from hub.api.timeline import timeline
from hub.api.usage import REQUESTS
from hub.stages.errors import Unavailable
from hub.store import messages, reader
from hub.store.reach import alerts_within, deadlines_within
from schemas.audit import MOST_WHY
from schemas.looks import Named

ALL = 500
"""Limits or alerts of one child: more than there ever are."""
MESSAGES = 50
Key = Annotated[str, Path(max_length=200, pattern=r"^[\x21-\x7e]+$")]
ASKING: Permission = "child.break-glass"


class _Read(NamedTuple):
    """What the read model says of a child to whoever asks; `elsewhere` is the child that it was merged into."""

    seen: Sight | None
    record: Mapping[str, Any] | None
    deadlines: Sequence[Mapping[str, Any]]
    alerts: Sequence[Mapping[str, Any]]
    questions: Sequence[Mapping[str, Any]]
    messages: Sequence[Mapping[str, Any]]
    elsewhere: str | None
    as_of: str
    revision: int


class _Name(NamedTuple):
    """What is shown of who they are: the name, or whether it may be asked for, or why it can't be shown now."""

    named: Named | None = None
    may_ask: bool = False
    until: datetime | None = None
    away: str = ""


def child_pages(site: Site) -> APIRouter:
    """The page, and asking for a name out of one's scope."""
    # There from the beginning: Prometheus sees no increase in a counter that begins with 1.
    REQUESTS.labels(f"{PAGES}/children/{{child_id}}/name", "303")
    router = APIRouter(prefix=PAGES, include_in_schema=False, route_class=PageRoute)

    @router.get("/children/{child_id}")
    async def child(request: Request, child_id: Key) -> Response:
        return await _answer(site, request, child_id)

    @router.post("/children/{child_id}/name")
    async def name(request: Request, child_id: Key, reason: Reason = "") -> Response:
        who, said = who_of(request), reason.strip()
        if not await run_in_threadpool(_may_ask, site, who, child_id):
            raise await site.missing(request, child_id)
        if len(said) < LEAST_REASON:
            return await _answer(site, request, child_id, "Say in a sentence why you need to know who this is", 422)
        await site.audited.act(who, "identity.break-glass", (child_id,), said)
        answer = RedirectResponse(f"{PAGES}/children/{quote(child_id, safe='')}", 303)
        opened.let(answer, site.access, opened.opened(request, site.access, site.clock.now(), who), child_id, said)
        return answer

    return router


async def _answer(site: Site, request: Request, child_id: str, wrong: str = "", status: int = 200) -> Response:
    who = who_of(request)
    read = await run_in_threadpool(_read, site, who, child_id)
    if read.elsewhere is not None:
        return RedirectResponse(f"{PAGES}/children/{quote(read.elsewhere, safe='')}", 303)
    if read.seen is None or read.record is None:
        raise await site.missing(request, child_id)
    await site.audited.act(who, "child.read", (child_id,), "a child's page")
    if "cases" not in read.record:
        return site.page(request, "restricted.html", {})
    name = await _name(site, request, child_id)
    return site.page(request, "child.html", _page(site, child_id, read, name) | {"wrong": wrong}, status)


def _may_ask(site: Site, who: Principal, child_id: str) -> bool:
    """Whether somebody may ask who this is: where a role of theirs may, not wherever they may read."""
    with site.model.connection() as connection:
        return bool(reaching(connection, who, ASKING, child_id))


def _read(site: Site, who: Principal, child_id: str) -> _Read:
    with site.model.connection() as connection:
        elsewhere = reader.surviving(connection, child_id)
        grants = reaching(connection, who, "record.read", elsewhere or child_id)
        if not grants or elsewhere is not None:
            return _Read(None, None, (), (), (), (), elsewhere if grants else None, "", 0)
        seen = sight(grants)
        body = reader.body(connection, reader.CHILDREN, child_id, named=who.restricted)
        return _Read(
            seen=seen,
            record=None if body is None else orjson.loads(shown.record(body, seen)),
            deadlines=_deadlines(connection, who, child_id, seen),
            alerts=_alerts(connection, who, child_id),
            questions=_questions(connection, child_id) if "questions" in seen.parts else (),
            messages=_messages(site, connection, who, child_id) if "messages" in seen.parts else (),
            elsewhere=None,
            as_of=site.as_of(connection),
            revision=max(reader.freshness(connection).values(), default=0),
        )


def _deadlines(connection: Connection, who: Principal, child_id: str, seen: Sight) -> list[Any]:
    where = deadlines_within(slices(who, "record.read"))
    page = reader.page(
        connection, reader.DEADLINES, {"child_id": child_id}, None, ALL, named=who.restricted, where=where
    )
    return [orjson.loads(shown.deadline(body, seen)) for body in page.bodies]


def _alerts(connection: Connection, who: Principal, child_id: str) -> list[Any]:
    where = alerts_within(slices(who, "record.read"))
    filters = {"child_id": child_id, "state": "open"}
    page = reader.page(connection, reader.ALERTS, filters, None, ALL, named=who.restricted, where=where)
    return [orjson.loads(body) for body in page.bodies]


def _questions(connection: Connection, child_id: str) -> list[Any]:
    page = reader.page(connection, reader.REVIEWS, {"child_id": child_id, "state": "open"}, None, ALL)
    return [orjson.loads(body) for body in page.bodies]


def _messages(site: Site, connection: Connection, who: Principal, child_id: str) -> list[Any]:
    """Each says whether whoever asks may follow it (`may_follow`): whose messages one may see is said by the feed."""
    page = messages.messages(connection, {}, None, child_id, None, MESSAGES)
    feeds = site.reading.sources_of(who, MESSAGES_READ)
    found = [orjson.loads(body) for body in page.bodies]
    return [each | {"may_follow": feeds is None or each["source"] in feeds} for each in found]


async def _name(site: Site, request: Request, child_id: str) -> _Name:
    who = who_of(request)
    may_ask = await run_in_threadpool(_may_ask, site, who, child_id)
    own = await run_in_threadpool(nameable, site, who, [child_id])
    let = None if own else opened.opened(request, site.access, site.clock.now(), who).of(child_id)
    if not own and (let is None or not may_ask):
        return _Name(may_ask=may_ask)
    why = "a child's page" if let is None else f"out of scope: {let.reason}"[:MOST_WHY]
    try:
        found = await names(site, who, [child_id], why)
    except Unavailable:
        return _Name(away="The name can't be shown just now: identity's desk does not answer.")
    return _Name(named=found.get(child_id), until=None if let is None else let.until)


def _page(site: Site, child_id: str, read: _Read, name: _Name) -> dict[str, Any]:
    assert read.record is not None
    assert read.seen is not None
    cases = read.record["cases"]
    told = timeline(child_id, read.record, read.deadlines)
    facts = [(each.on, each.words) for each in told.moments if each.kind == "fact"]
    return {
        "child_id": child_id,
        "record": read.record,
        "current": [case for case in cases if case["open"]] or cases[-1:],
        "seen": read.seen.parts,
        "name": name,
        "whole_name": _whole_name(name.named),
        "facts": [(on, said[0].upper() + said[1:]) for on, said in facts],
        "drawing": _drawing(read, facts, site.today),
        "limits": [_limit(each, site.today) for each in sorted(read.deadlines, key=_order)],
        "open_alerts": sorted({_ALERTS.get(each["threshold"], each["threshold"]) for each in read.alerts}),
        "questions": read.questions,
        "messages": read.messages,
        "as_of": read.as_of,
        "revision": read.revision,
        "minutes": opened.MINUTES,
    }


def _drawing(read: _Read, facts: Sequence[tuple[date, str]], today: date) -> Drawing | None:
    return drawn(read.deadlines, facts, today)


def _order(deadline: Mapping[str, Any]) -> tuple[bool, str, str]:
    """What is open first, the earliest due first."""
    return deadline["state"] not in ("running", "overdue", "exempt"), deadline["due_on"], deadline["id"]


def _limit(deadline: Mapping[str, Any], today: date) -> dict[str, Any]:
    is_open = deadline["state"] in ("running", "overdue", "exempt")
    due, act_by = date.fromisoformat(deadline["due_on"]), date.fromisoformat(deadline["act_by"])
    return {
        **deadline,
        "label": label(deadline),
        "is_target": deadline["clock"] in words.TARGETS,
        "tag": words.TAGS.get(deadline["state"], ""),
        "days": words.days_left(deadline["state"], act_by, due, today) if is_open else "",
    }


def _whole_name(named: Named | None) -> str:
    return " ".join(each for each in (named.given, named.family) if each) if named is not None else ""


_ALERTS = {
    "due-soon": "something is due soon",
    "overdue": "something is overdue",
    "likely-late": "advice is likely to be late",
    "exempt-still-open": "something is exempt from its limit and still owed",
    "advice-after-plan": "advice came after the plan",
    "plan-without-advice": "the plan went out without some advice",
    "sent-not-logged": "advice was sent, they say, and not logged",
    "all-advice-in": "all advice is in: the plan can be drafted",
    "week-12-incomplete": "week 12 has passed and advice is missing",
    "heading-open": "a heading of advice is not complete",
    "exemption-not-valid": "an exemption was claimed that does not fit the rule",
    "date-moved-back": "a date was corrected to an earlier one",
}
