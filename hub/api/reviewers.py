"""Who may look and decide, by their tokens: only the hash of each is kept."""

import tomllib
from collections.abc import Iterable, Mapping
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
    """The people by their tokens' hashes."""

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
    def people(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Each person's opaque id, and the hashes of their tokens."""
        return self._hashes.items()
