"""Reading a fact's data: what cannot be read is not there. Data was checked at the door, yet nothing here may raise."""

from collections.abc import Mapping
from datetime import date
from typing import Any

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)
"""Dates outside are slips of the pen or a system's empty date (1900-01-01, 9999-12-31), not dates."""


def text_in(data: Mapping[str, Any], name: str) -> str | None:
    """A text that is not empty, or None."""
    value = data.get(name)
    return value if isinstance(value, str) and value else None


def date_in(data: Mapping[str, Any], name: str) -> date | None:
    """A possible date, or None."""
    value = data.get(name)
    if not isinstance(value, str):
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        return None
    return found if EARLIEST <= found <= LATEST else None


def year_in(data: Mapping[str, Any], name: str) -> int | None:
    """A possible year, or None."""
    value = data.get(name)
    return value if type(value) is int and EARLIEST.year <= value <= LATEST.year else None
