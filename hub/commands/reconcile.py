"""`sendhub reconcile`: what a file of facts amounts to on a day, child by child."""

from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.commands.factfile import evaluations
from hub.core.casework.evaluate import Evaluation
from hub.core.casework.record import question_json

WIDTH = 110

FactFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="Facts, one JSON object a line; - reads standard input.")
]
AsOf = Annotated[str, typer.Option("--as-of", metavar="DATE", help="The day to look at.")]
KnownAt = Annotated[
    str | None,
    typer.Option("--known-at", metavar="DATE|now", help="Count what was received by then; unless said, by --as-of."),
]
SourcesFile = Annotated[
    Path | None, typer.Option("--sources", metavar="FILE", help="The registered sources (TOML): precedence, live_from.")
]


def reconcile(
    file: FactFile,
    as_of: AsOf,
    known_at: KnownAt = None,
    sources: SourcesFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per child, one a line.")] = False,
) -> None:
    """Show each child's record, deadlines and alerts. Nothing is printed unless every line of the file is a fact."""
    found = evaluations(file, as_of, known_at, sources)
    if as_json:
        for evaluation in found:
            typer.echo(orjson.dumps(to_json(evaluation), option=orjson.OPT_SORT_KEYS))
        return
    console = wide_console()
    for evaluation in found:
        _show(evaluation, console)
    if not found:
        console.print("No facts in the file.")


def wide_console() -> Console:
    """A console wide enough for a deadline's row, also where the output is no terminal."""
    return Console(width=max(Console().width, WIDTH))


def to_json(evaluation: Evaluation) -> dict[str, object]:
    """One child's object."""
    child_id, day = evaluation.child_id, evaluation.day
    return {
        "child_id": child_id,
        "record": evaluation.record,
        "deadlines": [deadline.to_json(child_id, day) for deadline in evaluation.deadlines],
        "alerts": evaluation.alerts,
        "questions": [question_json(question, child_id) for question in evaluation.questions],
    }


def _show(evaluation: Evaluation, console: Console) -> None:
    record = evaluation.record
    reference = record["case_reference"] or "no case reference"
    console.print(Text(f"{evaluation.child_id}  ({reference}, area {record['area'] or 'unknown'})", style="bold"))
    for case in record["cases"]:
        console.print(Text(f"  request {case['id']} received {case['received_on']}: {case['outcome']}"))
    if evaluation.deadlines:
        console.print(_deadlines(evaluation))
    for alert in evaluation.alerts:
        what = alert["service"] or alert["about"]
        line = (
            f"  alert {alert['threshold']} to {alert['audience']} since {alert['since']}: {what}, due {alert['due_on']}"
        )
        console.print(Text(line, style="red"))
    for question in evaluation.questions:
        console.print(Text(f"  question ({question.kind}, {question.about}): {question.detail}", style="yellow"))
    for link in record["moving"]:
        console.print(Text(f"  facts of link {link} wait: no decision brings them to this child", style="yellow"))


def _deadlines(evaluation: Evaluation) -> Table:
    table = Table("clock", "about", "due", "act by", "state", "met", "who", box=None, pad_edge=True)
    for deadline in evaluation.deadlines:
        subject, body = deadline.subject, deadline.subject.responsible
        cells = (
            deadline.rule.clock,
            subject.service or subject.heading or "case",
            deadline.due_on.isoformat(),
            deadline.act_by.isoformat(),
            deadline.state + (" (standing)" if deadline.standing else ""),
            deadline.met_on.isoformat() if deadline.met_on else "",
            body.ods or body.role,
        )
        table.add_row(*map(Text, cells))
    return table
