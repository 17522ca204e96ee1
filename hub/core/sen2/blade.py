"""The two modules as "blades", the CSV files in which the collection gives a return back.

They are named, headed and dated alike. A blade numbers its rows in a column of its own. NativeId has the council's own
case reference, sourceid the source, requeststableid the request's own id, and persontableid the hub's child id in place
of a person's row.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from hub.core.sen2 import cells, filled
from hub.core.sen2.entry import Entry, Stated
from hub.core.sen2.errors import Problem, Unreadable
from hub.core.sen2.rows import ASSESSMENT_FIELDS, REQUEST_FIELDS, Assessment, Field, value

REQUEST_ID, NATIVE_ID, SOURCE_ID = "requeststableid", "NativeId", "sourceid"
REQUEST_COLUMNS = (REQUEST_ID, NATIVE_ID, "requestsorderseqcolumn", SOURCE_ID, "persontableid")
ASSESSMENT_COLUMNS = ("assessmenttableid", NATIVE_ID, "assessmentorderseqcolumn", SOURCE_ID, REQUEST_ID)

_RECEIVED, _ASSESSED = "receiveddate", "assessmentoutcome"


class Blade(NamedTuple):
    """A file read as a table: its name, its columns in small letters, and each row with the line it ends on."""

    name: str
    columns: frozenset[str]
    rows: list[tuple[str, dict[str, str]]]

    @property
    def is_requests(self) -> bool:
        """Whether it is module 2."""
        return _RECEIVED in self.columns

    @property
    def is_assessments(self) -> bool:
        """Whether it is module 3."""
        return _ASSESSED in self.columns and not self.is_requests


def names(day: date) -> tuple[str, str]:
    """The names of the two files, with the day of the export."""
    when = f"{day:%d-%m-%Y}"
    return f"Blade-Export_{when}_requests.csv", f"Blade-Export_{when}_assessment.csv"


def written(entries: Iterable[Entry]) -> tuple[str, str]:
    """The requests file and the assessment file."""
    entries = tuple(entries)
    named = list(zip(_row_ids(entries), entries, strict=True))
    requests = [
        [id_, entry.case_reference or "", number, entry.source, entry.child_id]
        + [cells.blade(value(entry.request, field)) for field in REQUEST_FIELDS]
        for number, (id_, entry) in enumerate(named, 1)
    ]
    assessed = [(id_, entry, entry.assessment) for id_, entry in named if entry.assessment is not None]
    assessments = [
        [id_, entry.case_reference or "", number, entry.source, id_]
        + [cells.blade(value(assessment, field)) for field in ASSESSMENT_FIELDS]
        for number, (id_, entry, assessment) in enumerate(assessed, 1)
    ]
    return (
        _text(REQUEST_COLUMNS, REQUEST_FIELDS, requests),
        _text(ASSESSMENT_COLUMNS, ASSESSMENT_FIELDS, assessments),
    )


def _row_ids(entries: tuple[Entry, ...]) -> list[str]:
    """Each request's id as its source knows it; in full where two sources use the same one. Where one request was told
    of two children, which it should not be, the child's id as well."""
    bare, full = Counter(entry.bare for entry in entries), Counter(entry.id for entry in entries)
    return [
        entry.bare if bare[entry.bare] == 1 else entry.id if full[entry.id] == 1 else f"{entry.id}/{entry.child_id}"
        for entry in entries
    ]


def _text(columns: tuple[str, ...], fields: tuple[Field, ...], rows: list[list[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow((*columns, *(field.column for field in fields)))
    writer.writerows(rows)
    return text.getvalue()


def table(name: str, content: bytes) -> Blade:
    """A file as a table; raises Unreadable."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable([Problem(name, "", "not text in UTF-8")]) from None
    reader = csv.reader(io.StringIO(text.replace("\0", "\ufffd"), newline=""), strict=True)
    rows: list[tuple[str, dict[str, str]]] = []
    problems: list[Problem] = []
    try:
        header = [column.strip().lower() for column in next(reader, [])]
        for found in reader:
            place = f"{name} row {reader.line_num}"
            if len(found) != len(header) and any(found):
                problems.append(Problem(place, "", f"{len(found)} cells where the header has {len(header)}"))
            elif any(cell.strip() for cell in found):
                rows.append((place, dict(zip(header, found, strict=True))))
    except csv.Error:
        raise Unreadable(
            [Problem(f"{name} row {reader.line_num}", "", "not CSV: a quote is left open or a cell too long")]
        ) from None
    known = {field.column for field in (*REQUEST_FIELDS, *ASSESSMENT_FIELDS)} | {REQUEST_ID}
    twice = sorted(column for column, count in Counter(header).items() if count > 1 and column in known)
    problems += [Problem(name, column, "the column is there twice") for column in twice]
    if problems:
        raise Unreadable(problems)
    return Blade(name, frozenset(header), rows)


def stated(requests: Blade, assessments: Blade | None) -> list[Stated]:
    """The rows of the two modules, each request with its assessment; raises Unreadable with all that is wrong."""
    problems = _missing(requests, _RECEIVED, "requestoutcome")
    if assessments is not None:
        problems += _missing(assessments, REQUEST_ID, _ASSESSED)
        problems += _missing(requests, REQUEST_ID)
    if problems:
        raise Unreadable(problems)
    results = _assessments(assessments, problems) if assessments is not None else {}
    found: list[Stated] = []
    seen: set[str] = set()
    for place, row in requests.rows:
        id_ = row.get(REQUEST_ID, "").strip()
        if id_ and id_ in seen:
            problems.append(Problem(place, REQUEST_ID, "an earlier row has the same id"))
        seen.add(id_)
        request = filled.request(row, requests.columns, place, problems)
        if request is not None:
            where, result = results.get(id_, (None, None)) if id_ else (None, None)
            found.append(Stated(place, _ids(row), request, result, where))
    orphans = [(place, id_) for id_, (place, _) in results.items() if id_ not in seen]
    problems += [Problem(place, REQUEST_ID, "no request has this id") for place, _ in orphans]
    if problems:
        raise Unreadable(problems)
    return found


def _assessments(blade: Blade, problems: list[Problem]) -> dict[str, tuple[str, Assessment | None]]:
    """Each assessment, and where it stands, by its request's id."""
    found: dict[str, tuple[str, Assessment | None]] = {}
    for place, row in blade.rows:
        id_ = row[REQUEST_ID].strip()
        if not id_:
            problems.append(Problem(place, REQUEST_ID, "blank, which it may not be"))
        elif id_ in found:
            problems.append(Problem(place, REQUEST_ID, "a second assessment of one request"))
        else:
            found[id_] = place, filled.assessment(row, blade.columns, place, problems)
    return found


def _missing(blade: Blade, *columns: str) -> list[Problem]:
    return [Problem(blade.name, column, "the column is missing") for column in columns if column not in blade.columns]


def _ids(row: dict[str, str]) -> tuple[str, ...]:
    """What a row may be found by, the surest first. `sourceid` names a file or a system, so it does not."""
    found = (row.get(column, "").strip() for column in (REQUEST_ID, NATIVE_ID.lower()))
    return tuple(dict.fromkeys(filter(None, found)))
