"""Browsers' sessions: all that is known of who signed in stands in a sealed cookie, nothing on the server but who left.

A session ends when nobody used it for a while, at the latest after a working day. Roles are those of the sign-in.
"""

import base64
import binascii
import secrets
from collections import OrderedDict
from datetime import datetime, timedelta

import orjson
from pydantic import ValidationError
from starlette.requests import HTTPConnection
from starlette.responses import Response

from hub.api.access.keys import AccessKey, Unsealed
from hub.api.access.principal import Grant, Principal
from hub.platform.clock import Clock
from schemas.base import Model
from schemas.instants import Instant

COOKIE = "__Host-sendhub"
"""A browser takes this name only over HTTPS (or from this machine), for this host alone, and for the whole of it."""
PURPOSE = "session"
LARGEST = 3_900
"""Most characters of a cookie that every browser keeps."""
LEFT_KEPT = 10_000
"""How many signed-out sessions are remembered; the oldest are forgotten first."""


class TooManyGrants(ValueError):
    """Whoever signs in was granted more than a cookie holds: use fewer groups, or `*`."""


class _Content(Model):
    session: str
    actor: str
    grants: tuple[Grant, ...]
    restricted: bool
    begun: Instant
    used: Instant


class Sessions:
    """Begins, knows, renews and ends sessions. `idle` and `longest` are how long one lasts unused, and at all."""

    def __init__(self, key: AccessKey, clock: Clock, idle: timedelta, longest: timedelta) -> None:
        self._key = key
        self._clock = clock
        self._idle = idle
        self._longest = longest
        self._left: OrderedDict[str, datetime] = OrderedDict()

    def begin(self, response: Response, actor: str, grants: tuple[Grant, ...], *, restricted: bool) -> str:
        """Sign somebody in with this answer; the session's id. Raises TooManyGrants."""
        now = self._clock.now()
        content = _Content(
            session=secrets.token_urlsafe(16),
            actor=actor,
            grants=grants,
            restricted=restricted,
            begun=now,
            used=now,
        )
        self._give(response, content)
        return content.session

    async def principal(self, request: HTTPConnection) -> Principal | None:
        """See Authenticator: whoever the cookie says, while the session lasts."""
        content = self._read(request)
        if content is None:
            return None
        return Principal(
            actor=content.actor,
            kind="person",
            how="session",
            grants=content.grants,
            restricted=content.restricted,
            session=content.session,
        )

    def renew(self, request: HTTPConnection, response: Response) -> None:
        """Let a session that is in use go on; not with every answer."""
        content = self._read(request)
        if content is not None and self._clock.now() - content.used > self._idle / 10:
            self._give(response, content.model_copy(update={"used": self._clock.now()}))

    def end(self, request: HTTPConnection, response: Response) -> None:
        """Sign out: the cookie goes, and a copy of it is worth nothing here."""
        content = self._read(request)
        if content is not None:
            self._left[content.session] = content.begun
            while len(self._left) > LEFT_KEPT:
                self._left.popitem(last=False)
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")

    def token(self, principal: Principal) -> str:
        """What a form of this session has to carry (CSRF)."""
        return self._key.mark("form", principal.session or "")

    def _give(self, response: Response, content: _Content) -> None:
        sealed = self._key.seal(PURPOSE, orjson.dumps(content.model_dump(mode="json")))
        value = base64.urlsafe_b64encode(sealed).decode()
        if len(value) > LARGEST:
            raise TooManyGrants
        response.set_cookie(COOKIE, value, path="/", secure=True, httponly=True, samesite="lax")

    def _read(self, request: HTTPConnection) -> _Content | None:
        try:
            value = cookie(request, COOKIE)
            sealed = base64.b64decode(value or "", altchars=b"-_", validate=True)
            content = _Content.model_validate_json(self._key.unseal(PURPOSE, sealed))
        except (Unsealed, ValidationError, binascii.Error, ValueError):
            return None
        now = self._clock.now()
        lasts = now - content.used <= self._idle and now - content.begun <= self._longest
        return content if lasts and content.session not in self._left else None


def cookie(request: HTTPConnection, name: str) -> str | None:
    """A cookie's value, or None; of several of one name none is taken."""
    found = []
    for header in request.headers.getlist("cookie"):
        for part in header.split(";"):
            key, _, value = part.strip().partition("=")
            found += [value.strip('"')] if key == name else []
    return found[0] if len(found) == 1 else None
