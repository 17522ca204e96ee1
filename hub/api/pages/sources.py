"""Sources and stages: how each does now, in words; and letting a stage or connector stop reading, and go on."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Annotated, Any, NamedTuple

import orjson
from fastapi import APIRouter, HTTPException, Path, Request, Response
from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from hub.api.access import Principal
from hub.api.access.scope import areas
from hub.api.access.ways import PAGES
from hub.api.pages import words
from hub.api.pages.messages import LEAST_REASON, Reason
from hub.api.pages.messages_story import STAGES
from hub.api.pages.site import PageRoute, Site, who_of
from hub.platform.clock import SystemClock
from hub.runtime.pauses import PAUSABLE
from hub.stages.errors import Unavailable
from hub.store import feeds, reader
from hub.store.tables import messages
from schemas.pauses import Pause
from schemas.sources import Source
from schemas.status import Item, Status

RHYTHM = 100
"""The last messages of a feed, by which its usual gap is told."""
Process = Annotated[str, Path(max_length=40, pattern=r"^[a-z-]+$")]

STATES: Mapping[str, tuple[str, str]] = {
    "well": ("well", "Well"),
    "degraded": ("late", "Needs somebody"),
    "unknown": ("soon", "Not known"),
    "paused": ("soon", "Paused"),
}
"""How states are coloured, and what they are called."""

ORDER = ("webhook", "files", "bars", "pds", "intake", "identity", "casework", "projection")
"""What reads messages, along their way."""


PAUSED_HERE = PAUSABLE - {"audit"}
"""What these pages pause: who did it stands in the audit, so that is for whoever has the machine."""


class Feed(NamedTuple):
    """A registered feed, and how it does. `usual` is the gap between messages that is usual for it."""

    source: Source
    state: str
    heard_at: datetime | None
    usual: str
    silent_since: date | None
    letters: int
    last_error: str
    last_letter: str | None


class Reader(NamedTuple):
    """A stage or connector: how it does, in sentences, who paused it, and which runbooks help."""

    name: str
    title: str
    state: str
    says: tuple[str, ...]
    paused: Pause | None
    pausable: bool
    runbooks: tuple[str, ...]


def sources_pages(site: Site) -> APIRouter:
    """The page, and pausing."""
    router = APIRouter(prefix=PAGES, include_in_schema=False, route_class=PageRoute)

    @router.get("/sources")
    async def shown(request: Request) -> Response:
        return await _answer(site, request)

    @router.post("/sources/{process}/pause")
    async def pause(request: Request, process: Process, reason: Reason = "") -> Response:
        return await _tell(site, request, process, reason, "pause")

    @router.post("/sources/{process}/resume")
    async def resume(request: Request, process: Process, reason: Reason = "") -> Response:
        return await _tell(site, request, process, reason, "resume")

    return router


async def _tell(site: Site, request: Request, process: str, reason: str, what: str) -> Response:
    if not _may_pause(who_of(request)):
        raise HTTPException(403, "What every area needs is paused by whoever operates the hub in every area")
    if process not in PAUSED_HERE:
        raise HTTPException(404, "There is no stage or connector of this name to pause here")
    if len(reason.strip()) < LEAST_REASON:
        verb = "stops" if what == "pause" else "goes on"
        return await _answer(site, request, f"Say in a sentence why {STAGES[process]} {verb}", process)
    asked = Pause(process=process, actor=who_of(request).actor, why=reason.strip(), at=SystemClock().now())
    await (site.operations.pause(asked) if what == "pause" else site.operations.resume(asked))
    return RedirectResponse(f"{PAGES}/sources?{what}d={process}#{process}", 303)


def _may_pause(who: Principal) -> bool:
    """Stages and connectors read for every area: so does whoever stops them."""
    return areas(who, "process.control") is None


async def _answer(site: Site, request: Request, wrong: str = "", process: str = "") -> Response:
    who = who_of(request)
    own = await run_in_threadpool(_feeds, site, who)
    technical = who.may("process.control")
    status, paused, away = await _operating(site) if technical else (None, {}, "")
    told = next((name for name in ("paused", "resumed") if name in request.query_params), "")
    named = STAGES.get(request.query_params.get(told, ""), "") if told else ""
    page = {
        "feeds": own,
        "readers": readers(status, paused) if status is not None else [],
        "rest": _rest(status) if status is not None else [],
        "overall": status.state if status is not None else "",
        "technical": technical,
        "may_pause": _may_pause(who),
        "away": away,
        "told": told if named else "",
        "named": named,
        "states": STATES,
        "wrong": wrong,
        "process": process,
        "as_of": await run_in_threadpool(_as_of, site),
    }
    return site.page(request, "sources.html", page, 422 if wrong else 200)


async def _operating(site: Site) -> tuple[Status | None, Mapping[str, Pause], str]:
    status = await site.operations.status()
    try:
        return status, await site.operations.paused(), ""
    except Unavailable as error:
        return status, {}, f"What is paused can't be told now: {error}."


def _as_of(site: Site) -> str:
    with site.model.connection() as connection:
        return site.as_of(connection)


def _feeds(site: Site, who: Principal) -> list[Feed]:
    known = site.reading.sources_of(who, "source.read")
    registered = [each for each in site.reading.sources.sources if known is None or each.id in known]
    with site.model.connection() as connection:
        silent, lost = feeds.silent(connection), feeds.given_up(connection)
        found = [_feed(connection, each, silent.get(each.id), lost.get(each.id, 0)) for each in registered]
    return sorted(found, key=lambda each: (("degraded", "unknown", "well").index(each.state), each.source.id))


def _feed(connection: Connection, source: Source, silent: date | None, lost: int) -> Feed:
    times = _last_times(connection, source.id)
    letter = _last_letter(connection, source.id) if lost else None
    return Feed(
        source=source,
        state="degraded" if silent is not None or lost else "well" if times else "unknown",
        heard_at=datetime.fromtimestamp(times[0] / 1e6, UTC) if times else None,
        usual=usual_gap(times),
        silent_since=silent,
        letters=lost,
        last_error="" if letter is None else f"{letter['message'].rstrip('.')}",
        last_letter=None if letter is None else letter["id"],
    )


def _last_letter(connection: Connection, source: str) -> Any:
    page = reader.page(connection, reader.DEAD_LETTERS, {"source": source, "status": "open"}, None, 1)
    return orjson.loads(page.bodies[0]) if page.bodies else None


def _last_times(connection: Connection, source: str) -> list[int]:
    """When its last messages were received, the newest first, by the index of sources and times."""
    column = messages.c
    last = select(column.at).where(column.source == source).order_by(column.at.desc()).limit(RHYTHM)
    return list(connection.scalars(last))


def usual_gap(times: Sequence[int]) -> str:
    """The usual time between messages (newest first, in microseconds) in words; empty for too few."""
    gaps = [later - earlier for later, earlier in pairwise(times)]
    if len(gaps) < 3:
        return ""
    return f"every {lasting(timedelta(microseconds=median(gaps)))}"


def lasting(time: timedelta) -> str:
    """How long something lasts, in one unit."""
    seconds = time.total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length or (unit == "minute" and seconds >= length):
            number = round(seconds / length)
            return f"{number} {unit}s" if number > 1 else unit
    return "few seconds"


def readers(status: Status, paused: Mapping[str, Pause]) -> list[Reader]:
    """Every stage and connector along the way of a message."""
    said: dict[str, list[Item]] = {name: [] for name in ORDER}
    for item in status.items:
        if item.part in ("process", "stage"):
            said.setdefault(item.name, []).append(item)
    return [_reader(name, items, paused.get(name)) for name, items in said.items() if items or name in paused]


def _reader(name: str, items: Iterable[Item], paused: Pause | None) -> Reader:
    kept = [item for item in items if paused is None or item.words != paused.words]
    states = {item.state for item in kept}
    state = "degraded" if "degraded" in states else "unknown" if "unknown" in states else "well"
    says = tuple(dict.fromkeys(words.capitalised(item.words) for item in kept))
    runbooks = tuple(dict.fromkeys(item.runbook for item in kept if item.runbook))
    shown = "paused" if paused else state
    return Reader(name, STAGES.get(name, name), shown, says, paused, name in PAUSED_HERE, runbooks)


def _rest(status: Status) -> list[tuple[str, Item]]:
    """What is neither a source nor reads messages: what is wrong first."""
    rest = [item for item in status.items if item.part not in ("process", "stage", "source")]
    rest.sort(key=lambda item: (item.state == "well", item.part, item.name))
    return [(_part(item), item) for item in rest]


def _part(item: Item) -> str:
    part = words.capitalised(item.part)
    return part if item.name == item.part else f"{part}: {words.KINDS.get(item.name, item.name)}"
