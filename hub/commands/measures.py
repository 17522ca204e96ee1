"""`sendhub measures`: the measures of timeliness for a period, from a file of facts or from the read model."""

import csv
import io
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.table import Table
from rich.text import Text

from hub.commands.factfile import evaluations, read_day
from hub.commands.failures import stop
from hub.commands.reading import read_model, settings
from hub.commands.reconcile import SourcesFile, wide_console
from hub.core.casework.evaluate import Evaluation
from hub.core.measures.figures import NOW, Figure, Report
from hub.core.measures.joining import outcomes_of
from hub.core.measures.look import Look
from hub.core.measures.outcome import Outcomes
from hub.core.measures.tally import Tally
from hub.platform.clock import clock_from, today
from hub.store.outcomes import Measures

COLUMNS = (
    "from", "to", "as_of", "known_at", "area", "measure", "title", "cohort", "basis", "source", "service", "weeks",
    "numerator", "denominator", "value", "unit",
)  # fmt: skip


def measures(
    from_on: Annotated[str, typer.Option("--from", metavar="DATE", help="First day of the period.")],
    to_on: Annotated[str, typer.Option("--to", metavar="DATE", help="Last day of the period.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="As it stands at the end of that day; else today.")
    ] = None,
    known_at: Annotated[
        str | None,
        typer.Option(
            "--known-at",
            metavar="DATE|now",
            help="Count facts received by then; unless said, by --as-of. Needs --facts.",
        ),
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option("--facts", metavar="FILE", help="Facts, one JSON object a line, instead of the read model."),
    ] = None,
    sources: SourcesFile = None,
    area: Annotated[str | None, typer.Option("--area", metavar="CODE", help="Only this DfE area code.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, as the API gives it.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One figure a line.")] = False,
) -> None:
    """Show how timely decisions, plans, advice and reviews were. docs/measures.md defines every figure."""
    if as_json and as_csv:
        stop("--json and --csv exclude each other")
    if facts is None and (known_at or sources):
        stop("--known-at and --sources need --facts: the read model holds what is known now")
    look = _look(from_on, to_on, as_of, area)
    report = _from_read_model(look) if facts is None else _from_facts(facts, look, known_at, sources)
    known = NOW if facts is None else known_at or look.as_of.isoformat()
    if as_json:
        typer.echo(orjson.dumps(report.to_json(known)))
    elif as_csv:
        typer.echo(_csv(report, known), nl=False)
    else:
        _show(report, known)


def _look(from_on: str, to_on: str, as_of: str | None, area: str | None) -> Look:
    start, end = read_day("--from", from_on), read_day("--to", to_on)
    if end < start:
        stop("--to is before --from")
    day = read_day("--as-of", as_of) if as_of else today(clock_from(settings().clock_file))
    return Look(start, end, day, area)


def _from_facts(file: Path, look: Look, known_at: str | None, sources: Path | None) -> Report:
    children = evaluations(file, look.as_of.isoformat(), known_at, sources)
    return Tally(map(_outcomes, children)).report(look)


def _outcomes(evaluation: Evaluation) -> Outcomes:
    child_id, day = evaluation.child_id, evaluation.day
    deadlines = [deadline.to_json(child_id, day) for deadline in evaluation.deadlines]
    return outcomes_of(child_id, evaluation.record, deadlines)


def _from_read_model(look: Look) -> Report:
    with read_model() as connection:
        return Measures().report(connection, look)


def _csv(report: Report, known_at: str) -> str:
    """Every figure as a line; a value that does not exist is empty."""
    look, text = report.look, io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    said = (look.from_on, look.to_on, look.as_of, known_at, look.area)
    for measure, figures in report.measures:
        for figure in figures:
            place = (figure.cohort, figure.basis, figure.source, figure.service, figure.weeks)
            numbers = (figure.numerator, figure.denominator, figure.value)
            lines.writerow((*said, measure.id, measure.title, *place, *numbers, measure.unit))
    return text.getvalue()


def _show(report: Report, known_at: str) -> None:
    console, look = wide_console(), report.look
    on = known_at if known_at == NOW else f"on {known_at}"
    where = f", area {look.area}" if look.area else ""
    console.print(Text(f"From {look.from_on} to {look.to_on}, as of {look.as_of}, as known {on}{where}", style="bold"))
    for measure, figures in report.measures:
        table = Table("cohort", "basis", "source", "of", box=None, padding=(0, 2))
        for name in ("numerator", "denominator", measure.unit):
            table.add_column(name, justify="right")
        for figure in figures:
            table.add_row(*map(Text, _cells(figure)))
        console.print(Text(f"\n{measure.title} ({measure.id})", style="bold"))
        console.print(table)
    console.print(Text("\ndocs/measures.md says what each counts."))
    console.print(Text("Counts of 1 to 5, and what they can be worked out from, are for inside use only."))


def _cells(figure: Figure) -> tuple[str, ...]:
    of = [figure.service, f"{figure.weeks} weeks" if figure.weeks else None]
    numbers = (figure.numerator, figure.denominator, figure.value)
    said = ("-" if number is None else str(number) for number in numbers)
    return (figure.cohort, figure.basis, figure.source, " ".join(filter(None, of)), *said)
