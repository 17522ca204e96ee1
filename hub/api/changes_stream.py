"""The change feed as server-sent events: one event for what has come since the last, its id the place after it.

A client that reconnects sends the last id it has seen whole, so an event that broke off comes again. A stream ends by
itself after a while, and one whose client takes nothing is given up: both come back where they were.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Protocol

import structlog
from fastapi import Response
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from hub.api.problems import problem
from hub.stages.errors import Unavailable
from hub.store import SchemaMismatch
from hub.store.changes import Feed, Gone, Place, View

log = structlog.get_logger()

BEAT_SECONDS = 15.0
"""How often a stream says that it lives when there is nothing to tell."""
STREAM_SECONDS = 600.0
"""How long a stream is served at most: whoever may no longer read finds out by then."""
STALL_SECONDS = 30.0
"""How long a client may take nothing."""
RETRY_MS = 2_000
MOST_STREAMS = 200
MOST_OF_ONE = 20


class Source(Protocol):
    """Where the changes come from."""

    async def after(self, place: Place, view: View, limit: int, wait: float) -> Feed:
        """What follows a place."""
        ...

    def cursor(self, place: Place, view: View) -> str:
        """The cursor of a place."""
        ...


class Streams:
    """The streams that are open, by who reads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open: Counter[str] = Counter()

    def response(self, source: Source, first: Feed, view: View, actor: str) -> Response:
        """A stream that begins with what was found; 503 where there are too many."""
        if self._open.total() >= MOST_STREAMS or self._open[actor] >= MOST_OF_ONE:
            return problem(503, "Too many streams are open", headers={"Retry-After": "10"})
        return _Stream(self._frames(source, first, view), self._open, actor)

    async def _frames(self, source: Source, found: Feed, view: View) -> AsyncIterator[bytes]:
        yield f"retry: {RETRY_MS}\n\n".encode()
        end = time.monotonic() + STREAM_SECONDS
        try:
            while True:
                yield frame(found, source.cursor(found.place, view))
                if time.monotonic() >= end:
                    return
                found = await source.after(found.place, view, self._limit, 0 if found.more else BEAT_SECONDS)
        except Gone:
            yield b"event: gone\ndata: begin anew, and drop what you hold\n\n"
        except (Unavailable, SchemaMismatch) as error:
            log.warning("a stream of changes ends", why=str(error))


def frame(found: Feed, cursor: str) -> bytes:
    """One event; where there is nothing to tell only the id, which clients note and do not tell of."""
    if not found.items:
        return f"id: {cursor}\n\n".encode()
    # Line ends can only stand between JSON's words.
    data = f'{{"changes":[{",".join(found.items)}]}}'.replace("\r", " ").replace("\n", " ")
    return f"id: {cursor}\nevent: changes\ndata: {data}\n\n".encode()


class _Stream(StreamingResponse):
    """Counts itself while it is served, and gives up on a client that takes nothing."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncIterator[bytes], streams: Counter[str], actor: str) -> None:
        # Proxies must pass each event on at once.
        super().__init__(frames, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._streams = streams
        self._actor = actor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve until it ends."""

        async def bounded(message: Message) -> None:
            async with asyncio.timeout(STALL_SECONDS):
                await send(message)

        self._streams[self._actor] += 1
        try:
            await super().__call__(scope, receive, bounded)
        except (TimeoutError, ClientDisconnect):
            # To Starlette a time-out may be a client that has gone: either way nobody takes anything.
            log.debug("a stream of changes ends: its reader takes nothing")
        finally:
            self._streams[self._actor] -= 1
