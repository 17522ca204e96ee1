"""A fact as the core holds it: lighter than the schema's, checked upstream, its content digested once."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson

from schemas.ids import full_id
from schemas.instants import london_day, microseconds

Key = tuple[str, str, str, str]


class Fact(NamedTuple):
    """A dated, versioned statement about one child.

    Ids in `subject` are in full (`source/id`). Instants are microseconds since 1970 in UTC; `received_on` is the London
    day of `received_at`. `effective_on` is None where the source gave no date that can be read. `content` is a digest
    of all that the source said: not of `received_at`, `link`, `seq` and `message`, which are the hub's own.
    """

    kind: str
    source: str
    record: str
    version: int
    occurrence: str
    subject: dict[str, str]
    effective_on: date | None
    recorded_at: int
    received_at: int
    received_on: date
    retracted: bool
    data: dict[str, Any]
    link: str | None
    seq: int | None
    message: str | None
    content: str

    @property
    def key(self) -> Key:
        """What the fact is a version of."""
        return (self.source, self.record, self.kind, self.occurrence)

    @property
    def on(self) -> date:
        """The date of a fact that stands: one without a date never does (`hub.core.facts.standing`)."""
        assert self.effective_on is not None
        return self.effective_on

    @property
    def rank(self) -> tuple[int, int, str]:
        """Of two facts with one key the greater rank stands."""
        return (self.version, self.recorded_at, self.content)


def read_fact(value: Mapping[str, Any]) -> Fact:
    """A fact from its JSON object (`schemas.statements.Fact`); raises ValueError that names the field."""
    try:
        source, received_at = value["source"], _instant(value["received_at"])
        received_on = london_day(received_at)
        said = (
            value["kind"],
            source,
            value["record"],
            int(value["version"]),
            value.get("occurrence") or "",
            {name: full_id(source, bare) for name, bare in (value.get("subject") or {}).items() if bare},
            _date(value.get("effective_on")),
            microseconds(_instant(value["recorded_at"])),
        )
    except KeyError as error:
        raise ValueError(f"the fact has no {error.args[0]}") from None
    except (TypeError, AttributeError):
        raise ValueError("a field of the fact is of the wrong type") from None
    except OverflowError:
        raise ValueError("received_at is no day of the calendar in London") from None
    retracted, data = bool(value.get("retracted")), value.get("data") or {}
    try:
        content = _digest((*said, retracted, data))
    except TypeError:
        raise ValueError("the fact's data holds a value that JSON can't hold exactly") from None
    return Fact(
        *said,
        received_at=microseconds(received_at),
        received_on=received_on,
        retracted=retracted,
        data=data,
        link=value.get("link"),
        seq=value.get("seq"),
        message=value.get("message"),
        content=content,
    )


def to_row(fact: Fact) -> tuple[Any, ...]:
    """The fact as a JSON array, for a stage's state."""
    return tuple(fact)


def from_row(row: list[Any]) -> Fact:
    """The fact that `to_row` wrote."""
    row[6] = date.fromisoformat(row[6]) if row[6] else None
    row[9] = date.fromisoformat(row[9])
    return Fact._make(row)


def _digest(said: tuple[Any, ...]) -> str:
    return hashlib.blake2b(orjson.dumps(said, option=orjson.OPT_SORT_KEYS), digest_size=12).hexdigest()


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("an instant of the fact is not ISO 8601") from None
    if instant.tzinfo is None:
        raise ValueError("an instant of the fact has no time zone")
    return instant


def _date(text: str | None) -> date | None:
    """A date that cannot be read is no date: a question for a person, never an error."""
    try:
        return date.fromisoformat(text) if text else None
    except (ValueError, TypeError):
        return None
