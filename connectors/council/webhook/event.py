"""The body of a request: one event, or an array of them, and everything that can be wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from pydantic import Field, ValidationError

from connectors.council.webhook.dates import date_errors
from connectors.sdk.json_body import parse_json
from schemas.base import Model
from schemas.instants import Instant
from schemas.kinds import KINDS, data_errors, shown_field, validation_errors
from schemas.people import Person
from schemas.references import personal_errors
from schemas.statements import Subject, Text


class EventPerson(Person):
    """The person whom an event is about. `id`, the source's own key for them, is what a council always has."""

    id: Text


class Event(Model):
    """One statement of a council's system, without `source` (from the token) and `received_at` (ours).

    `effective_on` is required unless `retracted`. Data of a retracted statement are those that it takes back.
    """

    kind: Text
    record: Text
    version: int = Field(ge=0, le=2**63 - 1)
    occurrence: str = Field(default="", max_length=200)
    subject: Subject = Subject()
    effective_on: date | None = None
    recorded_at: Instant
    retracted: bool = False
    data: dict[str, Any] = Field(default_factory=dict)
    person: EventPerson


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of the event at `index`; the message never repeats a value."""

    index: int
    field: str
    message: str


class InvalidEvents(Exception):
    """Some of the events are not taken, so none is. `errors` lists every one."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(f"{len(errors)} fields are wrong")
        self.errors = errors


class TooMany(Exception):
    """More events than one request may carry."""


@dataclass(frozen=True, slots=True)
class ValidEvent:
    """One valid event and the bytes to publish for it."""

    event: Event
    value: bytes


def read_events(raw: bytes, now: datetime, limit: int) -> list[ValidEvent]:
    """The events of a body, all of them valid; raises NotJson, InvalidEvents or TooMany.

    A single event's bytes are kept as they came; one of a batch is written out as JSON of its own.
    """
    body = parse_json(raw)
    items = body if isinstance(body, list) else [body]
    if len(items) > limit:
        raise TooMany(f"more than {limit} events in one request")
    if not items:
        raise InvalidEvents([FieldError(0, "body", "the batch is empty")])
    values = [orjson.dumps(item) for item in items]
    errors = [each for index, item in enumerate(items) for each in _errors(index, item, values[index], now)]
    if errors:
        raise InvalidEvents(errors)
    if body is items:
        return [ValidEvent(Event.model_validate_json(value, strict=True), value) for value in values]
    return [ValidEvent(Event.model_validate_json(raw, strict=True), raw)]


def _errors(index: int, item: object, value: bytes, now: datetime) -> Iterator[FieldError]:
    if not isinstance(item, dict):
        yield FieldError(index, "body", "must be an event: a JSON object")
        return
    found = [*_model_errors(value), *_data_errors(item), *date_errors(item, now), *personal_errors(item)]
    first: dict[str, str] = {}
    for field, message in found:
        # The model and a rule may both find fault with one field: the first says enough.
        first.setdefault(shown_field(field), message)
    for field, message in first.items():
        yield FieldError(index, field, message)


def _model_errors(value: bytes) -> list[tuple[str, str]]:
    """Strict: no number for a text, no text for a number, a date only as its ISO text."""
    try:
        Event.model_validate_json(value, strict=True)
    except ValidationError as error:
        return validation_errors(error)
    return []


def _data_errors(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    kind, data = item.get("kind"), item.get("data", {})
    if not isinstance(kind, str) or not kind or not isinstance(data, dict):
        return []
    if kind not in KINDS:
        return data_errors(kind, data)
    try:
        KINDS[kind].model_validate_json(orjson.dumps(data), strict=True)
    except ValidationError as error:
        return validation_errors(error, prefix="data")
    return []
