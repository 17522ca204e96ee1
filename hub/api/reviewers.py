"""Who may look and decide, by their tokens: only the hash of each is kept."""

import hashlib
import hmac
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.kinds import validation_errors
from schemas.statements import Text

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _File(BaseModel):
    """A table `[reviewers]`: an opaque id of a person to the hashes of their tokens."""

    model_config = ConfigDict(extra="forbid")

    reviewers: dict[Text, tuple[Sha256, ...]]


class Reviewers:
    """Finds the person of a token."""

    def __init__(self, hashes: Mapping[str, tuple[str, ...]]) -> None:
        self._hashes = dict(hashes)

    @classmethod
    def read(cls, path: Path) -> "Reviewers":
        """From a TOML file; raises OSError, or ValueError that names what is wrong without a value."""
        try:
            return cls(_File.model_validate(tomllib.loads(path.read_text("utf-8"))).reviewers)
        except ValidationError as error:
            wrong = "; ".join(f"{field}: {message}" for field, message in validation_errors(error))
            raise ValueError(f"{path}: {wrong}") from None

    @property
    def hashes(self) -> tuple[str, ...]:
        """All of them: each opens what every reader may read."""
        return tuple(known for hashes in self._hashes.values() for known in hashes)

    def who(self, authorization: str | None) -> str | None:
        """The opaque id of the person whose token it is, or None."""
        offered = (
            hashlib.sha256(authorization.partition(" ")[2].strip().encode("latin-1")).hexdigest()
            if (authorization)
            else ""
        )
        found = [who for who, hashes in self._hashes.items() for known in hashes if hmac.compare_digest(known, offered)]
        return found[0] if found else None
