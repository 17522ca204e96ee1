"""Who calls: known by a signed token or by a client certificate, and then bound to one source."""

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from connectors.sdk.http import Refusal
from schemas.sources import Sources

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures by a private key only: with a shared secret, whoever can check a token could make one."""

_LEEWAY = 30
_CERTIFICATE = "sendhub.client_certificate"


class Caller(BaseModel):
    """One caller. `ods` are the bodies in whose name it may send; empty: any.

    `token_subject` is a token's `sub`; `certificate_sha256` a certificate's fingerprint, in lower-case hex without
    colons; `certificate_subject` its subject as RFC 4514 writes it, for certificates that are renewed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    ods: frozenset[str] = frozenset()
    token_subject: str | None = None
    certificate_sha256: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...] = ()
    certificate_subject: str | None = None


class _CallersFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    callers: tuple[Caller, ...]


class Callers(Protocol):
    """Finds the caller of a request."""

    def identify(self, request: Request) -> Caller:
        """Raises Refusal: 401 when the caller does not prove who it is, 403 when it is nobody we know."""
        ...


def read_callers(path: Path, sources: Sources) -> tuple[Caller, ...]:
    """The callers of a TOML file; raises FileNotFoundError or ValueError, as for a source that is not the NHS's."""
    callers = _CallersFile.model_validate(tomllib.loads(path.read_text("utf-8"))).callers
    for caller in callers:
        source = sources.find(caller.source)
        if source is None or source.kind != "nhs":
            raise ValueError(f"{path.name} names {caller.source}, which is not a registered source of kind nhs")
    return callers


class TokenCallers:
    """Callers known by `Authorization: Bearer <JWT>`: signed by a key of the set, for us, and not expired."""

    def __init__(self, callers: tuple[Caller, ...], keys: KeySet, audience: str, now: Callable[[], int]) -> None:
        self._callers = {each.token_subject: each for each in callers if each.token_subject}
        self._keys = keys
        self._claims = jwt.JWTClaimsRegistry(
            now=now,
            leeway=_LEEWAY,
            exp={"essential": True},
            sub={"essential": True},
            aud={"essential": True, "value": audience},
        )

    def identify(self, request: Request) -> Caller:
        """See Callers."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refusal(401, "unauthorised", "a signed token is needed in the header Authorization")
        caller = self._callers.get(self._subject(token.strip()))
        if caller is None:
            raise Refusal(403, "unauthorised", "the token is good, but its subject is no caller of ours")
        return caller

    def _subject(self, token: str) -> str:
        try:
            claims = jwt.decode(token, self._keys, algorithms=ALGORITHMS).claims
            self._claims.validate(claims)
        except (JoseError, ValueError, TypeError):
            raise Refusal(401, "unauthorised", "the token is not valid: signature, audience or expiry") from None
        return str(claims["sub"])


class CertificateCallers:
    """Callers known by the certificate that TLS has checked against our authorities."""

    def __init__(self, callers: tuple[Caller, ...]) -> None:
        self._by_fingerprint = {print_: each for each in callers for print_ in each.certificate_sha256}
        self._by_subject = {each.certificate_subject: each for each in callers if each.certificate_subject}

    def identify(self, request: Request) -> Caller:
        """See Callers."""
        der = request.scope.get(_CERTIFICATE)
        if not der:
            raise Refusal(401, "unauthorised", "a client certificate is needed")
        certificate = x509.load_der_x509_certificate(der)
        caller = self._by_fingerprint.get(certificate.fingerprint(SHA256()).hex())
        caller = caller or self._by_subject.get(certificate.subject.rfc4514_string())
        if caller is None:
            raise Refusal(403, "unauthorised", "the certificate is good, but belongs to no caller of ours")
        return caller


def with_certificate(scope: Mapping[str, object], der: bytes | None) -> dict[str, object]:
    """A request's scope with the client's certificate in it."""
    return {**scope, _CERTIFICATE: der}


def read_keys(path: Path) -> KeySet:
    """A JWK set of public keys; raises FileNotFoundError or ValueError."""
    try:
        return KeySet.import_key_set(json.loads(path.read_text("utf-8")))
    except (JoseError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is not a JWK set: {type(error).__name__}") from None
