"""The gate before everything: who asks, and whether they may. What is not in the table of ways is not there."""

from collections.abc import Sequence

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.access.authenticators import Authenticator
from hub.api.access.principal import Principal
from hub.api.access.ways import Way, Ways
from hub.api.problems import problem, unavailable
from hub.stages.errors import Unavailable


class Known:
    """ASGI middleware: 401 for whoever is not known, whether or not the path exists."""

    def __init__(self, app: ASGIApp, authenticators: Sequence[Authenticator], ways: Ways) -> None:
        self._app = app
        self._authenticators = authenticators
        self._ways = ways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through with the principal in the request's state, or answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        way = self._ways.find(scope["method"], scope["path"])
        scope["sendhub.way"] = way
        if not (isinstance(way, Way) and way.needs == "open"):
            try:
                found = await self._principal(HTTPConnection(scope))
            except Unavailable as error:
                await unavailable(error)(scope, receive, send)
                return
            if found is None:
                await _UNKNOWN(scope, receive, send)
                return
            scope.setdefault("state", {})["principal"] = found
        await self._app(scope, receive, send)

    async def _principal(self, request: HTTPConnection) -> Principal | None:
        for each in self._authenticators:
            found = await each.principal(request)
            if found is not None:
                return found
        return None


class Permitted:
    """ASGI middleware behind `Known`: 404 for a path, 405 for a method that is not there, 403 for whoever may not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer."""
        way = scope.get("sendhub.way")
        if scope["type"] != "http" or (isinstance(way, Way) and _may(scope, way)):
            await self._app(scope, receive, send)
        elif isinstance(way, Way):
            await problem(403, "Your role may not do this")(scope, receive, send)
        elif way:
            allow = {"Allow": ", ".join(sorted(way))}
            await problem(405, "Method Not Allowed", headers=allow)(scope, receive, send)
        else:
            await problem(404, "Not Found")(scope, receive, send)


def _may(scope: Scope, way: Way) -> bool:
    if way.needs == "open":
        return True
    found: Principal = scope["state"]["principal"]
    return way.needs == "signed-in" or found.may(way.needs)


_UNKNOWN = problem(
    401,
    "A valid bearer token is needed",
    "Send the header `Authorization: Bearer` with a token.",
    headers={"WWW-Authenticate": 'Bearer realm="sendhub"'},
)
