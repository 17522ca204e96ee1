"""Signing in with a code: what goes to the provider, what comes back. The browser keeps what was asked, sealed."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
from pydantic import ValidationError

from hub.api.access.keys import AccessKey, Unsealed
from hub.api.access.oidc.provider import Provider
from hub.api.access.oidc.tokens import Refused, TokenCheck
from hub.platform.clock import Clock
from schemas.base import Model
from schemas.instants import Instant

COOKIE = "__Host-sendhub-signing-in"
PURPOSE = "signing-in"
LASTS = timedelta(minutes=10)
USED_KEPT = 10_000


class _Asked(Model):
    """One sign-in that was begun. `verifier` is PKCE's, `onward` where to go after it."""

    state: str
    nonce: str
    verifier: str
    onward: str
    begun: Instant


class SigningIn:
    """Begins sign-ins and finishes each once. `redirect` is our address that the provider sends people back to."""

    def __init__(
        self,
        provider: Provider,
        check: TokenCheck,
        key: AccessKey,
        clock: Clock,
        client_id: str,
        client_secret: str | None,
        redirect: str,
        scope: str,
    ) -> None:
        self._provider = provider
        self._check = check
        self._key = key
        self._clock = clock
        self._client_id = client_id
        self._secret = client_secret
        self._redirect = redirect
        self._scope = scope
        self._used: OrderedDict[str, None] = OrderedDict()

    async def begin(self, onward: str) -> tuple[str, str]:
        """Where to send the browser, and the cookie that it has to bring back; raises ProviderAway."""
        description = await self._provider.description()
        asked = _Asked(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            onward=onward,
            begun=self._clock.now(),
        )
        challenge = base64.urlsafe_b64encode(hashlib.sha256(asked.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect,
            "scope": self._scope,
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        joined = "&" if "?" in description.authorization_endpoint else "?"
        sealed = self._key.seal(PURPOSE, orjson.dumps(asked.model_dump(mode="json")))
        return (
            f"{description.authorization_endpoint}{joined}{urlencode(query)}",
            base64.urlsafe_b64encode(sealed).decode(),
        )

    def is_of(self, cookie: str | None, state: str) -> bool:
        """Whether an answer is of a sign-in that this browser began, and not too long ago."""
        try:
            return hmac.compare_digest(self._asked(cookie).state.encode(), state.encode())
        except Refused:
            return False

    async def finish(self, cookie: str | None, state: str, code: str, issuer: str | None) -> tuple[dict[str, Any], str]:
        """The claims of whoever signed in, and where to go on to.

        Raises Refused where the answer is of no sign-in of this browser's, is too late or came before; ProviderAway.
        """
        asked = self._asked(cookie)
        if not hmac.compare_digest(asked.state.encode(), state.encode()):
            raise Refused("the answer is of another sign-in")
        if issuer is not None and issuer != self._provider.issuer:
            raise Refused("the answer is another issuer's")
        if asked.state in self._used:
            raise Refused("the answer came before")
        self._used[asked.state] = None
        while len(self._used) > USED_KEPT:
            self._used.popitem(last=False)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "client_id": self._client_id,
            "code_verifier": asked.verifier,
        }
        if self._secret is not None:
            form["client_secret"] = self._secret
        try:
            tokens = await self._provider.exchange(form)
        except ValueError as error:
            raise Refused(str(error)) from None
        token = tokens.get("id_token")
        if not isinstance(token, str):
            raise Refused("the provider gives no id token")
        claims = await self._check.claims(token, nonce=asked.nonce)
        audience = claims.get("aud")
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self._client_id:
            raise Refused("the token was given to somebody else")
        return claims, asked.onward

    def _asked(self, cookie: str | None) -> _Asked:
        try:
            sealed = base64.b64decode(cookie or "", altchars=b"-_", validate=True)
            asked = _Asked.model_validate_json(self._key.unseal(PURPOSE, sealed))
        except (Unsealed, ValidationError, binascii.Error, ValueError):
            raise Refused("no sign-in was begun in this browser") from None
        if self._clock.now() - asked.begun > LASTS:
            raise Refused("the sign-in took too long")
        return asked
