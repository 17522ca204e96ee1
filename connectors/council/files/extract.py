"""What instant an extract has. It is the version of all that the file says, so it is never taken from the machine."""

from datetime import UTC, datetime

from connectors.council.files.dates import parse_instant
from connectors.council.files.errors import FileRefused
from connectors.council.files.mapping import Mapping
from connectors.council.files.table import Row
from schemas.instants import london_day


def extract_instant(name: str, rows: list[Row], mapping: Mapping, now: datetime) -> datetime:
    """The instant in UTC, from the file's name or from its date column; raises FileRefused.

    Without a time it is London midnight, at which the day begins.
    """
    text = _from_name(name, mapping) if mapping.extract.column is None else _from_column(rows, mapping.extract.column)
    try:
        found = parse_instant(text, mapping.extract.format).astimezone(UTC)
    except (ValueError, OverflowError):
        raise FileRefused("extract-date", f"the extract's date is not of the form {mapping.extract.format}") from None
    if london_day(found) > london_day(now):
        raise FileRefused("extract-date", "the extract's date is in the future")
    return found


def _from_name(name: str, mapping: Mapping) -> str:
    match = mapping.pattern.fullmatch(name)
    text = match.group("date") if match else None
    if not text:
        raise FileRefused("extract-date", "the file's name has no extract date")
    return str(text)


def _from_column(rows: list[Row], column: str) -> str:
    found = {row.cells[column] for row in rows}
    if len(found) != 1:
        raise FileRefused("extract-date", f"column {column} must hold one and the same date in every row")
    return found.pop()
