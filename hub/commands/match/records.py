"""Records to be matched, as a MAP file reads them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hub.commands.match.mapping import Columns, Mapping, Unfit, status
from hub.commands.match.table import Row, read_table
from hub.core.identity.people import traits_of_person
from hub.core.identity.scoring.traits import Traits, code, free_text
from schemas.people import Person


class Record(NamedTuple):
    """One row: its id, the file it is from (0 or 1), the person as received, and further fields in normal form."""

    id: str
    file: int
    person: Person
    also: tuple[str, ...]

    @property
    def traits(self) -> Traits:
        """What is compared."""
        return traits_of_person(self.person, self.also)


class Records(NamedTuple):
    """All rows, and how many dates of birth no format fitted."""

    rows: list[Record]
    unread_dates: int


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
    return Records(rows, unread)


def _record(row: Row, place: int, file: int, mapping: Mapping) -> tuple[Record, bool]:
    born_text = row.get(mapping.birth_date.column, "") if mapping.birth_date else ""
    born = mapping.birth_date.read(born_text) if mapping.birth_date and born_text else None
    number = _value(row, mapping.nhs_number)
    said = status(row.get(mapping.nhs_number_status, "")) if mapping.nhs_number_status else None
    record_id = row.get(mapping.id, "") if mapping.id else str(place)
    person = Person(
        id=record_id or str(place),
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
    return Record(record_id or str(place), file, person, also), bool(born_text) and born is None


def _also(row: Row, columns: Columns, kind: str) -> str:
    text = _joined(row, columns)
    return free_text(text) if kind == "text" else code(text)


def _joined(row: Row, columns: Columns) -> str | None:
    return " ".join(value for name in columns if (value := row.get(name, ""))) or None


def _value(row: Row, column: str | None) -> str | None:
    return (row.get(column) or None) if column else None
