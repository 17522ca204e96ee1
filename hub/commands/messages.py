"""`sendhub messages`: what connectors received, and what became of it, from the read model."""

from typing import Annotated

import orjson
import typer
from rich.console import Console

from hub.commands.deadletter.options import AsJson, Source, earliest
from hub.commands.deadletter.text import plain, time
from hub.commands.failures import stop
from hub.commands.reading import read_model, settings
from hub.platform.clock import clock_from
from hub.store.messages import OUTCOMES, Followed, followed, messages
from hub.store.reader import Value
from schemas.deadletters import TrackedLetter
from schemas.instants import microseconds
from schemas.trail import MessageRead, ObservationTaken, Receipt, TrailStep, message_key

app = typer.Typer(no_args_is_help=True, help="What was received, and what became of it.")

WORDS = {
    "read": "read",
    "out-of-scope": "out of scope, nothing is kept of it",
    "taken": "facts of a child",
    "repeat": "said nothing new",
    "asked": "a person is asked about it: see `sendhub review list`",
    "kept": "kept until an open question is answered, or more is known",
}


@app.command("list")
def list_messages(
    source: Source = None,
    kind: Annotated[str | None, typer.Option("--type", help="Only of this CloudEvents type.")] = None,
    outcome: Annotated[str | None, typer.Option(help=f"Only with a step that ended so: {', '.join(OUTCOMES)}.")] = None,
    child: Annotated[str | None, typer.Option(help="Only those taken for this child.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Received since: 2026-11-24, an instant with zone, 90m, 7d.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Show at most so many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List messages as far as intake has come, newest first, without what they say."""
    if outcome is not None and outcome not in OUTCOMES:
        stop(f"there is no outcome {outcome!r}: it is one of {', '.join(OUTCOMES)}")
    begin = earliest(since, clock_from(settings().clock_file))
    asked = {"source": source, "type": kind, "at_from": None if begin is None else microseconds(begin)}
    filters: dict[str, Value] = {name: value for name, value in asked.items() if value is not None}
    with read_model() as connection:
        page = messages(connection, filters, outcome, child, None, limit)
    if as_json:
        for body in page.bodies:
            typer.echo(body)
        return
    console = Console()
    if not page.bodies:
        console.print("No messages match." if filters or outcome or child else "No messages were read yet.")
    for body in page.bodies:
        known = Receipt.model_validate_json(body)
        console.print(
            plain(f"{known.message}  {time(known.received_at)}  {known.source}"), style="bold", soft_wrap=True
        )
        console.print(plain(f"    {known.type}  {known.message_id}"), soft_wrap=True)
    if page.last is not None:
        console.print(f"There are more than these {limit}: use --limit, --source, --type, --outcome or --since.")


@app.command()
def show(
    key: Annotated[str, typer.Argument(metavar="ID", help="Its id as in `list`, or with --source the sender's own.")],
    source: Annotated[str | None, typer.Option(help="The feed, where ID is the id that its sender gave.")] = None,
    as_json: AsJson = False,
) -> None:
    """Follow one message through every stage."""
    wanted = key if source is None else message_key(source, key)
    with read_model() as connection:
        found = followed(connection, wanted)
    if found is None:
        stop(
            "there is no message with this id: intake has not read it yet, it is older than 30 days, or the id is the "
            "sender's own (then name its feed with --source)"
        )
    if as_json:
        typer.echo(_json(found))
        return
    _print(Console(), found)


def _json(found: Followed) -> str:
    parts = {
        "receipt": orjson.Fragment(found.receipt),
        "steps": [orjson.Fragment(step) for step in found.steps],
        "dead_letters": [orjson.Fragment(letter) for letter in found.letters],
    }
    return orjson.dumps(parts).decode()


def _print(console: Console, found: Followed) -> None:
    known = Receipt.model_validate_json(found.receipt)
    console.print(plain(f"{known.source}  {known.type}  {known.message_id}"), style="bold", soft_wrap=True)
    lines = [f"received {time(known.received_at)}"]
    lines += [_step(TrailStep.model_validate_json(step).root) for step in found.steps]
    lines += [_letter(TrackedLetter.model_validate_json(letter)) for letter in found.letters]
    for line in lines:
        console.print(plain(f"  {line}"), soft_wrap=True)


def _step(step: MessageRead | ObservationTaken) -> str:
    if isinstance(step, MessageRead):
        came = f": {step.observations} observations, {step.questions} questions" if step.outcome == "read" else ""
        why = f" ({step.reason})" if step.reason else ""
        where = f"{step.topic}, partition {step.partition}, offset {step.offset}"
        return f"intake: {WORDS[step.outcome]}{why}{came}; its bytes stand at {where}"
    child = f" {step.child_id}" if step.child_id else ""
    return f"identity: {step.kind}: {WORDS[step.outcome]}{child}"


def _letter(letter: TrackedLetter) -> str:
    why = f"{letter.error}: {letter.message}"
    return f"{letter.stage} gave it up in step {letter.step} ({why}): dead letter {letter.id}, {letter.status}"
