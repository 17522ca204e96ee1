"""Dates and instants. A day is a Europe/London date, an instant is UTC.

23:30 UTC on 1 July is already 2 July in Buckinghamshire: a date is never cut out of an instant's text.
"""

from datetime import UTC, date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime

LONDON = ZoneInfo("Europe/London")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _to_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("is before the year 1 or after the year 9999 in UTC") from None


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An instant with a zone, held in UTC and written with a Z."""


def start_of(day: date) -> datetime:
    """The first instant of a London day, in UTC."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def london_day(instant: datetime) -> date:
    """The Europe/London date of an instant that has a zone."""
    return instant.astimezone(LONDON).date()


def microseconds(instant: datetime) -> int:
    """An instant as microseconds since 1970: the version of sources that only have instants."""
    delta = instant - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
