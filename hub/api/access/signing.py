"""The paths for signing in and out."""

import hmac
import secrets
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from hub.api.access.access import Access
from hub.api.access.auditing import Audited
from hub.api.access.forms import FIELD, is_foreign
from hub.api.access.limits import Rate
from hub.api.access.looks import Look, SignIn
from hub.api.access.oidc.signing_in import COOKIE as BEGUN
from hub.api.access.oidc.tokens import Refused, known
from hub.api.access.principal import Grant, asking
from hub.api.access.sessions import TooManyGrants, cookie
from hub.api.access.ways import PAGES
from hub.stages.errors import Unavailable

FORM = "__Host-sendhub-form"
SIGN_IN = f"{PAGES}/sign-in"
BY_NAME = Rate(5, 60.0)
"""Tries at once, and seconds until the next one: for a name, and as for many for an address."""

Onward = Annotated[str, Query(max_length=2_000)]


def signing(access: Access, audited: Audited, look: Look) -> APIRouter:
    """GET and POST /pages/sign-in, its way to the provider and back, and POST /pages/sign-out."""
    router = APIRouter(prefix=PAGES, include_in_schema=False)
    doors = _Doors(access, audited, look)

    @router.get("/sign-in")
    async def sign_in(request: Request, onward: Onward = PAGES) -> Response:
        return doors.shown(request, local(onward))

    @router.post("/sign-in")
    async def signed_in(request: Request) -> Response:
        try:
            return await doors.by_password(request, await _form(request))
        except Unavailable:
            return _not_written_down(look)

    @router.get("/sign-in/begin")
    async def begin(request: Request, onward: Onward = PAGES) -> Response:
        return await doors.to_provider(request, local(onward))

    @router.get("/sign-in/back")
    async def back(request: Request) -> Response:
        try:
            return await doors.from_provider(request, dict(request.query_params))
        except Unavailable:
            return _not_written_down(look)

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        answer: Response = RedirectResponse(SIGN_IN, 303)
        access.sessions.end(request, answer)
        try:
            await audited.act(asking(request), "session.end", (), "signed out")
        except Unavailable:
            answer = look.refused(
                503, "You are signed out", "It could not be written down: the audit is away just now."
            )
            access.sessions.end(request, answer)
        return answer

    return router


def _not_written_down(look: Look) -> Response:
    return look.refused(
        503,
        "You were not signed in",
        "It could not be written down: the audit is away just now. Please try again soon.",
    )


def local(onward: str) -> str:
    """Where to go on to: a page of ours, whatever was asked."""
    safe = onward.isascii() and onward.isprintable() and "\\" not in onward
    return onward if safe and (onward == PAGES or onward.startswith(f"{PAGES}/")) else PAGES


