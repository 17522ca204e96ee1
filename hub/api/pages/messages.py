"""Messages: what connectors received. Searched, followed through every stage, and shown as they were received."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import orjson
from fastapi import APIRouter, Form, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator
from sqlalchemy import Connection, func, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from hub.api.access import Permission, Principal
from hub.api.access.ways import PAGES
from hub.api.desk_bytes import MessageLook, Raw
from hub.api.messages import keys_of, of_feeds, restricted_among
from hub.api.pages import words
from hub.api.pages.messages_story import STAGES, STATES, Glance, glance, story
from hub.api.pages.site import PageRoute, Site, who_of
from hub.store import messages, reader, tables
from hub.store.reader import Value
from schemas.audit import MOST_WHY
from schemas.instants import LONDON, microseconds
from schemas.trail import Receipt

SIZE = 50
MAY_READ: Permission = "message.read"
LEAST_REASON = 10
"""Characters of a reason."""
SHOWN = 100_000
"""Most characters of a body on a page."""
Key = Annotated[str, Path(max_length=200, pattern=r"^[\x21-\x7e]+$")]
Word = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Moment = Annotated[str, StringConstraints(pattern=r"^(\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?)?$", max_length=20)]
Reason = Annotated[str, Form(max_length=MOST_WHY)]


class MessagesQuery(BaseModel):
    """Which messages, and where to go on. Times are London's, as a browser's field for them writes them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Word = ""
    type: Word = ""
    state: Word = ""
    since: Moment = ""
    until: Moment = ""
    child: Word = ""
    after: Annotated[str, StringConstraints(max_length=2_000)] = ""

    @field_validator("state")
    @classmethod
    def _is_a_state(cls, state: str) -> str:
        if state and state not in messages.OUTCOMES:
            raise ValueError("not a state of a message")
        return state

    @field_validator("since", "until")
    @classmethod
    def _is_a_moment(cls, moment: str) -> str:
        if moment:
            _micros(moment)
        return moment

    @property
    def chosen(self) -> dict[str, str]:
        """What was chosen."""
        names = ("source", "type", "state", "since", "until", "child")
        return {name: value for name in names if (value := getattr(self, name))}

    @property
    def address(self) -> str:
        """The same list, from its beginning."""
        return urlencode(self.chosen)

    @property
    def filters(self) -> dict[str, Value]:
        """As the read model is asked, by column."""
        found: dict[str, Value] = {name: value for name in ("source", "type") if (value := getattr(self, name))}
        if self.since:
            found["at_from"] = _micros(self.since)
        if self.until:
            found["at_to"] = _micros(self.until) - 1
        return found


def messages_pages(site: Site) -> APIRouter:
    """The list, one message, and its bytes."""
    router = APIRouter(prefix=PAGES, include_in_schema=False, route_class=PageRoute)

    @router.get("/messages")
    async def listed(request: Request, query: Annotated[MessagesQuery, Query()]) -> Response:
        return site.page(request, "messages.html", await run_in_threadpool(_listed, site, who_of(request), query))

    @router.post("/messages")
    async def find(request: Request, key: Annotated[str, Form(max_length=300)] = "") -> Response:
        who = who_of(request)
        found = await run_in_threadpool(_find, site, who, key.strip())
        if found is not None:
            return RedirectResponse(f"{PAGES}/messages/{quote(found, safe='')}", 303)
        shown = await run_in_threadpool(_listed, site, who, MessagesQuery())
        return site.page(request, "messages.html", shown | {"missing": True}, 404)

    @router.get("/messages/{message_id}")
    async def one(request: Request, message_id: Key) -> Response:
        return await _one(site, request, message_id)

    @router.post("/messages/{message_id}/raw")
    async def raw(request: Request, message_id: Key, reason: Reason = "") -> Response:
        who, said = who_of(request), reason.strip()
        place = await run_in_threadpool(_place, site, who, message_id)
        if place is None:
            raise await site.missing(request, message_id)
        if len(said) < LEAST_REASON:
            return await _one(site, request, message_id, "Say in a sentence why you need to see what was received")
        look = MessageLook.model_validate({**place._asdict(), "who": who.actor, "purpose": said})
        found = await site.operations.message_bytes(look)
        here = {"title": "Message as received", "back": f"{PAGES}/messages/{quote(message_id, safe='')}"}
        return site.page(request, "raw.html", here | {"reason": said} | as_text(found))

    return router


def as_text(raw: Raw) -> dict[str, Any]:
    """Bytes as a page shows them: escaped by the template, without control characters, and not without end."""
    text = "".join(
        char if char.isprintable() or char in "\n\t" else repr(char)[1:-1]
        for char in raw.content.decode("utf-8", "backslashreplace")
    )
    headers = [(_printable(name), _printable(value)) for name, value in raw.headers]
    cut = len(text) > SHOWN or raw.size > len(raw.content)
    return {"gone": raw.gone, "headers": headers, "text": text[:SHOWN], "size": raw.size, "cut": cut}


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def registered(site: Site, who: Principal) -> list[str]:
    """The feeds that somebody may see messages of."""
    known = site.reading.sources_of(who, "message.read")
    return sorted(each.id for each in site.reading.sources.sources) if known is None else known


