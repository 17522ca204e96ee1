"""Records to be matched, as a MAP file reads them."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from hub.commands.match.mapping import Columns, Mapping, Unfit, status
from hub.commands.match.table import Row, read_table
from hub.core.identity.evidence import VERIFIED
from hub.core.identity.numbers import nhs_number
from hub.core.identity.people import traits_of_person
from hub.core.identity.scoring.traits import Traits, code, free_text
from schemas.instants import london_day
from schemas.people import Person


class Record(NamedTuple):
    """One row: its id, the file it is from (0 or 1), the person as received, and further fields in normal form."""

    id: str
    file: int
    person: Person
    also: tuple[str, ...]

    @property
    def traits(self) -> Traits:
        """What is compared: a date of birth that is still to come is not known."""
        born = self.person.birth_date
        known = self.person if born is None or born <= _today() else self.person.model_copy(update={"birth_date": None})
        return traits_of_person(known, self.also)

    @property
    def verified_number(self) -> str | None:
        """The NHS number, where it is well-formed and of status 01."""
        return nhs_number(self.person.nhs_number) if self.person.nhs_number_status == VERIFIED else None


class Records(NamedTuple):
    """All rows; how many dates of birth no format fitted, and how many NHS numbers are none."""

    rows: list[Record]
    unread_dates: int
    malformed_numbers: int


def read_records(files: Sequence[Path], mapping: Mapping, *, once: bool) -> Records:
    """The records of one file or two; `once`: no id may come twice in a file. Raises Unfit or OSError."""
    rows: list[Record] = []
    unread = 0
    for number, file in enumerate(files):
        columns, table = read_table(file)
        missing = mapping.columns - set(columns)
        if missing:
            raise Unfit(f"{file} has no column {', '.join(sorted(missing))}; it has {', '.join(columns)}")
        found = [_record(row, place, number, mapping) for place, row in enumerate(table, 1)]
        twice = [each for each, times in Counter(record.id for record, _ in found).items() if times > 1]
        if once and twice:
            raise Unfit(
                f"{file} gives {len(twice)} ids to more than one record: `id` has to be a column of single values"
            )
        rows.extend(record for record, _ in found)
        unread += sum(1 for _, wrong in found if wrong)
    if not rows:
        raise Unfit("there are no records")
    malformed = sum(1 for row in rows if row.person.nhs_number and nhs_number(row.person.nhs_number) is None)
    return Records(rows, unread, malformed)


def _record(row: Row, place: int, file: int, mapping: Mapping) -> tuple[Record, bool]:
    born_text = row.get(mapping.birth_date.column, "") if mapping.birth_date else ""
    born = mapping.birth_date.read(born_text) if mapping.birth_date and born_text else None
    number = _value(row, mapping.nhs_number)
    said = status(row.get(mapping.nhs_number_status, "")) if mapping.nhs_number_status else None
    record_id = (row.get(mapping.id) or f"row {place}") if mapping.id else str(place)
    person = Person(
        id=record_id,
        given=_joined(row, mapping.given),
        family=_joined(row, mapping.family),
        birth_date=born,
        sex=_value(row, mapping.sex),
        postcode=_value(row, mapping.postcode),
        nhs_number=number,
        nhs_number_status="01" if number and mapping.verified else said,
        upn=_value(row, mapping.upn),
    )
    also = tuple(_also(row, each.columns, each.kind) for each in mapping.also.values())
    return Record(record_id, file, person, also), bool(born_text) and born is None


@cache
def _today() -> date:
    return london_day(datetime.now(UTC))


def _also(row: Row, columns: Columns, kind: str) -> str:
    text = _joined(row, columns)
    return free_text(text) if kind == "text" else code(text)


def _joined(row: Row, columns: Columns) -> str | None:
    return " ".join(value for name in columns if (value := row.get(name, ""))) or None


def _value(row: Row, column: str | None) -> str | None:
    return (row.get(column) or None) if column else None
