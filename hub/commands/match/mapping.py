"""The MAP file: which column of a table is what. TOML."""

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator

from schemas.base import Model
from schemas.people import NhsNumberStatus

Columns = tuple[str, ...]
"""One column, or several whose values are joined with a blank."""


_ISO = "%Y-%m-%d"


class Unfit(Exception):
    """A file does not say what it has to: the message says what is wrong and what to do."""


class BirthDate(Model):
    """`formats` as Python's `strptime` writes them, tried in this order; then 2016-03-04, which is no other date."""

    column: str
    formats: tuple[str, ...] = ("%Y-%m-%d", "%d/%m/%Y", "%Y%m%d")

    def read(self, text: str) -> date | None:
        """The date, or None where no format fits: never guessed."""
        for form in (*self.formats, _ISO):
            try:
                return datetime.strptime(text, form).date()  # noqa: DTZ007
            except ValueError:
                continue
        return None


class Also(Model):
    """A further field: `number` (an identifier that may be mistyped), `text` (an address, a place) or `code` (one of
    a few values)."""

    columns: Columns
    kind: Literal["number", "text", "code"]

    _as_columns = field_validator("columns", mode="before")(lambda value: _listed(value))


class Truth(Model):
    """What the truth file's columns are: either `left` and `right`, or `id` and `group`. Unless said: `id` as the
    record's with the column `cluster`, else the first two columns are a pair."""

    left: str | None = None
    right: str | None = None
    id: str | None = None
    group: str | None = None
    score: str | None = None
    at_least: float = 0.5


class Mapping(Model):
    """What the columns are. Everything may be missing; without `id` a record goes by its number in the file, from 1.

    `nhs_number_status`: a column with 01 to 08. `verified`: every NHS number of the file counts as verified (01), as
    after a batch trace.
    """

    id: str | None = None
    given: Columns = ()
    family: Columns = ()
    birth_date: BirthDate | None = None
    sex: str | None = None
    postcode: str | None = None
    nhs_number: str | None = None
    nhs_number_status: str | None = None
    verified: bool = False
    upn: str | None = None
    also: dict[str, Also] = Field(default_factory=dict)
    truth: Truth = Truth()

    _as_columns = field_validator("given", "family", mode="before")(lambda value: _listed(value))

    @field_validator("birth_date", mode="before")
    @classmethod
    def _as_birth_date(cls, value: object) -> object:
        return {"column": value} if isinstance(value, str) else value

    @property
    def columns(self) -> set[str]:
        """Every column that the records must have."""
        single = (self.id, self.sex, self.postcode, self.nhs_number, self.nhs_number_status, self.upn)
        named = {name for name in single if name}
        named |= {*self.given, *self.family}
        named |= {self.birth_date.column} if self.birth_date else set()
        return named.union(*(set(also.columns) for also in self.also.values()))

    @property
    def further(self) -> dict[str, str]:
        """Names and kinds of the further fields."""
        return {name: also.kind for name, also in self.also.items()}


def read_mapping(file: Path) -> Mapping:
    """The MAP file; raises Unfit, or OSError when it can't be read."""
    try:
        return Mapping.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unfit(f"{file} is not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Unfit(f"{file}: {where}: {first['msg']}; docs/matching.md lists what a MAP file may say") from None


def status(text: str) -> NhsNumberStatus | None:
    """An NHS number's status, as written with one digit or two; None for anything else."""
    known: dict[str, NhsNumberStatus] = {
        "1": "01", "2": "02", "3": "03", "4": "04", "5": "05", "6": "06", "7": "07", "8": "08"
    }  # fmt: skip
    return known.get(text.strip().lstrip("0"))


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value
