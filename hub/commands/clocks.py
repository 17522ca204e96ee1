"""`sendhub clocks`: the rules, deadlines out of a file of facts, and why each date is what it is."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.commands.factfile import evaluations
from hub.commands.failures import stop
from hub.commands.reading import read_model
from hub.commands.reconcile import AsOf, FactFile, KnownAt, SourcesFile, wide_console
from hub.core.clocks.described import described
from hub.core.clocks.rules import RULES
from hub.store import reader

app = typer.Typer(no_args_is_help=True, help="Statutory clocks.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per deadline, one a line.")]
Child = Annotated[str, typer.Option("--child", metavar="ID", help="The child's opaque id.")]
Clock = Annotated[str | None, typer.Option("--clock", metavar="CLOCK", help="Only this clock.")]
Facts = Annotated[
    Path | None, typer.Option("--facts", metavar="FILE", help="Work it out of a file of facts, not the read model.")
]
OnDay = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="With --facts: the day to look at.")]


@app.callback()
def clocks() -> None:
    """Statutory clocks."""


@app.command("list")
def list_rules(
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object per row of the timetable, one a line.")
    ] = False,
) -> None:
    """List the rules: what starts each clock, its limit, what ends it, who must act, and the law."""
    if as_json:
        for rule in RULES:
            typer.echo(orjson.dumps(described(rule)))
        return
    table = Table(box=None)
    table.add_column("clock", no_wrap=True)
    for name in ("starts", "limit", "who must act", "law"):
        table.add_column(name, overflow="fold")
    for rule in RULES:
        said = described(rule)
        starts = ", ".join(said["starts"])
        table.add_row(*map(Text, (said["clock"], starts, said["limit_text"], said["acts"], said["law"])))
    wide_console().print(table)


@app.command("compute")
def compute(
    file: FactFile,
    as_of: AsOf,
    known_at: KnownAt = None,
    sources: SourcesFile = None,
    as_json: AsJson = False,
) -> None:
    """Compute every deadline of every child. Nothing is printed unless every line of the file is a fact."""
    found = evaluations(file, as_of, known_at, sources)
    values = [deadline.to_json(child.child_id, child.day) for child in found for deadline in child.deadlines]
    if as_json:
        for value in values:
            typer.echo(orjson.dumps(value))
        return
    table = Table("child", "clock", "subject", "starts", "due", "act by", "state", box=None)
    for value in values:
        dates = (value["starts_on"].isoformat(), value["due_on"].isoformat(), value["act_by"].isoformat())
        table.add_row(*map(Text, (value["child_id"], value["clock"], _subject(value), *dates, value["state"])))
    wide_console().print(table)


@app.command("explain")
def explain(
    child: Child,
    clock: Clock = None,
    facts: Facts = None,
    as_of: OnDay = None,
    known_at: KnownAt = None,
    sources: SourcesFile = None,
    as_json: AsJson = False,
) -> None:
    """Say in words why each date of a child is what it is: the rule, its start, the count, exemptions, and the end."""
    if (facts is None) != (as_of is None):
        stop("--facts and --as-of go together: name the file of facts and the day to look at")
    found, unclear = _of_facts(child, facts, as_of, known_at, sources) if facts and as_of else _of_read_model(child)
    values = [value for value in found if clock in (None, value["clock"])]
    if not values:
        doubts = "".join(f"\n  {detail}" for detail in unclear)
        stop(f"there is no deadline of {'that clock for ' if clock else ''}this child{doubts}")
    if as_json:
        for value in values:
            typer.echo(orjson.dumps(value))
        return
    _show(values, wide_console())


def _of_facts(
    child: str, facts: Path, as_of: str, known_at: str | None, sources: Path | None
) -> tuple[list[dict[str, Any]], list[str]]:
    """The child's deadlines, and what is unclear about it in words."""
    found = [each for each in evaluations(facts, as_of, known_at, sources) if each.child_id == child]
    deadlines = [deadline.to_json(child, each.day) for each in found for deadline in each.deadlines]
    return deadlines, [question.detail for each in found for question in each.questions]


def _of_read_model(child: str) -> tuple[list[dict[str, Any]], list[str]]:
    with read_model() as connection:
        deadlines = [orjson.loads(body) for body in reader.bodies(connection, reader.DEADLINES, {"child_id": child})]
        body = reader.body(connection, reader.CHILDREN, child)
    record = orjson.loads(body) if body is not None else {"questions": []}
    return deadlines, [question["detail"] for question in record["questions"]]


def _show(values: Iterable[dict[str, Any]], console: Console) -> None:
    for value in values:
        console.print(
            Text(f"{value['clock']}  {_subject(value)}: {value['state']}, due {_day(value['due_on'])}"), style="bold"
        )
        for sentence in (*value["explanation"], *value["questions"]):
            console.print(Text(f"  {sentence}"))


def _subject(value: dict[str, Any]) -> str:
    """The most telling of a deadline's ids: the last that its subject names."""
    return str(list(value["subject"].values())[-1]) if value["subject"] else ""


def _day(value: date | str) -> str:
    return value if isinstance(value, str) else value.isoformat()