class _Doors:
    """What the paths do."""

    def __init__(self, access: Access, audited: Audited, look: Look) -> None:
        self._access = access
        self._audited = audited
        self._look = look

    def shown(self, request: Request, onward: str, failed: str | None = None, status: int = 200) -> Response:
        """The page, with a form that only this browser can send."""
        own = cookie(request, FORM) or secrets.token_urlsafe(24)
        access = self._access
        shown = SignIn(
            onward=onward,
            form_token=access.key.mark("sign-in form", own),
            passwords=access.users is not None,
            provider=access.signing_in is not None,
            failed=failed,
        )
        answer = self._look.sign_in(shown, status)
        answer.set_cookie(FORM, own, path="/", secure=True, httponly=True, samesite="strict")
        return answer

    async def by_password(self, request: Request, form: Mapping[str, str]) -> Response:
        """Let somebody in by name and password."""
        onward, users = local(form.get("onward", PAGES)), self._access.users
        if users is None:
            return self._look.refused(404, "Nobody signs in by password here", None)
        if not self._is_own(request, form):
            return self.shown(request, onward, "This page was open too long. Please try again.", 403)
        name, limiter = form.get("name", "")[:100], self._access.limiter
        wait = limiter.take("sign-in by client", client(request), BY_NAME.of_many)
        wait = wait or limiter.take("sign-in by name", name, BY_NAME)
        if wait:
            answer = self.shown(request, onward, f"Too many tries. Please wait {wait} seconds.", 429)
            answer.headers["Retry-After"] = str(wait)
            return answer
        user = await self._access.find_user(name, form.get("password", ""))
        if user is None:
            if name in users.users:
                await self._audited.by(users.users[name].actor, "session.refused", (), "a wrong password")
            return self.shown(request, onward, "Name or password is wrong.", 401)
        return await self._let_in(user.actor, user.grants, restricted=user.restricted, onward=onward)

    async def to_provider(self, request: Request, onward: str) -> Response:
        """Send the browser to the provider."""
        if self._access.signing_in is None:
            return self._look.refused(404, _NO_PROVIDER, None)
        if wait := self._access.limiter.take("sign-in begun by client", client(request), BY_NAME.of_many):
            return self._too_many(wait)
        there, begun = await self._access.signing_in.begin(onward)
        answer = RedirectResponse(there, 303)
        answer.set_cookie(BEGUN, begun, max_age=600, path="/", secure=True, httponly=True, samesite="lax")
        return answer

    async def from_provider(self, request: Request, query: Mapping[str, str]) -> Response:
        """Let in whoever comes back from the provider."""
        provider = self._access.signing_in
        if provider is None:
            return self._look.refused(404, _NO_PROVIDER, None)
        # First whether this browser began it: what anybody can send takes nothing from those of the same address.
        begun = provider.is_of(cookie(request, BEGUN), query.get("state", ""))
        if begun and (wait := self._access.limiter.take("sign-in by client", client(request), BY_NAME.of_many)):
            return self._too_many(wait)
        try:
            if not begun or "error" in query:
                raise Refused("the provider refused, or was not asked")
            claims, onward = await provider.finish(
                cookie(request, BEGUN), query.get("state", ""), query.get("code", ""), query.get("iss")
            )
        except Refused:
            answer = self._look.refused(403, "You were not signed in", "Please begin again at the sign-in page.")
        else:
            answer = await self._known(claims, local(onward))
        answer.delete_cookie(BEGUN, path="/", secure=True, httponly=True, samesite="lax")
        return answer

    def _too_many(self, wait: int) -> Response:
        answer = self._look.refused(429, "Too many tries", f"Please wait {wait} seconds.")
        answer.headers["Retry-After"] = str(wait)
        return answer

    async def _known(self, claims: Mapping[str, Any], onward: str) -> Response:
        access = self._access
        who = known(claims, access.mapped, access.key, access.issuer, "person", "session")
        return await self._let_in(who.actor, who.grants, restricted=who.restricted, onward=onward)

    async def _let_in(self, actor: str, grants: tuple[Grant, ...], *, restricted: bool, onward: str) -> Response:
        answer = RedirectResponse(onward, 303)
        try:
            self._access.sessions.begin(answer, actor, grants, restricted=restricted)
        except TooManyGrants:
            return self._look.refused(
                403, "You have more roles than can be kept", "Ask whoever runs the hub to grant them together."
            )
        roles = ", ".join(sorted({grant.role for grant in grants})) or "no role"
        await self._audited.by(actor, "session.begin", (), f"signed in: {roles}")
        return answer

    def _is_own(self, request: Request, form: Mapping[str, str]) -> bool:
        own = cookie(request, FORM)
        expected = self._access.key.mark("sign-in form", own or "")
        offered = form.get(FIELD, "")
        return (
            own is not None
            and not is_foreign(request.scope)
            and hmac.compare_digest(expected.encode(), offered.encode())
        )


_NO_PROVIDER = "Nobody signs in by a provider here"


def client(request: Request) -> str:
    """The address that a request comes from: the proxy's word where uvicorn trusts the proxy."""
    return request.client.host if request.client is not None else "unknown"


def onward_of(request: Request) -> str:
    """Where somebody wanted to go who has to sign in first, as a query."""
    query = f"?{request.url.query}" if request.url.query else ""
    return quote(local(f"{request.url.path}{query}"), safe="")


async def _form(request: Request) -> dict[str, str]:
    body = (await request.body()).decode("utf-8", "replace")
    try:
        return {name: values[0] for name, values in parse_qs(body, max_num_fields=20).items()}
    except ValueError:
        return {}
