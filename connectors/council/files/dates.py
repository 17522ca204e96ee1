"""Dates from text, by an explicit format and nothing else (`dd/mm` and `mm/dd` cannot be told apart by looking).

A format is one of strptime's, or `excel-serial` for the day numbers that a spreadsheet leaves when a date cell was
saved as a number. The text must be exactly what the format would write: no missing zeros, no two-digit years.
"""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from schemas.instants import LONDON

EXCEL_SERIAL = "excel-serial"
EARLIEST = date(1900, 1, 1)
EARLIEST_FACT = date(1990, 1, 1)
"""A system writes 1900-01-01 for a date it does not have. Only a birth may be so long ago."""
LATEST = date(2150, 1, 1)
_FRACTION = re.compile(r"(?:\.\d{1,6})?(?:\s?(?:Z|[+-]\d\d:?\d\d))?$")
"""Parts of seconds and zones may be written in several ways that mean one thing."""
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_EXCEL_LEAP_BUG_ENDS = 60
"""Excel's 1900 system has a 29 February 1900: numbers up to it name other days, so they are refused."""


def format_problem(text: str) -> str | None:
    """Why a format is not an explicit one, or None when it is."""
    if text == EXCEL_SERIAL:
        return None
    if "%y" in text:
        return "a two-digit year (%y) is a guess: ask for an extract with four"
    missing = [code for code in ("%Y", "%d") if code not in text]
    if missing or not ("%m" in text or "%b" in text or "%B" in text):
        return "a date format names day (%d), month (%m, %b or %B) and year (%Y), or is excel-serial"
    return None


@lru_cache(maxsize=16_384)
def parse_date(text: str, format: str) -> date:
    """A Europe/London date; raises ValueError without the text in it. Cached: a file repeats the same few days."""
    found = _excel(text) if format == EXCEL_SERIAL else parse_instant(text, format).date()
    if not EARLIEST <= found < LATEST:
        raise ValueError(f"a year outside {EARLIEST.year} to {LATEST.year}")
    return found


def parse_instant(text: str, format: str) -> datetime:
    """An instant: London time where the text has no zone, midnight where it has no time; raises ValueError."""
    try:
        found = datetime.strptime(text, format)  # noqa: DTZ007 - the zone is given below
    except ValueError:
        raise ValueError(f"not a date of the form {format}") from None
    plain, plain_format = _FRACTION.sub("", text), format.replace(".%f", "").removesuffix("%z")
    if found.strftime(plain_format).strip().casefold() != plain.casefold():
        raise ValueError(f"not written exactly in the form {format}")
    return found.replace(tzinfo=LONDON) if found.tzinfo is None else found.astimezone(LONDON)


def _excel(text: str) -> date:
    whole = text.removesuffix(".0")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 6):
        raise ValueError("not a spreadsheet's day number")
    if int(whole) <= _EXCEL_LEAP_BUG_ENDS:
        raise ValueError("a spreadsheet's day number of 1900 is not reliable")
    return _EXCEL_DAY_ZERO + timedelta(days=int(whole))
