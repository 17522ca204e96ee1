"""Forms of our own, and nobody else's: whoever is known by a cookie has to show that the page was ours (CSRF)."""

import hmac
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.api.access.principal import Principal
from hub.api.access.sessions import Sessions
from hub.api.problems import problem

FIELD = "csrf_token"
HEADER = "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_foreign(scope: Scope) -> bool:
    """Whether a browser says that the request comes from another site's page."""
    headers = Headers(scope=scope)
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host", "")


class OwnForms:
    """ASGI middleware behind the gate, and behind the limit of a body's size: 403 for what is sent with a cookie and
    without the session's token, in a field or a header."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer."""
        if scope["type"] != "http" or scope["method"] in SAFE:
            await self._app(scope, receive, send)
            return
        who = scope.get("state", {}).get("principal")
        if is_foreign(scope):
            await _FOREIGN(scope, receive, send)
        elif not isinstance(who, Principal) or who.how != "session":
            await self._app(scope, receive, send)
        else:
            messages = await _all(receive)
            if self._is_ours(who, Headers(scope=scope), messages):
                await self._app(scope, _again(messages, receive), send)
            else:
                await _FOREIGN(scope, receive, send)

    def _is_ours(self, who: Principal, headers: Headers, messages: Sequence[Message]) -> bool:
        offered = headers.get(HEADER)
        if offered is None and headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            body = b"".join(message.get("body", b"") for message in messages)
            offered = _field(body)
        return hmac.compare_digest((offered or "").encode(), self._sessions.token(who).encode())


def _field(body: bytes) -> str:
    try:
        return (parse_qs(body.decode("utf-8", "replace"), max_num_fields=1_000).get(FIELD) or [""])[0]
    except ValueError:
        return ""


async def _all(receive: Receive) -> list[Message]:
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


def _again(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def once_more() -> Message:
        return next(waiting, None) or await receive()

    return once_more


_FOREIGN = problem(403, "This was not sent from a page of ours", "Open the page anew and send it again.")
