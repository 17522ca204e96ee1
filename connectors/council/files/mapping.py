"""One feed's mapping: what its files are called, how they are written, and what each column says.

A mapping is a TOML file; `docs/connectors/files.md` explains every field. Nothing here reads a file but `load`.
"""

import re
import tomllib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from connectors.council.files.dates import format_problem
from connectors.council.files.errors import BadMapping
from schemas.base import Model
from schemas.kinds import KINDS, validation_errors
from schemas.people import Person
from schemas.statements import Subject

FeedKind = Literal["people", "requests", "advice"]

MAY_STATE: dict[str, tuple[str, ...]] = {
    "people": ("child.", "decision-maker.", "commissioner."),
    "requests": (
        "assessment.",
        "plan.",
        "notice.",
        "exemption.",
        "review.",
        "transfer.",
        "reassessment.",
        "mediation.",
    ),
    "advice": ("advice.", "exemption."),
}
OWN_SUBJECT: dict[str, str | None] = {"people": None, "requests": "request", "advice": "advice"}
"""Which subject the row itself is."""


class Cell(Model):
    """Where one value comes from: a column, or a constant `value`.

    A column may be a date (`format`), a code (`values`: received to meant) or text. `empty` adds texts that mean blank
    to the mapping's own. `may_be_future` lets a date lie after the extract's. For ids: `case_reference` uses them as
    they are, `source` names another source that they belong to.
    """

    column: str | None = None
    value: Any = None
    format: str | None = None
    values: dict[str, Any] | None = None
    empty: tuple[str, ...] = ()
    may_be_future: bool = False
    case_reference: bool = False
    source: str | None = None

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        if (self.column is None) == (self.value is None):
            raise ValueError("give either a column or a value")
        if self.value is not None and len(self.model_fields_set) > 1:
            raise ValueError("a constant value takes no other field")
        if self.format is not None and self.values is not None:
            raise ValueError("a column is either a date (format) or a code (values)")
        if self.format is not None and (problem := format_problem(self.format)):
            raise ValueError(problem)
        if self.may_be_future and self.format is None:
            raise ValueError("may_be_future is for dates: give a format")
        return self


