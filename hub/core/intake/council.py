"""A council's event, from its webhook or made from a row of its file: one statement as JSON."""

from datetime import date
from typing import Any

from pydantic import Field, ValidationError

from hub.core.errors import Unreadable
from hub.core.intake.decoded import Decoded
from schemas.base import Model
from schemas.envelope import Envelope
from schemas.instants import Instant, london_day
from schemas.kinds import data_errors, validation_errors
from schemas.people import Person
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
    errors = _data_errors(event) + _date_errors(event, envelope) + _reference_errors(event)
    if errors:
        raise Unreadable(errors)
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
        raise Unreadable(validation_errors(error)) from None


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


def _reference_errors(event: Event) -> list[tuple[str, str]]:
    """References that go right of identity may not be the person's own number or name."""
    personal = _personal(event.person)
    references = {"record": event.record, "occurrence": event.occurrence}
    references |= {f"subject.{name}": text for name, text in event.subject.model_dump(exclude_none=True).items()}
    references["data.case_reference"] = str(event.data.get("case_reference") or "")
    own = "is the person's own number or name; give the council's own reference"
    control = "holds a control character"
    errors = [(name, own) for name, text in references.items() if _plain(text) in personal]
    return errors + [(name, control) for name, text in references.items() if not text.isprintable()]


def _personal(person: Person | None) -> set[str]:
    if person is None:
        return set()
    names = [part for part in (person.given, person.family) if part]
    texts = [person.nhs_number, person.upn, person.uln, *names, " ".join(names), " ".join(reversed(names))]
    return {_plain(text) for text in texts if text} - {""}


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
