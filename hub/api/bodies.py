"""The size of what may be sent: small questions and answers, nothing else."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.problems import problem

LIMIT = 65_536
"""Largest body in bytes."""


class Limited:
    """ASGI middleware: 411 for a body whose length is not said, 413 for one that is too long. Nothing of it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if not length.isdecimal():
            await problem(411, "The length of the body is needed", headers=_CLOSE)(scope, receive, send)
        elif int(length) > LIMIT:
            await problem(413, f"The body is larger than {LIMIT} bytes", headers=_CLOSE)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


_CLOSE = {"Connection": "close"}
