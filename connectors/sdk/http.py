"""What the HTTP connectors share: how a request is let in and read, and how it is refused before it is understood."""

import asyncio
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from starlette.requests import ClientDisconnect, Request

from hub.platform.pausing import never

_READ_SECONDS = 10.0
_PAUSED_SECONDS = 30
"""How soon a sender is asked to try again while a person has paused the connector."""
_DRAIN_TIMES = 8


class Refusal(Exception):
    """A request that will not be taken. Its message is for the sender and never repeats what was received.

    `reason` is the metric's label (few values), `retry_after` the seconds for a Retry-After header. Each connector
    writes it in its own protocol's words.
    """

    def __init__(self, status: int, reason: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the status asks for (RFC 9110: WWW-Authenticate, Retry-After, Connection)."""
        headers = {}
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="sendhub"'
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.status in (408, 413):
            headers["Connection"] = "close"
        return headers


class Gate:
    """Lets at most `limit` requests in at once, and none while `paused` says why; else it is 503, never queued."""

    def __init__(self, limit: int, paused: Callable[[], str | None] = never) -> None:
        self._limit = limit
        self._paused = paused
        self.inside = 0

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Hold a place for the length of the block."""
        if self._paused() is not None:
            raise Refusal(503, "paused", "nothing is taken for now: try again later", retry_after=_PAUSED_SECONDS)
        if self.inside >= self._limit:
            raise Refusal(503, "in-flight-limit", "too many requests at once: try again", retry_after=1)
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1


def check_media_type(request: Request, allowed: Collection[str]) -> None:
    """Refuse with 415 unless the Content-Type (its parameters aside) is one of those allowed, in lower case."""
    media_type, *parameters = request.headers.get("content-type", "").lower().split(";")
    charsets = [each.strip() for each in parameters if each.strip().startswith("charset=")]
    if media_type.strip() not in allowed:
        raise Refusal(415, "media-type", f"the Content-Type must be {' or '.join(sorted(allowed))}")
    if any(each.removeprefix("charset=").strip('"') not in ("utf-8", "utf8") for each in charsets):
        raise Refusal(415, "media-type", "the charset must be utf-8")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "media-type", "a Content-Encoding is not taken: send the body as it is")


async def read_body(request: Request, limit: int, seconds: float = _READ_SECONDS) -> bytes:
    """The body's bytes; never holds more than `limit`.

    Refuses with 413 what is longer (by its Content-Length or while it comes), with 408 what takes over `seconds`, and
    with 400 what breaks off. A body too long is read on and thrown away for a while, since most clients do not look at
    an answer before they have sent all.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _read(request, limit)
    except TimeoutError:
        raise Refusal(408, "slow", f"the body did not arrive within {seconds:g} s") from None
    except ClientDisconnect:
        raise Refusal(400, "broken-off", "the body broke off") from None


async def _read(request: Request, limit: int) -> bytes:
    body = bytearray()
    length = request.headers.get("content-length", "")
    too_long = length.isdecimal() and int(length) > limit
    seen = 0
    async for chunk in request.stream():
        seen += len(chunk)
        too_long = too_long or seen > limit
        if too_long:
            body.clear()
            if seen > limit * _DRAIN_TIMES:
                break
        else:
            body += chunk
    if too_long:
        raise Refusal(413, "too-large", f"the body is larger than {limit} bytes")
    return bytes(body)


def where(error: BaseException) -> str:
    """The place of an unexpected error, for the log. Its own message may repeat what was received."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return "".join(f"{type(error).__name__} at {frame.filename}:{frame.lineno}" for frame in last)
