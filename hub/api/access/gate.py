"""The gate before everything: who asks, and whether they may. What is not in the table of ways is not there."""

from http.cookies import SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.api.access.access import Access
from hub.api.access.looks import Look
from hub.api.access.oidc.systems import NotASystem
from hub.api.access.principal import Principal
from hub.api.access.sessions import COOKIE
from hub.api.access.signing import SIGN_IN, client, onward_of
from hub.api.access.ways import PAGES, Way, Ways
from hub.api.problems import problem, unavailable
from hub.stages.errors import Unavailable

WAY = "sendhub.way"


class Known:
    """ASGI middleware: 401 for whoever is not known, whether or not the path exists; on pages they are asked to sign
    in."""

    def __init__(self, app: ASGIApp, access: Access, ways: Ways) -> None:
        self._app = app
        self._access = access
        self._ways = ways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through with the principal in the request's state, or answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[WAY] = way = self._ways.find(scope["method"], scope["path"])
        if isinstance(way, Way) and way.needs == "open":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            found = await self._principal(request)
        except Unavailable as error:
            await unavailable(error)(scope, receive, send)
            return
        except NotASystem:
            await _a_persons()(scope, receive, send)
            return
        if found is None:
            await _unknown(request)(scope, receive, send)
            return
        scope.setdefault("state", {})["principal"] = found
        renewed = self._renewing(request, send) if found.how == "session" else send
        await self._app(scope, receive, renewed)

    async def _principal(self, request: HTTPConnection) -> Principal | None:
        for each in self._access.authenticators:
            found = await each.principal(request)
            if found is not None:
                return found
        return None

    def _renewing(self, request: Request, send: Send) -> Send:
        """With the session's cookie anew where it is time, unless the answer says something of it itself."""

        async def renewing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                said = (SimpleCookie(value) for value in headers.getlist("set-cookie"))
                if not any(COOKIE in each for each in said):
                    fresh = Response()
                    self._access.sessions.renew(request, fresh)
                    for value in fresh.headers.getlist("set-cookie"):
                        headers.append("set-cookie", value)
            await send(message)

        return renewing


class Permitted:
    """ASGI middleware behind `Known`: 404 for a path, 405 for a method that is not there, 403 for whoever may not, 429
    for whoever may, but not so often."""

    def __init__(self, app: ASGIApp, access: Access, look: Look) -> None:
        self._app = app
        self._access = access
        self._look = look

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        way = scope[WAY]
        if not isinstance(way, Way):
            if way:
                return problem(405, "Method Not Allowed", headers={"Allow": ", ".join(sorted(way))})
            return self._said(scope, 404, "Not Found")
        if way.needs == "open":
            return None
        who: Principal = scope["state"]["principal"]
        if way.needs != "signed-in" and not who.may(way.needs):
            return self._said(scope, 403, "Your role may not do this")
        return self._too_often(scope, way, who)

    def _too_often(self, scope: Scope, way: Way, who: Principal) -> Response | None:
        if way.rate is None or (way.people and who.kind != "person"):
            return None
        limiter, what = self._access.limiter, f"{way.method} {way.path}"
        wait = limiter.take(what, who.actor, way.rate) or limiter.take(
            f"{what} by client", client(Request(scope)), way.rate.of_many
        )
        return self._said(scope, 429, "Too often", wait) if wait else None

    def _said(self, scope: Scope, status: int, title: str, wait: int = 0) -> Response:
        headers = {"Retry-After": str(wait)} if wait else {}
        detail = f"Please wait {wait} seconds." if wait else None
        if not scope["path"].startswith(f"{PAGES}/"):
            return problem(status, title, detail, headers=headers)
        answer = self._look.refused(status, title, detail)
        answer.headers.update(headers)
        return answer


def _unknown(request: Request) -> Response:
    path = request.url.path
    if path == PAGES or path.startswith(f"{PAGES}/"):
        return RedirectResponse(f"{SIGN_IN}?onward={onward_of(request)}", 303)
    return problem(
        401,
        "A valid bearer token is needed",
        "Send the header `Authorization: Bearer` with a token.",
        headers={"WWW-Authenticate": 'Bearer realm="sendhub"'},
    )


def _a_persons() -> Response:
    """Only whoever has a good token is told so much of it."""
    return problem(
        401,
        "This token is not a system's",
        "By SENDHUB_OIDC_SYSTEMS nothing in it says that a system was given it. People sign in at the pages.",
        headers={"WWW-Authenticate": 'Bearer realm="sendhub", error="invalid_token"'},
    )
