"""What has changed since somebody's last visit: every limit that changed, by day, the newest first."""

from datetime import date, timedelta
from itertools import groupby
from typing import Annotated, Any, NamedTuple

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.concurrency import run_in_threadpool

from hub.api.access.principal import Principal
from hub.api.access.scope import slices
from hub.api.access.ways import PAGES
from hub.api.pages import words
from hub.api.pages.drawing import label
from hub.api.pages.kept import keep, kept
from hub.api.pages.names import initials, nameable
from hub.api.pages.site import PageRoute, Site, who_of
from hub.api.queries import Day
from hub.store import worklist
from hub.store.reader import Value

SIZE = 100
FIRST_DAYS = 7
"""How far back a first visit looks."""


class ChangesQuery(BaseModel):
    """From which day on, and where to go on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Day | None = None
    after: Annotated[str, StringConstraints(max_length=2_000)] = ""


class _Found(NamedTuple):
    limits: list[dict[str, Any]]
    following: str | None
    as_of: str


def changes_pages(site: Site) -> APIRouter:
    """The page of changes."""
    router = APIRouter(prefix=PAGES, include_in_schema=False, route_class=PageRoute)

    @router.get("/changes")
    async def changes(request: Request, query: Annotated[ChangesQuery, Query()]) -> Response:
        who, today = who_of(request), site.today
        own = kept(request, site.access, who.actor).visited(today)
        since = query.since or own.before or today - timedelta(days=FIRST_DAYS)
        found = await run_in_threadpool(_read, site, who, since, query.after)
        wanted = await run_in_threadpool(nameable, site, who, [each["child_id"] for each in found.limits])
        known, not_named = await initials(site, who, wanted, "changes since the last visit")
        days = groupby(found.limits, key=lambda each: each["as_of"])
        shown = {
            "since": since,
            "is_last_visit": query.since is None and own.before is not None,
            "days": [(day, list(limits)) for day, limits in days],
            "known": known,
            "not_named": not_named,
            "following": found.following,
            "is_later": bool(query.after),
            "as_of": found.as_of,
        }
        answer = site.page(request, "changes.html", shown)
        keep(answer, site.access, own)
        return answer

    return router


def _read(site: Site, who: Principal, since: date, cursor: str) -> _Found:
    bound: dict[str, Value] = {"page": "changes", "actor": who.actor, "since": since}
    with site.model.connection() as connection:
        after = site.cursors.read(worklist.CHANGES, bound, cursor) if cursor else None
        scope = slices(who, "record.read")
        page = worklist.changed(connection, scope, since, after, SIZE, named=who.restricted)
        limits = [_limit(orjson.loads(body), site.today) for body in page.bodies]
        following = None if page.last is None else site.cursors.write(worklist.CHANGES, bound, page.last)
        return _Found(limits, following, site.as_of(connection))


def _limit(deadline: dict[str, Any], today: date) -> dict[str, Any]:
    return deadline | {"label": label(deadline), "said": _said(deadline), "tag": words.TAGS.get(deadline["state"], "")}


def _said(deadline: dict[str, Any]) -> str:
    """What became of it, in a few words with the date that matters."""
    state, due = deadline["state"], words.short_day(deadline["due_on"])
    if state == "running":
        return f"last day {due}"
    if deadline.get("met_on"):
        return f"done on {words.short_day(deadline['met_on'])}, last day {due}"
    return f"last day was {due}"
