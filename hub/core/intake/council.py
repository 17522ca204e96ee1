"""A council's event, from its webhook or made from a row of its file: one statement as JSON."""

from datetime import date
from typing import Any

from pydantic import Field, ValidationError

from hub.core.errors import Unreadable
from hub.core.intake.decoded import Decoded
from schemas.base import Model
from schemas.envelope import Envelope
from schemas.instants import Instant, london_day
from schemas.kinds import data_errors, shown_field, validation_errors
from schemas.people import Person
from schemas.references import personal_errors
from schemas.sources import Source
from schemas.statements import Observation, Subject, Text

_LARGEST = 2**63 - 1


class Event(Model):
    """The body of one council event: a statement without `source` and `received_at`, which the connector knows."""

    kind: Text
    record: Text
    version: int = Field(ge=0, le=_LARGEST)
    occurrence: str = Field(default="", max_length=200)
    subject: Subject = Subject()
    effective_on: date | None = None
    recorded_at: Instant
    retracted: bool = False
    data: dict[str, Any] = Field(default_factory=dict)
    person: Person | None = None


def decode(envelope: Envelope, value: bytes, source: Source) -> Decoded:
    """One observation; raises Unreadable with every field that is wrong, never with a value."""
    event = _event(value)
    errors = _data_errors(event) + _date_errors(event, envelope) + personal_errors(event.model_dump(mode="json"))
    if errors:
        raise _unreadable(errors)
    observation = Observation(
        source=source.id,
        received_at=envelope.time,
        message=envelope.id,
        **{name: getattr(event, name) for name in Event.model_fields},
    )
    return Decoded(observations=(observation,))


def _event(value: bytes) -> Event:
    """Strict: a date is its ISO text, never a number of days or seconds; a version is a whole number."""
    try:
        return Event.model_validate_json(value, strict=True)
    except ValidationError as error:
        raise _unreadable(validation_errors(error)) from None


def _unreadable(errors: list[tuple[str, str]]) -> Unreadable:
    """What becomes a dead letter's reason: no name of a field that the source made up."""
    return Unreadable([(shown_field(field), message) for field, message in errors])


def _data_errors(event: Event) -> list[tuple[str, str]]:
    """A retraction may leave out the data that it takes back: a file's blanked date has none."""
    errors = data_errors(event.kind, event.data)
    if event.retracted and not event.data:
        return [error for error in errors if error[0] == "kind"]
    return errors


def _date_errors(event: Event, envelope: Envelope) -> list[tuple[str, str]]:
    errors = []
    if event.effective_on is None and not event.retracted:
        errors.append(("effective_on", "is required unless the statement is retracted"))
    born = event.person.birth_date if event.person else None
    if born is not None and born > london_day(envelope.time):
        errors.append(("person.birth_date", "is after the day of receipt"))
    return errors
