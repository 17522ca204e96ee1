"""Names that somebody asked for out of their scope, with a reason: for some minutes, in their own browser, sealed."""

import base64
import binascii
from datetime import datetime, timedelta

import orjson
from fastapi import Request, Response
from pydantic import Field, ValidationError

from hub.api.access.access import Access
from hub.api.access.keys import Unsealed
from hub.api.access.principal import Principal
from hub.api.access.sessions import cookie
from schemas.base import Model
from schemas.instants import Instant

COOKIE = "__Host-sendhub-opened"
PURPOSE = "opened"
MINUTES = 15
MOST = 5
"""Children at once; the earliest asked for goes."""


KEPT_OF_REASON = 120
"""Characters of a reason: a browser keeps no cookie that is longer than 4 kB. All of it is in the audit."""


class Let(Model):
    """One child, why, and until when."""

    child: str
    reason: str = Field(max_length=KEPT_OF_REASON)
    until: Instant


class Opened(Model):
    """All of one session."""

    actor: str
    session: str | None
    at: Instant
    children: tuple[Let, ...] = ()

    def of(self, child: str) -> Let | None:
        """What was let for a child, while it lasts."""
        return next((each for each in self.children if each.child == child and each.until > self.at), None)


def opened(request: Request, access: Access, now: datetime, who: Principal) -> Opened:
    """What this browser was let see in this session; nothing of another's, and nothing whose time is over."""
    nothing = Opened(actor=who.actor, session=who.session, at=now)
    try:
        sealed = base64.b64decode(cookie(request, COOKIE) or "", altchars=b"-_", validate=True)
        found = Opened.model_validate_json(access.key.unseal(PURPOSE, sealed))
    except (Unsealed, ValidationError, binascii.Error, ValueError):
        return nothing
    if (found.actor, found.session) != (who.actor, who.session):
        return nothing
    return nothing.model_copy(update={"children": tuple(each for each in found.children if each.until > now)})


def let(response: Response, access: Access, before: Opened, child: str, reason: str) -> None:
    """Let one more be seen. The cookie goes when the browser's session does, and means nothing after its minutes."""
    added = Let(child=child, reason=reason[:KEPT_OF_REASON], until=before.at + timedelta(minutes=MINUTES))
    others = [each for each in before.children if each.child != child]
    content = before.model_copy(update={"children": tuple([*others, added][-MOST:])})
    sealed = access.key.seal(PURPOSE, orjson.dumps(content.model_dump(mode="json")))
    value = base64.urlsafe_b64encode(sealed).decode()
    response.set_cookie(COOKIE, value, max_age=MINUTES * 60, path="/", secure=True, httponly=True, samesite="strict")
