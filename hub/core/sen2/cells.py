"""A cell of a return as text, and back: strict, so that nothing is guessed. No error repeats what a cell held."""

import re
from datetime import date

from hub.core.sen2.rows import OUTCOMES, Field, Value

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""As the collection writes them, whatever language the machine is set to."""

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)
"""Systems write 1900-01-01 for a date that they do not have: no date of a return lies outside these."""

_BLADE = re.compile(r"(\d{4})-([A-Z][a-z]{2})-(\d{2})(?: 00:00:00)?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T00:00:00)?")
_MOVED = re.compile(r"[A-Za-z0-9]{1,4}")
_TRUE, _FALSE = frozenset({"1", "true", "t", "yes", "y"}), frozenset({"0", "false", "f", "no", "n"})


def read(text: str, field: Field) -> Value:
    """What a cell says, None where it is blank; raises ValueError, which says what the cell should hold."""
    text = text.strip()
    if not text:
        return None
    if field.kind == "date":
        return _date(text)
    if field.kind == "flag":
        return _flag(text)
    if field.kind == "moved":
        return _moved(text)
    if field.kind == "outcome" and text not in OUTCOMES:
        raise ValueError(f"not one of {', '.join(OUTCOMES)}")
    if field.kind == "source" and text not in {"1", "2", "3", "4", "5"}:
        raise ValueError("not one of 1, 2, 3, 4, 5")
    return text


def blade(value: Value) -> str:
    """A value as a blade has it: dates as 2022-Sep-28 00:00:00."""
    if isinstance(value, date):
        return f"{value.year:04}-{MONTHS[value.month - 1]}-{value.day:02} 00:00:00"
    return plain(value)


def plain(value: Value) -> str:
    """A value as XML has it, and as it is shown: dates as 2022-09-28, yes and no as 1 and 0, blank as nothing."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, date):
        return value.isoformat()
    return value or ""


def _date(text: str) -> date:
    """A day in one of the two forms in which years come first, so that day and month cannot be mistaken."""
    if found := _BLADE.fullmatch(text):
        year, name, day = found.groups()
        month = MONTHS.index(name) + 1 if name in MONTHS else 0
    elif found := _ISO.fullmatch(text):
        year, month, day = found[1], int(found[2]), found[3]
    else:
        raise ValueError("not a date like 2022-Sep-28 00:00:00 or 2022-09-28")
    try:
        day_found = date(int(year), month, int(day))
    except ValueError:
        raise ValueError("a date that does not exist") from None
    if not EARLIEST <= day_found < LATEST:
        raise ValueError(f"a date outside {EARLIEST.year} to {LATEST.year - 1}")
    return day_found


def _flag(text: str) -> bool:
    word = text.casefold()
    if word not in _TRUE | _FALSE:
        raise ValueError("not 1 or 0")
    return word in _TRUE


def _moved(text: str) -> bool | None:
    """Exported: any short code says that the child moved out, the new authority's as well; no is the same as blank."""
    if not _MOVED.fullmatch(text):
        raise ValueError("not a short code")
    return None if text.casefold() in _FALSE else True
