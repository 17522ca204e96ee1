"""Bearer tokens, each bound to one source. Only their SHA-256 is kept.

A token is 32 random bytes or more, so a plain hash is enough: there is nothing to guess from it.
"""

import hashlib
import hmac
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.sdk.http import Refusal
from schemas.kinds import validation_errors

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class TokensFile(BaseModel):
    """A TOML table `[tokens]`: source id to the hashes of its tokens (several while one is being replaced)."""

    model_config = ConfigDict(extra="forbid")

    tokens: dict[str, tuple[Sha256, ...]]


class BearerTokens:
    """Finds the source of a token."""

    def __init__(self, hashes: Mapping[str, tuple[str, ...]]) -> None:
        self._hashes = dict(hashes)

    @classmethod
    def read(cls, path: Path) -> "BearerTokens":
        """From a TOML file; raises FileNotFoundError or ValueError that names what is wrong."""
        try:
            return cls(TokensFile.model_validate(tomllib.loads(path.read_text("utf-8"))).tokens)
        except ValidationError as error:
            # Its own message repeats the input, which may be a token put there by mistake.
            wrong = "; ".join(f"{field}: {message}" for field, message in validation_errors(error))
            raise ValueError(f"{path}: {wrong}") from None

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that have a token."""
        return tuple(self._hashes)

    def source(self, authorization: str | None) -> str:
        """The source that an Authorization header's token is bound to; raises Refusal 401 (RFC 6750)."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refusal(401, "unauthorised", "a bearer token is needed in the header Authorization")
        offered = hash_token(token.strip())
        found = [source for source, known in self._pairs() if hmac.compare_digest(known, offered)]
        if not found:
            raise Refusal(401, "unauthorised", "the bearer token is not known")
        return found[0]

    def _pairs(self) -> Iterator[tuple[str, str]]:
        """Every pair, always: how long a look takes says nothing about which token was close."""
        for source, hashes in self._hashes.items():
            for known in hashes:
                yield source, known


def hash_token(token: str) -> str:
    """The SHA-256 of a token, in lower-case hex, as the tokens file holds it."""
    return hashlib.sha256(token.encode()).hexdigest()
