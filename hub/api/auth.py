"""The gate of the hub's own inner servers: a bearer token whose hash is in the settings."""

import hashlib
import hmac
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.problems import problem

OPEN_PATHS = frozenset({"/live", "/ready"})


def is_one_of(authorization: str | None, hashes: Sequence[str]) -> bool:
    """Whether the token of an `Authorization` header is one of those with these hashes."""
    token = (authorization or "").partition(" ")[2].strip()
    offered = hashlib.sha256(token.encode("latin-1")).hexdigest()
    return any(hmac.compare_digest(offered, known) for known in hashes)


class BearerGate:
    """ASGI middleware: 401 for whoever has no known token, whether or not the path exists."""

    def __init__(self, app: ASGIApp, hashes: Sequence[str]) -> None:
        self._app = app
        self._hashes = hashes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or self._known(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        refusal = problem(
            401,
            "A valid bearer token is needed",
            "Send the header `Authorization: Bearer` with a token.",
            headers={"WWW-Authenticate": 'Bearer realm="sendhub"'},
        )
        await refusal(scope, receive, send)

    def _known(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return False
        return is_one_of(headers.get("authorization"), self._hashes)
