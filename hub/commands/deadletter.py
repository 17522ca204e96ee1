"""`sendhub deadletter`: what was given up and why, from the read model."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from hub.commands.failures import stop
from hub.platform.settings import Settings
from hub.stages.errors import Unavailable
from hub.store import SchemaMismatch, reader
from hub.store.engine import open_engine
from hub.store.reader import Content
from hub.store.readmodel import ReadModel
from schemas.deadletters import DeadLetter

app = typer.Typer(no_args_is_help=True, help="Records that could not be processed.")

WARNING = "These are the bytes as received: they may hold personal data. Keep them out of tickets, chats and logs."


@app.command("list")
def list_letters(
    stage: Annotated[str | None, typer.Option(help="Only of this stage.")] = None,
    source: Annotated[str | None, typer.Option(help="Only of this registered feed.")] = None,
    error: Annotated[str | None, typer.Option(help="Only with this error class.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Show at most so many, the newest.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List dead letters, newest first, without what was in them."""
    asked = {"stage": stage, "source": source, "error": error}
    filters = {name: value for name, value in asked.items() if value is not None}
    with _read_model() as connection:
        page = reader.page(connection, reader.DEAD_LETTERS, filters, None, limit)
    if as_json:
        for body in page.bodies:
            typer.echo(body)
        return
    console = Console()
    if not page.bodies:
        console.print("No dead letters match." if filters else "No dead letters.")
        return
    console.print(_table([DeadLetter.model_validate_json(body) for body in page.bodies]))
    if page.last is not None:
        console.print(f"There are more than these {limit}: use --limit, --stage, --source or --error.")


@app.command("show")
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="Its id, as in `list`.")],
    raw: Annotated[bool, typer.Option("--raw", help="Also show key, headers and value as received.")] = False,
) -> None:
    """Show one dead letter; with --raw also its bytes, where everything unprintable is escaped."""
    with _read_model() as connection:
        body = reader.body(connection, reader.DEAD_LETTERS, letter_id)
        content = reader.content(connection, letter_id) if raw else None
    if body is None:
        stop("there is no dead letter with this id: `sendhub deadletter list` shows those there are")
    console = Console()
    console.print(_details(DeadLetter.model_validate_json(body)))
    if content is not None:
        Console(stderr=True).print(WARNING, style="bold yellow")
        _write_raw(content)


def _table(letters: list[DeadLetter]) -> Table:
    table = Table("at", "stage", "step", "source", "error", "message", "id", title="Dead letters")
    for letter in letters:
        cells = (letter.stage, letter.step, letter.source or "-", letter.error, letter.message, letter.id)
        table.add_row(_time(letter.at), *map(_plain, cells))
    return table


def _details(letter: DeadLetter) -> Table:
    table = Table("field", "value", title=_plain(f"Dead letter {letter.id}"), show_header=False)
    where = f"{letter.source_topic}, partition {letter.partition}, offset {letter.offset}"
    fields = {
        "given up at": _time(letter.at),
        "by stage": letter.stage,
        "in step": letter.step,
        "after attempts": str(letter.attempts),
        "error": letter.error,
        "message": letter.message,
        "source": letter.source or "not named by its headers",
        "record": where,
    }
    for name, value in fields.items():
        table.add_row(name, _plain(value))
    return table


def _write_raw(content: Content) -> None:
    typer.echo(f"key: {_escaped(content.key)}")
    for name, value in json.loads(content.headers):
        typer.echo(f"header {_escaped(name.encode())}: {_escaped(base64.b64decode(value))}")
    typer.echo(f"value: {_escaped(content.value)}")


def _escaped(data: bytes | None) -> str:
    """Bytes as text without control characters: a terminal must not obey what somebody sent."""
    if data is None:
        return "(none)"
    return "".join(
        char if char.isprintable() else repr(char)[1:-1] for char in data.decode("utf-8", "backslashreplace")
    )


def _plain(text: str) -> Text:
    return Text("".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text))


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z"


@contextmanager
def _read_model() -> Iterator[Connection]:
    try:
        engine = open_engine(Settings().database_url, read_only=True)
    except ValueError as error:
        stop(str(error))
    try:
        with ReadModel(engine).connection() as connection:
            yield connection
    except (Unavailable, SchemaMismatch) as error:
        stop(f"{error}. Check SENDHUB_DATABASE_URL, and that the hub is running.")
    finally:
        engine.dispose()
