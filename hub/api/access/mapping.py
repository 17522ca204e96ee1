"""What a provider's claims grant: a TOML file of rows, each a claim, a value of it, and the role it stands for.

[[grants]]
claim = "groups"            # a path with dots into the token's claims; a list is looked through
value = "send-team"
role = "coordinator"
areas = ["825"]             # services, bodies: as Grant says

[restricted]
actors = ["prs-…"]          # the named people for restricted children, by opaque id
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.api.access.principal import Grant
from schemas.kinds import validation_errors


class Row(Grant):
    """A grant, and the claim that gives it."""

    claim: Annotated[str, Field(pattern=r"^[^.\s]+(\.[^.\s]+)*$", max_length=200)]
    value: Annotated[str, Field(min_length=1, max_length=200)]

    def fits(self, claims: Mapping[str, Any]) -> bool:
        """Whether the claims have this value there. Only texts count: `true` and `1` are nobody's group."""
        found: Any = claims
        # A claim of a provider's own may have dots in its name (https://example.org/roles).
        if self.claim in claims:
            found = claims[self.claim]
        else:
            for part in self.claim.split("."):
                found = found.get(part) if isinstance(found, Mapping) else None
        values = found if isinstance(found, list) else [found]
        return any(isinstance(value, str) and value == self.value for value in values)


class _Restricted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    actors: frozenset[str] = frozenset()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    grants: tuple[Row, ...] = ()
    restricted: _Restricted = _Restricted()


class Mapped:
    """What is granted to whom."""

    def __init__(self, rows: Iterable[Row], restricted: Iterable[str] = ()) -> None:
        self._rows = tuple(rows)
        self._restricted = frozenset(restricted)

    @classmethod
    def read(cls, path: Path) -> "Mapped":
        """From a TOML file; raises OSError, or ValueError that names what is wrong without a value."""
        try:
            file = _File.model_validate(tomllib.loads(path.read_text("utf-8")))
        except ValidationError as error:
            wrong = "; ".join(f"{field}: {message}" for field, message in validation_errors(error))
            raise ValueError(f"{path}: {wrong}") from None
        return cls(file.grants, file.restricted.actors)

    def grants(self, claims: Mapping[str, Any]) -> tuple[Grant, ...]:
        """What these claims grant; nothing, where no row fits."""
        fitting = (row for row in self._rows if row.fits(claims))
        return tuple(dict.fromkeys(Grant(**{name: getattr(row, name) for name in _OF_GRANT}) for row in fitting))

    def is_named(self, actor: str) -> bool:
        """Whether somebody is named for restricted children."""
        return actor in self._restricted


_OF_GRANT = tuple(Grant.model_fields)
