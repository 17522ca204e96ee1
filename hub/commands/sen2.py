"""`sendhub sen2`: two modules of the SEN2 return from the hub's records, and a council's own return beside them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer
from pydantic import ValidationError
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from hub.commands.factfile import evaluations, read_day
from hub.commands.failures import stop
from hub.commands.reading import read_model, settings
from hub.commands.reconcile import SourcesFile, wide_console
from hub.core.sen2 import blade, files, message, report
from hub.core.sen2.comparing import compared
from hub.core.sen2.errors import Unreadable
from hub.core.sen2.gaps import counts, gaps, moved
from hub.core.sen2.returning import CLOCKS, Child, Return, returned
from hub.core.sen2.rows import OUTCOMES
from hub.core.sen2.year import Year
from hub.platform.clock import clock_from, today
from hub.store.reader import CHILDREN, DEADLINES, bodies
from schemas.deadlines import Deadline
from schemas.records import ChildRecord

app = typer.Typer(no_args_is_help=True, help="The SEN2 return: its request and assessment modules.")


class Format(StrEnum):
    """How a return is written."""

    csv = "csv"
    xml = "xml"


CalendarYear = Annotated[
    int, typer.Option("--year", min=1991, max=2098, help="The calendar year; its return goes in the next January.")
]
FactsFile = Annotated[
    Path | None,
    typer.Option("--facts", metavar="FILE", help="Facts, one JSON object a line, instead of the read model."),
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="The day to look at. Needs --facts; else it is today.")
]
KnownAt = Annotated[
    str | None,
    typer.Option("--known-at", metavar="DATE|now", help="Count facts received by then; unless said, by --as-of."),
]
Area = Annotated[str | None, typer.Option("--area", metavar="CODE", help="Only this DfE area code.")]


@app.callback()
def sen2() -> None:
    """The SEN2 return: its request and assessment modules."""


@app.command("export")
def export(
    year: CalendarYear,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder to write to; made if need be.")],
    format: Annotated[Format, typer.Option("--format", help="Two blade files, or one XML document.")] = Format.csv,
    facts: FactsFile = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    sources: SourcesFile = None,
    area: Area = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files of the same names.")] = False,
) -> None:
    """Write both modules, and say what is in them and what was left blank."""
    day = _day(year, facts, as_of, known_at, sources)
    found, code = _return(Year(year), area, facts, day, known_at, sources)
    written = _documents(found, format, code, day)
    _write(to, written, force)
    _show(found, code, day, [to / name for name in written])


@app.command("compare")
def compare(
    file: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="The council's return: XML, or the blades of both modules.")
    ],
    year: CalendarYear,
    facts: FactsFile = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    sources: SourcesFile = None,
    area: Area = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """List where a council's own return disagrees with the hub. Ends with 0: equal, 1: not, 2: a file can't be read."""
    day = _day(year, facts, as_of, known_at, sources)
    try:
        theirs = files.read([_file(path) for path in file], Year(year))
    except Unreadable as error:
        stop(str(error))
    ours, _ = _return(Year(year), area, facts, day, known_at, sources)
    result = compared(ours, theirs.rows, theirs.with_assessments)
    if as_json:
        typer.echo(orjson.dumps(report.to_json(result, ours.year, day), option=orjson.OPT_SORT_KEYS))
    else:
        for line in report.lines(result, ours.year, day):
            typer.echo(line)
    if not result.is_equal:
        raise typer.Exit(1)


def _day(year: int, facts: Path | None, as_of: str | None, known_at: str | None, sources: Path | None) -> date:
    if facts is None and (as_of or known_at or sources):
        stop("--as-of, --known-at and --sources need --facts: the read model holds what is known now")
    if facts is not None and as_of is None:
        stop("--facts needs --as-of")
    day = read_day("--as-of", as_of) if as_of else today(clock_from(settings().clock_file))
    if day < Year(year).first:
        stop(f"{year} has not begun on {day}")
    return day


def _file(path: Path) -> files.File:
    try:
        return files.File(path.name, path.read_bytes())
    except OSError as error:
        stop(f"{path} cannot be read: {error.strerror}")


def _return(
    year: Year, area: str | None, facts: Path | None, day: date, known_at: str | None, sources: Path | None
) -> tuple[Return, str | None]:
    """The return, and the code of the area that it is of; ends the command where that is not one."""
    try:
        with _children(facts, day, known_at, sources) as children:
            found = returned(children, year, area)
    except ValidationError:
        stop("the read model holds records of another version of the hub: rebuild it (docs/recovery.md)")
    if area is None and len(found.areas) > 1:
        codes = ", ".join(sorted(code or "none" for code in found.areas))
        stop(f"a return is of one area: choose with --area (there are cases of {codes})")
    if area is not None and area not in found.areas:
        stop(f"there is no case of area {area}")
    return found, area or next(iter(found.areas), None)


@contextmanager
def _children(facts: Path | None, day: date, known_at: str | None, sources: Path | None) -> Iterator[Iterator[Child]]:
    if facts is not None:
        yield _of_facts(facts, day, known_at, sources)
        return
    with read_model() as connection:
        yield _of_read_model(connection)


def _of_facts(facts: Path, day: date, known_at: str | None, sources: Path | None) -> Iterator[Child]:
    for evaluation in evaluations(facts, day.isoformat(), known_at, sources):
        deadlines = [
            Deadline.model_validate(deadline.to_json(evaluation.child_id, day))
            for deadline in evaluation.deadlines
            if deadline.rule.clock in CLOCKS
        ]
        yield Child(ChildRecord.model_validate(evaluation.record), deadlines)


def _of_read_model(connection: Connection) -> Iterator[Child]:
    deadlines: dict[str, list[Deadline]] = {}
    for clock in sorted(CLOCKS):
        for body in bodies(connection, DEADLINES, {"clock": clock}):
            deadline = Deadline.model_validate_json(body)
            deadlines.setdefault(deadline.child_id, []).append(deadline)
    for body in bodies(connection, CHILDREN, {}):
        record = ChildRecord.model_validate_json(body)
        yield Child(record, deadlines.get(record.child_id, []))


def _documents(found: Return, format: Format, area: str | None, day: date) -> dict[str, str]:
    """The files' texts by their names."""
    if format is Format.xml:
        return {message.name(found.year): message.written(found.entries, found.year, area)}
    return dict(zip(blade.names(day), blade.written(found.entries), strict=True))


