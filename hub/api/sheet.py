"""Sheets: listings as CSV that is safe to open, within whoever asks' scope, and audited."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.responses import Response

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What spreadsheets take for the beginning of a formula."""

MOST_ROWS = 10_000
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""By which spreadsheets know UTF-8."""

MEDIA_TYPE = "text/csv"

CHILD = ("child_id", "case_reference", "area", "open", "received_on", "standing", "restricted")
DEADLINE = (
    "id", "clock", "child_id", "case_reference", "area", "heading", "service", "responsible.role", "responsible.ods",
    "starts_on", "due_on", "act_by", "state", "met_on", "review_by", "standing", "law", "as_of",
)  # fmt: skip
ALERT = (
    "id", "child_id", "case_reference", "area", "threshold", "audience", "service", "severity", "state", "reason",
    "since", "due_on", "act_by", "deadline",
)  # fmt: skip
FIGURE = ("id", "title", "kind", "unit", "cohort", "basis", "source", "service", "weeks", "numerator", "denominator",
          "value")  # fmt: skip
"""The columns, by the names of the fields."""


def safe(value: object) -> str:
    """A cell's text. One that a spreadsheet would take for a formula begins with an apostrophe."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, int | float):
        return "" if value is None else str(value)
    text = str(value)
    return f"'{text}" if text.lstrip(" \N{NO-BREAK SPACE}").startswith(FORMULA) else text


def sheet(name: str, columns: Sequence[str], items: Iterable[Mapping[str, Any]]) -> Response:
    """A CSV file (RFC 4180, UTF-8) with a row for each item."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([safe(_at(item, column)) for column in columns] for item in items)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return Response(MARK + out.getvalue(), 200, headers, f"{MEDIA_TYPE}; charset=utf-8")


def _at(item: Mapping[str, Any], column: str) -> object:
    found: Any = item
    for part in column.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
