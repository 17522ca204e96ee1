"""Signed tokens: whether one is the provider's, for us, and of now. Every refusal reads the same from outside."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from starlette.requests import HTTPConnection

from hub.api.access.authenticators import bearer
from hub.api.access.keys import AccessKey
from hub.api.access.mapping import Mapped
from hub.api.access.oidc.provider import Provider
from hub.api.access.oidc.systems import Systems
from hub.api.access.principal import Principal
from hub.platform.clock import Clock

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures by a private key only: with a shared secret, whoever can check a token could make one."""

LEEWAY = 30
"""Seconds by which the provider's clock may differ from ours."""
LARGEST = 16_384
HEADER_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})


class Refused(Exception):
    """A token that is not taken. Its message is for the log alone, and repeats nothing of the token."""


class TokenCheck:
    """Checks tokens of one provider, for one audience."""

    def __init__(self, provider: Provider, audience: str, clock: Clock, algorithms: Sequence[str] = ALGORITHMS) -> None:
        self._provider = provider
        self._audience = audience
        self._clock = clock
        self._algorithms = frozenset(algorithms) & frozenset(ALGORITHMS)

    async def claims(self, token: str, *, nonce: str | None = None) -> dict[str, Any]:
        """The claims of a token that is good; raises Refused, or ProviderAway. With `nonce` it has to carry that."""
        header = _header(token)
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in self._algorithms:
            raise Refused("the algorithm is not one of those allowed")
        if str(header.get("typ", "JWT")).lower() not in HEADER_TYPES:
            raise Refused("the token is of another type")
        kid = header.get("kid")
        if kid is not None and not isinstance(kid, str):
            raise Refused("the key's id is no text")
        key = await self._provider.key(kid)
        if key is None:
            raise Refused("the key is not one of the provider's")
        claims = self._verified(token, key, algorithm)
        if nonce is not None and claims.get("nonce") != nonce:
            raise Refused("the token is of another sign-in")
        return claims

    def _verified(self, token: str, key: Any, algorithm: str) -> dict[str, Any]:
        now = int(self._clock.now().timestamp())
        registry = jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY,
            iss={"essential": True, "value": self._provider.issuer},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
            sub={"essential": True, "allow_blank": False},
        )
        try:
            # Providers put what they like into headers; what matters of them was looked at.
            jws = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
            claims = jwt.decode(token, key, registry=jws).claims
            registry.validate(claims)
        except (JoseError, ValueError, TypeError, OverflowError) as error:
            raise Refused(type(error).__name__) from None
        return dict(claims)


class BearerTokens:
    """Systems (client credentials): known by a signed token in the header Authorization. Never a person: names are for
    those who signed in here."""

    def __init__(
        self, check: TokenCheck, mapped: Mapped, key: AccessKey, issuer: str, systems: Systems | None = None
    ) -> None:
        self._check = check
        self._mapped = mapped
        self._key = key
        self._issuer = issuer
        self._systems = systems or Systems.read()

    async def principal(self, request: HTTPConnection) -> Principal | None:
        """See Authenticator. Raises NotASystem for a good token that is a person's."""
        token = bearer(request)
        if token is None or token.count(".") != 2:
            return None
        try:
            claims = await self._check.claims(token)
        except Refused:
            return None
        self._systems.require(claims)
        return known(claims, self._mapped, self._key, self._issuer, "system", "bearer")


def known(
    claims: Mapping[str, Any],
    mapped: Mapped,
    key: AccessKey,
    issuer: str,
    kind: Literal["person", "system"],
    how: Literal["bearer", "session"],
) -> Principal:
    """Whoever these claims are about."""
    actor = key.actor(issuer, str(claims["sub"]))
    return Principal(actor=actor, kind=kind, how=how, grants=mapped.grants(claims), restricted=mapped.is_named(actor))


def _header(token: str) -> dict[str, Any]:
    if len(token) > LARGEST or token.count(".") != 2:
        raise Refused("not a signed token in its compact form")
    part = token.partition(".")[0]
    try:
        header = orjson.loads(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise Refused("the header can't be read") from None
    if not isinstance(header, dict) or "crit" in header or "b64" in header:
        raise Refused("the header asks for more than is understood")
    return header
