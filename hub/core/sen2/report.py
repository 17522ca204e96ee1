"""A comparison as JSON and as lines to read: dates, codes, places and the council's own references, nothing else."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from hub.core.sen2.cells import plain
from hub.core.sen2.comparing import Comparison
from hub.core.sen2.entry import Entry, Stated
from hub.core.sen2.year import Year

BLANK = "blank"


def to_json(found: Comparison, year: Year, as_of: date) -> dict[str, Any]:
    """The whole comparison. `here` is the hub, `there` the file; a blank cell is null."""
    return {
        "year": year.number,
        "as_of": as_of,
        "equal": found.is_equal,
        "rows": {"here": found.rows_here, "there": found.rows_there},
        "joined": {by: sum(pair.by == by for pair in found.pairs) for by in ("id", "date")},
        "missing_here": [_row(row) for row in found.missing_here],
        "missing_there": [_named(entry) | _codes(entry) for entry in found.missing_there],
        "absorbed": [_named(entry) | {"row": row.place} for entry, row in found.absorbed],
        "differences": [
            _named(each.entry)
            | {"row": each.place, "field": each.field, "here": each.here or None, "there": each.there or None}
            for each in found.differences
        ],
        "by_field": found.by_field,
        "historical": found.historical,
        "not_compared": found.uncompared,
    }


def lines(found: Comparison, year: Year, as_of: date) -> Iterator[str]:
    """The comparison to read."""
    by_id = sum(pair.by == "id" for pair in found.pairs)
    yield (
        f"SEN2 about {year.number}, as of {as_of}: {found.rows_here} requests here, {found.rows_there} in the file; "
        f"{by_id} joined by id, {len(found.pairs) - by_id} by the day of receipt"
    )
    yield from _listed(
        "Missing here: the hub has no such request",
        [f"{row.place}: {_said(_codes(row))}" for row in found.missing_here],
    )
    yield from _listed(
        "Missing in the file",
        [f"{name(entry)}: {_said(_codes(entry))}" for entry in found.missing_there],
    )
    yield from _listed(
        "Two rows in the file, one request here: it runs as one with another, from the earliest receipt",
        [f"{row.place}: with {name(entry)}" for entry, row in found.absorbed],
    )
    yield from _listed(
        "Different",
        [
            f"{name(each.entry)}, {each.place}: {each.field} here {each.here or BLANK}, there {each.there or BLANK}"
            for each in found.differences
        ],
    )
    if found.by_field:
        yield "By field: " + ", ".join(f"{field} {count}" for field, count in found.by_field.items())
    if found.historical:
        yield f"Left out: {found.historical} rows with H alone, of plans older than the year that the hub does not hold"
    if found.uncompared:
        told = ", ".join(f"{field} {count}" for field, count in found.uncompared.items())
        yield f"Not compared, because one side does not tell it: {told}"
    if found.is_equal:
        yield "No differences."


def name(entry: Entry) -> str:
    """What the council's staff know a request by."""
    return f"{entry.case_reference or entry.child_id} ({entry.bare})"


def _listed(title: str, items: list[str]) -> Iterator[str]:
    if items:
        yield f"{title} ({len(items)})"
        yield from (f"  {item}" for item in items)


def _named(entry: Entry) -> dict[str, Any]:
    return {"case_reference": entry.case_reference, "request": entry.id, "child_id": entry.child_id}


def _row(row: Stated) -> dict[str, Any]:
    return {"row": row.place} | _codes(row)


def _codes(each: Entry | Stated) -> dict[str, Any]:
    request, assessment = each.request, each.assessment
    return {
        "ReceivedDate": request.received_on,
        "RequestOutcome": request.outcome,
        "AssessmentOutcome": assessment.outcome if assessment else None,
    }


def _said(codes: dict[str, Any]) -> str:
    return ", ".join(f"{field} {plain(value)}" for field, value in codes.items() if value is not None)
