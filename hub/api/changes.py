"""The change feed: all that is said of children, deadlines and alerts, for systems without Kafka. Nothing is left out
across reconnects: docs/decisions/0018 says why."""

import asyncio
import base64
import binascii
import time
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Request, Response
from fastapi import Query as InQuery
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from hub.api.access import Principal, asking
from hub.api.access.scope import areas
from hub.api.changes_stream import Streams
from hub.api.problems import Invalid, problem
from hub.store import changes
from hub.store.changes import Feed, Gone, Numbers, Place, View
from hub.store.readmodel import ReadModel
from schemas.api import Changes, Problem
from schemas.ids import digest, keyed_digest

NOW = "now"
"""Given as the place: after all that there is."""

LOOK_SECONDS = 0.2
"""How often the database is asked whether there is anything new, for all that wait together."""
STREAM_LIMIT = 200
"""Most changes in one event of a stream."""

Cursor = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
_PAYLOAD = TypeAdapter(tuple[str, str, tuple[int, ...], tuple[int, ...] | None])


class ChangeQuery(BaseModel):
    """What /changes takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: Cursor | None = Field(None, description="`next` of the answer before; `now`; unless given, from the start.")
    limit: int = Field(500, ge=1, le=1_000, description="Most changes in the answer.")
    wait: int = Field(0, ge=0, le=25, description="Seconds to wait for a change where there is none.")


NO_PLACE = [("after", "not a place in this feed: give one that it gave out, or none to begin at its start")]


class ChangeFeed:
    """Reads the feed for whoever asks. One for a process: it asks the database once for all that wait."""

    def __init__(self, model: ReadModel, key: bytes) -> None:
        self._model = model
        self._key = key
        self._lock = asyncio.Lock()
        self._looked = -LOOK_SECONDS
        self._heads: Numbers = changes.NOWHERE

    async def place(self, cursor: str | None, view: View) -> Place:
        """The place that a cursor says; raises Invalid, or Gone where it is of another view of things or of another
        key."""
        if cursor is None or cursor == NOW:
            return await asyncio.to_thread(self._edge, cursor)
        return self._read(cursor, view)

    def cursor(self, place: Place, view: View) -> str:
        """The cursor of a place."""
        past = all(number >= began for number, began in zip(place.numbers, place.began, strict=True))
        payload = orjson.dumps([place.epoch, _seen_by(view), place.numbers, None if past else place.began])
        return f"{base64.urlsafe_b64encode(payload).decode()}.{self._seal(payload)}"

    async def after(self, place: Place, view: View, limit: int, wait: float) -> Feed:
        """What follows a place, waited for so many seconds where nothing does. Raises Gone."""
        end = time.monotonic() + wait
        while True:
            found = await asyncio.to_thread(self._after, place, view, limit)
            place = found.place
            if found.items or found.more or not await self._is_more(place, end):
                return found

    async def _is_more(self, place: Place, end: float) -> bool:
        """Wait until something is new to this place; False when the time is up."""
        while time.monotonic() < end:
            await asyncio.sleep(min(LOOK_SECONDS, max(0.0, end - time.monotonic())))
            if any(last > number for last, number in zip(await self._look(), place.numbers, strict=True)):
                return True
        return False

    async def _look(self) -> Numbers:
        async with self._lock:
            if time.monotonic() - self._looked >= LOOK_SECONDS:
                self._heads = await asyncio.to_thread(self._read_heads)
                self._looked = time.monotonic()
            return self._heads

    def _read_heads(self) -> Numbers:
        with self._model.connection() as connection:
            return changes.heads(connection)

    def _edge(self, cursor: str | None) -> Place:
        with self._model.connection() as connection:
            return changes.end(connection) if cursor == NOW else changes.beginning(connection)

    def _after(self, place: Place, view: View, limit: int) -> Feed:
        with self._model.connection() as connection:
            return changes.after(connection, place, view, limit)

    def _read(self, cursor: str, view: View) -> Place:
        encoded, _, seal = cursor.partition(".")
        try:
            payload = base64.b64decode(encoded, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise Invalid(NO_PLACE) from None
        try:
            epoch, seen_by, numbers, began = _PAYLOAD.validate_json(payload)
        except ValidationError:
            raise Invalid(NO_PLACE) from None
        known = seal == self._seal(payload) and seen_by == _seen_by(view)
        if not known or len(numbers) != len(changes.LANES):
            raise Gone
        return Place(epoch, numbers, began or numbers)

    def _seal(self, payload: bytes) -> str:
        return keyed_digest(self._key, "changes", payload)


def changing(model: ReadModel, key: bytes) -> APIRouter:
    """The path; `key` seals cursors and is known to this deployment's API processes alike."""
    router, feed, streams = APIRouter(), ChangeFeed(model, key), Streams(STREAM_LIMIT)
    said: dict[int | str, dict[str, Any]] = {
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
        410: {"model": Problem, "description": "Begin anew, with nothing kept"},
    }

    @router.get(
        "/changes", response_model=Changes, responses=said, summary="What has changed, also as a stream of events"
    )
    async def read(
        request: Request,
        query: Annotated[ChangeQuery, InQuery()],
        last_event_id: Annotated[Cursor | None, Header(description="As `after`, of a stream.")] = None,
    ) -> Response:
        view = _view(asking(request))
        try:
            place = await feed.place(last_event_id or query.after, view)
            if "text/event-stream" in request.headers.get("accept", ""):
                first = await feed.after(place, view, STREAM_LIMIT, 0)
                return streams.response(feed, first, view, asking(request).actor)
            found = await feed.after(place, view, query.limit, query.wait)
        except Gone:
            return gone()
        following = orjson.dumps(feed.cursor(found.place, view)).decode()
        more = "true" if found.more else "false"
        content = f'{{"changes":[{",".join(found.items)}],"next":{following},"more":{more}}}'
        return Response(content, headers={"Cache-Control": "no-store"}, media_type="application/json")

    return router


def gone() -> Response:
    """410, with what to do."""
    words = (
        "What lies after this place is not all there any more: the read model was filled anew, you were away for "
        "more than 30 days, or what you may see, or the key of places, has changed. Ask again without a place, and "
        "drop what you hold."
    )
    return problem(410, "Begin anew", words)


def _view(who: Principal) -> View:
    return View(areas(who, "change.read"), who.restricted)


def _seen_by(view: View) -> str:
    """Stands for what may be seen: who may see more has to begin anew, as what they could not see was passed over."""
    return digest("view", *(("*",) if view.areas is None else sorted(view.areas)), view.named)