def _short(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


CellOrColumn = Annotated[Cell, BeforeValidator(_short)]
"""A cell; in TOML a bare string is a column of text."""

Codes = dict[str, tuple[str, ...]]
"""Column to received codes."""


class FactRule(Model):
    """One kind of fact that a row may state.

    It is stated when every column of `when` holds one of its codes and `date` is filled; else it is blank, which
    retracts it when an earlier extract stated it; when a column of `silent` holds one of its codes the row says nothing
    about it (SEN2's H: decided in an earlier collection year). `occurrence` tells two columns of one kind apart.
    """

    kind: str
    occurrence: str = ""
    date: CellOrColumn | None = None
    when: Codes = Field(default_factory=dict)
    silent: Codes = Field(default_factory=dict)
    subject: dict[str, CellOrColumn] = Field(default_factory=dict)
    data: dict[str, CellOrColumn] = Field(default_factory=dict)

    @property
    def slot(self) -> str:
        """Kind and occurrence in one: what of a record this rule states."""
        return f"{self.kind}|{self.occurrence}"

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell the rule reads."""
        return (*filter(None, [self.date]), *self.subject.values(), *self.data.values())

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.kind not in KINDS:
            raise ValueError("unknown event kind; the known kinds are listed in docs/schemas.md")
        if self.date is None and self.kind != "child.identified":
            raise ValueError("every fact but child.identified needs a date")
        if self.date is not None and self.date.format is None:
            raise ValueError("a fact's date needs a column and a format")
        _known_subjects(self.subject)
        return self


class ExtractDate(Model):
    """What date the extract has: its version. In the file name's group `date`, or in a column, in this `format`.

    A format with hours gives the instant (London time where it has no zone); without, it is that day's London midnight.
    """

    format: str
    column: str | None = None

    @model_validator(mode="after")
    def _explicit(self) -> Self:
        if problem := format_problem(self.format):
            raise ValueError(problem)
        return self


class Mapping(Model):
    """One feed. `feed` is its name, from the file's; the other fields are the TOML's."""

    feed: str
    source: str
    kind: FeedKind
    files: str
    encoding: Literal["utf-8", "cp1252", "utf-16"] = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    ends_with_newline: bool = True
    rows_fall_percent: int = Field(default=10, ge=0, le=100)
    empty: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extract: ExtractDate
    codes: Codes = Field(default_factory=dict)
    id: CellOrColumn | None = None
    person: dict[str, CellOrColumn]
    subject: dict[str, CellOrColumn] = Field(default_factory=dict)
    facts: tuple[FactRule, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The file names this feed takes."""
        return re.compile(self.files)

    @cached_property
    def rules(self) -> tuple[FactRule, ...]:
        """The fact rules; a people feed always states child.identified."""
        if self.kind == "people" and not any(rule.kind == "child.identified" for rule in self.facts):
            return (FactRule(kind="child.identified"), *self.facts)
        return self.facts

    @cached_property
    def columns(self) -> frozenset[str]:
        """Every column that a file must have."""
        cells = [*filter(None, [self.id]), *self.person.values(), *self.subject.values()]
        cells += [cell for rule in self.rules for cell in rule.cells]
        named = {cell.column for cell in cells} | {self.extract.column}
        coded = {column for rule in self.rules for column in (*rule.when, *rule.silent)}
        return frozenset(filter(None, named)) | coded | frozenset(self.codes)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        problems = [*_name_problems(self), *_person_problems(self), *_rule_problems(self), *_code_problems(self)]
        if problems:
            raise ValueError("; ".join(problems))
        _known_subjects(self.subject)
        return self


def load(path: Path) -> Mapping:
    """Read one mapping; raises BadMapping that names the file and each field."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        return Mapping.model_validate({**content, "feed": path.stem})
    except ValidationError as error:
        found = "; ".join(f"{field}: {what}" for field, what in validation_errors(error))
        raise BadMapping(f"{path.name}: {found}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadMapping(f"{path.name}: not TOML in UTF-8") from error


def load_all(folder: Path) -> tuple[Mapping, ...]:
    """Every mapping of a folder, by name; raises BadMapping when one is wrong or there is none."""
    found = tuple(load(path) for path in sorted(folder.glob("*.toml")))
    if not found:
        raise BadMapping(f"no mapping (*.toml) in {folder}")
    return found


def _known_subjects(names: Iterable[str]) -> None:
    unknown = [name for name in names if name not in Subject.model_fields]
    if unknown:
        raise ValueError(f"unknown subject {', '.join(unknown)}")


def _name_problems(mapping: Mapping) -> list[str]:
    try:
        groups = mapping.pattern.groupindex
    except re.error:
        return ["files: not a regular expression"]
    if mapping.extract.column is None and "date" not in groups:
        return ["files: without extract.column the pattern needs a group (?P<date>...)"]
    return []


def _person_problems(mapping: Mapping) -> list[str]:
    problems = [f"person.{name}: unknown" for name in mapping.person if name not in Person.model_fields]
    birth_date = mapping.person.get("birth_date")
    if birth_date is not None and birth_date.format is None:
        problems.append("person.birth_date: needs a format")
    if mapping.id is None and mapping.kind != "people":
        problems.append("id: only a people feed may be without")
    if mapping.kind == "people" and "id" in mapping.person:
        problems.append("person.id: in a people feed the row's id is the person's")
    return problems


def _rule_problems(mapping: Mapping) -> list[str]:
    slots = [rule.slot for rule in mapping.rules]
    problems = [] if mapping.rules else ["facts: a feed must state something"]
    problems += [f"facts: {slot} is there twice" for slot in sorted({slot for slot in slots if slots.count(slot) > 1})]
    allowed = MAY_STATE[mapping.kind]
    return problems + [
        f"facts: a {mapping.kind} feed does not state {rule.kind}"
        for rule in mapping.rules
        if not rule.kind.startswith(allowed)
    ]


def _code_problems(mapping: Mapping) -> list[str]:
    """A condition on a code that the column may never hold is a slip of the pen."""
    problems = []
    for rule in mapping.rules:
        for column, used in [*rule.when.items(), *rule.silent.items()]:
            known = mapping.codes.get(column)
            if known is None:
                problems.append(f"codes: list every code of {column}")
            elif set(used) - set(known):
                problems.append(f"codes: {column} lacks a code that {rule.kind} uses")
    return problems