def _listed(site: Site, who: Principal, query: MessagesQuery) -> dict[str, Any]:
    bound: dict[str, Value] = {"page": "messages", "actor": who.actor, **query.chosen}
    where = [*messages.conditions(query.state or None, query.child or None), *of_feeds(site.reading, who, MAY_READ)]
    with site.model.connection() as connection:
        after = site.cursors.read(messages.MESSAGES, bound, query.after) if query.after else None
        if query.child and restricted_among(connection, [query.child], who):
            page = reader.Page([], None)
        else:
            page = reader.page(connection, messages.MESSAGES, query.filters, after, SIZE, where=where)
        rows = [orjson.loads(body) for body in page.bodies]
        glances = _glances(connection, [row["message"] for row in rows])
        as_of = site.as_of(connection)
    following = None if page.last is None else site.cursors.write(messages.MESSAGES, bound, page.last)
    return {
        "rows": [(row, glances[row["message"]]) for row in rows],
        "query": query,
        "address": query.address,
        "following": following,
        "sources": registered(site, who),
        "states": STATES,
        "all_types": sorted({*words.TYPES, *([query.type] if query.type else [])}),
        "as_of": as_of,
        "missing": False,
        "may_replay": who.may("message.replay"),
    }


def _glances(connection: Connection, keys: Sequence[str]) -> Mapping[str, Glance]:
    """How each of these stands: two questions, however many they are."""
    steps, letters = tables.message_steps.c, tables.dead_letters.c
    known: dict[str, list[Any]] = {key: [] for key in keys}
    for key, body in connection.execute(select(steps.message, steps.body).where(steps.message.in_(keys))):
        known[key].append(orjson.loads(body))
    still_open = select(letters.message, func.count()).where(letters.message.in_(keys), letters.status == "open")
    lost: dict[str, int] = {
        key: int(number) for key, number in connection.execute(still_open.group_by(letters.message))
    }
    return {key: glance(said, lost.get(key, 0)) for key, said in known.items()}


def _find(site: Site, who: Principal, said: str) -> str | None:
    """The message that somebody names, if it is theirs to see."""
    keys = keys_of(registered(site, who), said) if said else []
    wanted = select(tables.messages.c.key).where(
        tables.messages.c.key.in_(keys), *of_feeds(site.reading, who, MAY_READ)
    )
    with site.model.connection() as connection:
        found: str | None = connection.scalar(wanted.order_by(tables.messages.c.at.desc()).limit(1))
    return found


async def _one(site: Site, request: Request, message_id: str, wrong: str = "") -> Response:
    who = who_of(request)
    found = await run_in_threadpool(_followed, site, who, message_id)
    if found is None:
        raise await site.missing(request, message_id)
    may = {"raw": who.may("message.raw"), "replay": who.may("message.replay"), "child": who.may("record.read")}
    may |= {"letter": who.may("letter.read"), "task": who.may("review.read")}
    return site.page(
        request, "message.html", found | {"may": may, "wrong": wrong, "stages": STAGES}, 422 if wrong else 200
    )


def _followed(site: Site, who: Principal, message_id: str) -> dict[str, Any] | None:
    where = of_feeds(site.reading, who, MAY_READ)
    with site.model.connection() as connection:
        if reader.body(connection, messages.MESSAGES, message_id, where=where) is None:
            return None
        found = messages.followed(connection, message_id)
        asked = tables.reviews.c
        of_message = select(asked.body).where(asked.message == message_id).order_by(asked.opened_on, asked.key)
        tasks = [orjson.loads(body) for body in connection.scalars(of_message)]
        children = messages.children_of(found.steps) if found is not None else ()
        withheld = restricted_among(connection, children, who)
        as_of = site.as_of(connection)
    if found is None:
        return None
    steps, letters = [orjson.loads(step) for step in found.steps], [orjson.loads(each) for each in found.letters]
    intake = next((step for step in steps if step["step"] == "intake"), None)
    return {
        "receipt": Receipt.model_validate_json(found.receipt),
        "glance": glance(steps, sum(each["status"] == "open" for each in letters)),
        "parts": story(steps, letters, tasks, withheld),
        "intake": intake,
        "as_of": as_of,
    }


def _place(site: Site, who: Principal, message_id: str) -> messages.RawPlace | None:
    where = of_feeds(site.reading, who, "message.raw")
    with site.model.connection() as connection:
        followed = messages.followed(connection, message_id)
        children = messages.children_of(followed.steps) if followed is not None else ()
        if restricted_among(connection, children, who):
            return None
        found = messages.raw_places(connection, {}, None, None, [message_id], where)
    return found[0] if found else None


def _micros(moment: str) -> int:
    """A London moment, or the beginning of a day, in microseconds since 1970; raises ValueError."""
    found = datetime.fromisoformat(moment)
    if found.tzinfo is not None or not 1970 < found.year < 9999:
        raise ValueError("not a moment in London")
    return microseconds(found.replace(tzinfo=LONDON))
