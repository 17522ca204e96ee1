"""Which dates an event may carry. A date that is in no calendar is refused by the model, here one that cannot be."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from schemas.instants import london_day

SKEW = timedelta(minutes=5)
"""How far a sender's clock may be ahead of ours."""

MAY_BE_FUTURE = frozenset(
    {
        "child.moved",
        "commissioner.set",
        "decision-maker.set",
        "plan.ceased",
        "review.scheduled",
        "transfer.area",
        "transfer.icb",
        "transfer.phase",
    }
)
"""Kinds known before the day from which they hold; any other says what has happened."""

PAST_DATA = frozenset({"advice_requested_on", "appointment_on", "knew_on", "on", "report_on", "told_family_on"})
"""Data fields that say when something happened. The others (a hearing's due date, a meeting to come) may be future."""

_EARLIEST = date(1990, 1, 1)
_EARLIEST_BIRTH = date(1900, 1, 1)
_LATEST = date(2100, 1, 1)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")
_DATE_NAMES = frozenset({"from", "to", "on", "closed_from"})
_IMPOSSIBLE = "is before 1990 or after 2099"
_FUTURE = "is in the future"
_NOT_A_DATE = "is a number: give a date as YYYY-MM-DD"


def date_errors(event: Mapping[str, Any], now: datetime) -> list[tuple[str, str]]:
    """What is wrong with an event's dates, as (field, message). Takes any JSON object, valid or not."""
    tomorrow = london_day(now) + timedelta(days=1)
    return [
        *_effective(event, tomorrow),
        *_recorded(event.get("recorded_at"), now),
        *_birth(event.get("person"), tomorrow),
        *_data(event.get("data"), tomorrow),
    ]


def _effective(event: Mapping[str, Any], tomorrow: date) -> Iterator[tuple[str, str]]:
    value = event.get("effective_on")
    if value is None and event.get("retracted") is not True:
        yield "effective_on", "is required unless the statement is retracted"
    if _is_number(value):
        yield "effective_on", _NOT_A_DATE
    day = _date(value)
    if day and not _EARLIEST <= day < _LATEST:
        yield "effective_on", _IMPOSSIBLE
    elif day and day > tomorrow and event.get("kind") not in MAY_BE_FUTURE:
        yield "effective_on", f"{_FUTURE}, which this kind cannot be"


def _recorded(value: object, now: datetime) -> Iterator[tuple[str, str]]:
    if _is_number(value):
        yield "recorded_at", "is a number: give an ISO 8601 instant with its zone"
        return
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return
    if instant is None or instant.tzinfo is None:
        return
    if instant.year < _EARLIEST.year:
        yield "recorded_at", _IMPOSSIBLE
    elif instant.year >= _LATEST.year or instant > now + SKEW:
        yield "recorded_at", f"{_FUTURE} by more than {SKEW.seconds // 60} minutes"


def _birth(person: object, tomorrow: date) -> Iterator[tuple[str, str]]:
    value = person.get("birth_date") if isinstance(person, dict) else None
    if _is_number(value):
        yield "person.birth_date", _NOT_A_DATE
    day = _date(value)
    if day and day >= tomorrow:
        yield "person.birth_date", _FUTURE
    elif day and day < _EARLIEST_BIRTH:
        yield "person.birth_date", "is before 1900"


def _data(data: object, tomorrow: date, path: str = "data", name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _data(value, tomorrow, f"{path}.{key}", key)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _data(value, tomorrow, f"{path}.{index}", name)
    elif _is_number(data) and (name in _DATE_NAMES or name.endswith("_on")):
        yield path, _NOT_A_DATE
    elif day := _date(data):
        if not _EARLIEST <= day < _LATEST:
            yield path, _IMPOSSIBLE
        elif name in PAST_DATA and day > tomorrow:
            yield path, _FUTURE


def _is_number(value: object) -> bool:
    """Whether a text is a number, which pydantic would take for days or seconds since 1970 even when strict."""
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None


def _date(value: object) -> date | None:
    """The date that a text in ISO form is, else None: what is no date is the model's to say."""
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
