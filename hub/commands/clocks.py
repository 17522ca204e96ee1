"""`sendhub clocks`: deadlines out of a file of facts."""

from typing import Annotated

import orjson
import typer
from rich.table import Table
from rich.text import Text

from hub.commands.factfile import evaluations
from hub.commands.reconcile import AsOf, FactFile, KnownAt, SourcesFile, wide_console

app = typer.Typer(no_args_is_help=True, help="Statutory clocks.")


@app.callback()
def clocks() -> None:
    """Statutory clocks."""


@app.command("compute")
def compute(
    file: FactFile,
    as_of: AsOf,
    known_at: KnownAt = None,
    sources: SourcesFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per deadline, one a line.")] = False,
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
        subject = value["subject"].get("advice") or value["subject"].get("request")
        dates = (value["starts_on"].isoformat(), value["due_on"].isoformat(), value["act_by"].isoformat())
        table.add_row(*map(Text, (value["child_id"], value["clock"], subject, *dates, value["state"])))
    wide_console().print(table)
