"""What one row states, by its feed's mapping. Pure: the same row, mapping, day and key give the same answer."""

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson
from pydantic import ValidationError

from connectors.council.files.dates import EARLIEST_FACT, parse_date
from connectors.council.files.errors import Problem
from connectors.council.files.mapping import OWN_SUBJECT, Cell, FactRule, Mapping
from connectors.council.files.references import hashed_id, reference_problem
from connectors.council.files.table import Row
from schemas.ids import keyed_digest
from schemas.kinds import data_errors, validation_errors
from schemas.people import Person
from schemas.references import personal_data_errors
from schemas.references import reference_problem as personal_problem

LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Said:
    """One fact as a row states it. `content` is a keyed digest of all it says, the extract's own date left out."""

    rule: FactRule
    effective_on: date
    subject: dict[str, str]
    data: dict[str, Any]
    content: str


@dataclass(frozen=True, slots=True)
class RowFacts:
    """A good row: its record and person, what it states by slot, and the slots on which it is silent."""

    line: int
    record: str
    subject: dict[str, str]
    person: dict[str, Any]
    stated: dict[str, Said]
    silent: frozenset[str]


class RowRefused(Exception):
    """The row is not taken; `problems` has every one found, without values."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("bad row")
        self.problems = problems


def read_row(row: Row, mapping: Mapping, extract_day: date, key: bytes) -> RowFacts:
    """What the row states; raises RowRefused."""
    reader = _Reader(row, mapping, extract_day, key)
    facts = reader.facts()
    if reader.problems:
        raise RowRefused(list(reader.problems))
    return facts


@dataclass
class _Reader:
    """Reads one row's cells and collects what is wrong with them (each once, in the order found)."""

    row: Row
    mapping: Mapping
    extract_day: date
    key: bytes
    problems: dict[Problem, None] = field(default_factory=dict)
    person: dict[str, Any] = field(default_factory=dict)

    def facts(self) -> RowFacts:
        self._check_codes()
        self._read_person()
        record = self._record()
        subject = self._subject(self.mapping.subject)
        own = OWN_SUBJECT[self.mapping.kind]
        if own:
            subject[own] = record
        said = {rule.slot: self._said(rule, subject) for rule in self.mapping.rules}
        return RowFacts(
            line=self.row.line,
            record=record,
            subject=subject,
            person=self.person,
            stated={slot: fact for slot, fact in said.items() if fact is not None},
            silent=frozenset(rule.slot for rule in self.mapping.rules if self._holds_any(rule.silent)),
        )

    def _said(self, rule: FactRule, subject: dict[str, str]) -> Said | None:
        on = self._value(rule.date) if rule.date else self.extract_day
        if on is None or self._holds_any(rule.silent) or not self._holds_all(rule.when):
            return None
        data = self._data(rule)
        whole = {**subject, **self._subject(rule.subject)}
        dated = on.isoformat() if rule.date else None
        saying = orjson.dumps([dated, whole, data, self.person], option=orjson.OPT_SORT_KEYS).decode()
        return Said(rule, on, whole, data, keyed_digest(self.key, saying))

    def _data(self, rule: FactRule) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, cell in rule.data.items():
            value = self._value(cell)
            if value is not None:
                _put(found, name.split("."), value.isoformat() if isinstance(value, date) else value)
        for name, what in data_errors(rule.kind, found) or personal_data_errors(found, self.person):
            name = name.removeprefix("data.")
            self._problem(_column_of(rule.data, name), f"{rule.kind} {name}: {what}")
        return found

    def _read_person(self) -> None:
        cells = self.mapping.person
        values = {name: value for name, cell in cells.items() if (value := self._value(cell)) is not None}
        if self.mapping.kind == "people" and self.mapping.id and (own := self._value(self.mapping.id)):
            values["id"] = own
        from_columns = [name for name, cell in cells.items() if cell.column is not None and name in values]
        if not from_columns and "id" not in values:
            self._problem("", "nobody: every column of the person is blank")
        try:
            person = Person.model_validate(values)
        except ValidationError as error:
            for name, what in validation_errors(error):
                self._problem(_column_of(cells, name), f"person {name}: {what}")
            return
        self.person = person.model_dump(mode="json", exclude_none=True)
        if self.mapping.id is None:
            self.person["id"] = self._id_from_columns()

    def _id_from_columns(self) -> str:
        """A file without ids: who is described by other columns is, until a person says otherwise, somebody else."""
        described = [f"{name}={' '.join(str(value).casefold().split())}" for name, value in sorted(self.person.items())]
        return hashed_id(self.key, self.mapping.source, "person", *described)

    def _record(self) -> str:
        cell = self.mapping.id
        if cell is None:
            return str(self.person.get("id", ""))
        found = self._id(cell, OWN_SUBJECT[self.mapping.kind] or "person")
        if found is None:
            self._problem(cell.column or "", "the row's id is blank")
        return found or ""

    def _subject(self, cells: MappingOf[str, Cell]) -> dict[str, str]:
        found = {name: self._id(cell, name) for name, cell in cells.items()}
        return {name: value for name, value in found.items() if value is not None}

    def _id(self, cell: Cell, what: str) -> str | None:
        """The id as it is where the column is marked as a case reference, else its keyed hash."""
        text = self._value(cell)
        if text is None:
            return None
        bare = str(text)
        if not cell.case_reference:
            bare = hashed_id(self.key, cell.source or self.mapping.source, what, bare)
        elif "/" in bare:
            self._problem(cell.column or "", "an id used as it is may hold no '/', which parts a source from its id")
        return f"{cell.source}/{bare}" if cell.source else bare

    def _value(self, cell: Cell) -> Any:
        """A cell's meaning: None when blank. A wrong one becomes a problem and counts as blank."""
        if cell.column is None:
            return cell.value
        text = self.row.cells[cell.column]
        if not text or text in self.mapping.empty or text in cell.empty:
            return None
        if cell.format is not None:
            return self._date(cell, text)
        if cell.values is not None:
            if text not in cell.values:
                self._problem(cell.column, "a code that the mapping does not know")
            return cell.values.get(text)
        problem = self._text_problem(cell, text)
        if problem:
            self._problem(cell.column, problem)
            return None
        return text

    def _date(self, cell: Cell, text: str) -> date | None:
        try:
            found = parse_date(text, cell.format or "")
        except ValueError as error:
            self._problem(cell.column or "", str(error))
            return None
        if found < EARLIEST_FACT and cell is not self.mapping.person.get("birth_date"):
            self._problem(cell.column or "", f"a date before {EARLIEST_FACT.year}")
            return None
        if found > self.extract_day and not cell.may_be_future:
            self._problem(cell.column or "", "a date after the extract's own")
            return None
        return found

    def _text_problem(self, cell: Cell, text: str) -> str | None:
        if len(text) > LONGEST_TEXT:
            return f"longer than {LONGEST_TEXT} characters"
        if not cell.case_reference:
            return None
        names = [self.person[name] for name in ("given", "family") if name in self.person]
        born = self.person.get("birth_date")
        problem = reference_problem(text, names, date.fromisoformat(born) if born else None)
        return problem or personal_problem(text, self.person)

    def _check_codes(self) -> None:
        for column, known in self.mapping.codes.items():
            text = self.row.cells[column]
            if text and text not in known and text not in self.mapping.empty:
                self._problem(column, "a code that the mapping does not know")

    def _holds_any(self, codes: MappingOf[str, tuple[str, ...]]) -> bool:
        return any(self.row.cells[column] in known for column, known in codes.items())

    def _holds_all(self, codes: MappingOf[str, tuple[str, ...]]) -> bool:
        return all(self.row.cells[column] in known for column, known in codes.items())

    def _problem(self, column: str, what: str) -> None:
        self.problems[Problem(self.row.line, column, what)] = None


def _put(data: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        data = data.setdefault(part, {})
    data[path[-1]] = value


def _column_of(cells: MappingOf[str, Cell], name: str) -> str:
    """The column a field came from; of a nested field the nearest one."""
    cell = cells.get(name) or next((cell for field, cell in cells.items() if name.startswith(field)), None)
    return (cell.column if cell else None) or ""
