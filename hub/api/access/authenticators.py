"""How somebody is known: each way is tried in turn, and the first that knows them says who they are."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Protocol

from starlette.requests import HTTPConnection

from hub.api.access.principal import ANY, Grant, Principal

SYSTEM = (Grant(role="head-of-send", areas=frozenset({ANY})), Grant(role="engineer", areas=frozenset({ANY})))
"""What a token of the settings is for: a downstream system that takes everything but names."""

REVIEWER = (*SYSTEM, Grant(role="coordinator", areas=frozenset({ANY})))


class Authenticator(Protocol):
    """One way to be known."""

    async def principal(self, request: HTTPConnection) -> Principal | None:
        """Who asks, or None where this way says nothing of them; raises Unavailable when it can't tell now."""
        ...


class TokenHashes:
    """Bearer tokens of which the settings hold the SHA-256: a plain hash is enough for 32 random bytes."""

    def __init__(self, known: Mapping[str, Principal]) -> None:
        self._known = dict(known)

    async def principal(self, request: HTTPConnection) -> Principal | None:
        """See Authenticator."""
        token = bearer(request)
        if token is None:
            return None
        offered = hashlib.sha256(token.encode("latin-1")).hexdigest()
        # All are compared: how long a look takes says nothing of which was close.
        found = [who for known, who in self._known.items() if hmac.compare_digest(known, offered)]
        return found[0] if found else None


def bearer(request: HTTPConnection) -> str | None:
    """The token of the header Authorization, or None."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