def _write(to: Path, written: dict[str, str], force: bool) -> None:
    there = [name for name in written if (to / name).exists()]
    if there and not force:
        stop(f"{to / there[0]} exists: --force writes over it")
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, text in written.items():
            part = to / f"{name}.part"
            part.write_bytes(text.encode())  # as bytes: CSV has its own line endings
            part.replace(to / name)
    except OSError as error:
        stop(f"{to} cannot be written to: {error.strerror}")


def _show(found: Return, area: str | None, day: date, paths: list[Path]) -> None:
    year, console = found.year, wide_console()
    typer.echo(f"SEN2 about {year.number} for area {area or 'unknown'}, as of {day}: collection {year.collection}")
    if day <= year.last:
        typer.echo(f"The year is not over on {day}: this is how it stands so far.")
    for path in paths:
        typer.echo(f"Wrote {path}")
    table = Table("", *OUTCOMES, "all", box=None, padding=(0, 2))
    for what, by_outcome in zip(("requests", "assessments"), counts(found.entries), strict=True):
        table.add_row(*map(Text, (what, *map(str, by_outcome.values()), str(sum(by_outcome.values())))))
    console.print(table)
    typer.echo("Left blank, because the hub does not know it:")
    for field, rows, why in gaps(found):
        typer.echo(f"  {field}, {rows} rows: {why}")
    for line in _unsaid(found):
        typer.echo(f"  {line}")


def _unsaid(found: Return) -> Iterator[str]:
    """What the return does not have at all."""
    if exported := moved(found):
        yield f"Exported is 1 in {exported} rows: which authority the child moved to is not known"
    if found.loose_plans:
        yield f"{found.loose_plans} children have a plan whose request is not known here, so no row"
    yield "Module 1, so names, birth dates and UPNs: rows carry the case reference and the hub's child id instead"
    yield "Modules 4 and 5, the reference date and the items about the designated officers"
