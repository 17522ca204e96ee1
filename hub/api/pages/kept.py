"""What a person's own browser keeps for them: saved filters, and the days of their visits. Nothing of any child.

It is a sealed cookie. The read model is not the place: the pages may not write to it, and it is made anew from the
topics. A filter is only words of the list itself, so losing one costs nobody more than choosing it again.
"""

import base64
import binascii
from datetime import date

import orjson
from fastapi import Request, Response
from pydantic import Field, ValidationError

from hub.api.access.access import Access
from hub.api.access.keys import Unsealed
from hub.api.access.sessions import cookie
from schemas.base import Model

COOKIE = "__Host-sendhub-kept"
PURPOSE = "kept"
MOST = 10
"""Filters that one person keeps; the oldest goes."""
A_YEAR = 31_536_000


class Filter(Model):
    """A filter by the name that its owner gave it. `query` is the list's own address after the question mark."""

    name: str = Field(min_length=1, max_length=40)
    query: str = Field(max_length=300)


class Kept(Model):
    """All of it. `last` is the day of the last visit, `before` that of the one before, on another day."""

    actor: str
    filters: tuple[Filter, ...] = ()
    last: date | None = None
    before: date | None = None

    def with_filter(self, added: Filter) -> "Kept":
        """With one more; one of the same name goes."""
        others = [each for each in self.filters if each.name != added.name]
        return self.model_copy(update={"filters": tuple([*others, added][-MOST:])})

    def without_filter(self, name: str) -> "Kept":
        """Without one."""
        return self.model_copy(update={"filters": tuple(each for each in self.filters if each.name != name)})

    def visited(self, today: date) -> "Kept":
        """With today's visit."""
        if self.last == today:
            return self
        return self.model_copy(update={"last": today, "before": self.last})


def kept(request: Request, access: Access, actor: str) -> Kept:
    """What this browser kept for this person; what it kept for somebody else is not theirs."""
    try:
        sealed = base64.b64decode(cookie(request, COOKIE) or "", altchars=b"-_", validate=True)
        found = Kept.model_validate_json(access.key.unseal(PURPOSE, sealed))
    except (Unsealed, ValidationError, binascii.Error, ValueError):
        return Kept(actor=actor)
    return found if found.actor == actor else Kept(actor=actor)


def keep(response: Response, access: Access, content: Kept) -> None:
    """Let the browser keep it."""
    sealed = access.key.seal(PURPOSE, orjson.dumps(content.model_dump(mode="json")))
    value = base64.urlsafe_b64encode(sealed).decode()
    response.set_cookie(COOKIE, value, max_age=A_YEAR, path="/", secure=True, httponly=True, samesite="lax")
