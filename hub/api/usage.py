"""How the API is used: requests by route and status, and how long they took."""

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.platform.instruments import FAST, counter, histogram

REQUESTS = counter(
    "api_requests",
    "Requests answered, by the route's template and the status.",
    ["route", "status"],
    unit="requests",
    reader="operations",
    process="api",
)
SECONDS = histogram(
    "api_request_seconds",
    "Time to answer a request.",
    ["route"],
    unit="seconds",
    reader="operations",
    process="api",
    buckets=FAST,
)


class Measured:
    """ASGI middleware. The label is the route's template, never the path: a path holds a child's id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on and count."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = perf_counter(), 500

        async def counted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            REQUESTS.labels(route, str(status)).inc()
            SECONDS.labels(route).observe(perf_counter() - begun)
