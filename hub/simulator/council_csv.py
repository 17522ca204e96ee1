"""Extracts as a council's systems write them: CSV for the file connector's example mappings.

Plain Python values in, bytes out; the columns and date forms are those named in
`connectors/council/files/mappings/{one-education-people,one-education-requests,advice-tracker}.toml`.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from schemas.instants import LONDON

Form = Literal["people", "requests", "advice"]

_NAMES = {"people": "one-education-people", "requests": "one-education-requests", "advice": "advice-tracker"}
_DATES = {"people": "%d/%m/%Y", "requests": "%Y-%b-%d 00:00:00", "advice": "%d/%m/%Y"}
_TIME = "%d/%m/%Y %H:%M"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person; sex is M, F or U, `nhs_number_status` 01 to 08."""

    PersonID: str
    UPN: str | None = None
    ULN: str | None = None
    Forename: str | None = None
    Surname: str | None = None
    DOB: date | None = None
    Gender: str | None = None
    PostCode: str | None = None
    NHSNumber: str | None = None
    NHSNumberStatus: str | None = None
    DeceasedDate: date | None = None


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request. RequestSource is P, Y, R, S or O; the outcomes are SEN2's Y, N, A, W or H."""

    RequestID: str
    PersonID: str
    UPN: str | None = None
    Forename: str | None = None
    Surname: str | None = None
    DOB: date | None = None
    ReceivedDate: date | None = None
    RequestSource: str | None = None
    RequestOutcomeDate: date | None = None
    RequestOutcome: str | None = None
    DraftSentDate: date | None = None
    AssessmentOutcomeDate: date | None = None
    AssessmentOutcome: str | None = None
    PlanID: str | None = None
    CeaseDate: date | None = None
    CeaseReason: int | None = None


@dataclass(frozen=True, slots=True)
class AdviceRow:
    """One piece of advice asked for; the codes are the mapping's (`Medical`, `SLT`, `ICB`, `Yes`, …)."""

    AdviceID: str
    RequestID: str | None = None
    NHSNumber: str | None = None
    NHSNumberStatus: str | None = None
    UPN: str | None = None
    Forename: str | None = None
    Surname: str | None = None
    DOB: date | None = None
    Heading: str | None = None
    Service: str | None = None
    AskedRole: str | None = None
    AskedODS: str | None = None
    Required: str | None = None
    SentDate: date | None = None
    ReachedDate: date | None = None
    AcknowledgedDate: date | None = None
    AllocatedDate: date | None = None
    MissedDate: date | None = None
    ReturnedDate: date | None = None
    ReturnReason: str | None = None
    SentByBodyDate: date | None = None
    ReceivedDate: date | None = None
    Usable: str | None = None
    Final: str | None = None
    NotKnown: str | None = None
    DeclinedDate: date | None = None
    DeclinedGround: str | None = None
    ReasonsGiven: str | None = None
    CancelledDate: date | None = None
    CancelReason: str | None = None


def people_csv(rows: Iterable[PersonRow]) -> bytes:
    """A people extract; its date is in the file's name."""
    return _csv(PersonRow, ([_text("people", value) for value in _values(row)] for row in rows))


def requests_csv(rows: Iterable[RequestRow]) -> bytes:
    """A requests extract; its date is in the file's name."""
    return _csv(RequestRow, ([_text("requests", value) for value in _values(row)] for row in rows))


def advice_csv(rows: Iterable[AdviceRow], taken_at: datetime) -> bytes:
    """An extract of the advice tracker, with the instant it was taken (to the minute, London time) in each row."""
    stamp = taken_at.astimezone(LONDON).strftime(_TIME)
    lines = ([*(_text("advice", value) for value in _values(row)), stamp] for row in rows)
    return _csv(AdviceRow, lines, "ExtractedAt")


def file_name(form: Form, on: date) -> str:
    """What a day's extract is called."""
    return f"{_NAMES[form]}-{on.isoformat()}.csv"


def drop(folder: Path, name: str, content: bytes) -> Path:
    """Put a whole file into the watched folder at once, as a careful sender does."""
    draft, path = folder / f".{name}.tmp", folder / name
    draft.write_bytes(content)
    return draft.replace(path)


def _csv(shape: type[Any], lines: Iterable[list[str]], *more: str) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*(column.name for column in fields(shape)), *more])
    writer.writerows(lines)
    return out.getvalue().encode()


def _values(row: Any) -> list[Any]:
    return [getattr(row, column.name) for column in fields(row)]


def _text(form: Form, value: object) -> str:
    if value is None:
        return ""
    return value.strftime(_DATES[form]) if isinstance(value, date) else str(value)
