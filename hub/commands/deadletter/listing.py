"""`sendhub deadletter list` and `show`: what was given up, why and what became of it, from the read model."""

import asyncio
import base64
import json
from typing import Annotated

import typer
from aiokafka.errors import KafkaError
from rich.console import Console

from hub.commands.deadletter.options import AsJson, Error, Since, Source, StageName, Step, Topic, actor, earliest
from hub.commands.deadletter.text import details, escaped, print_letters
from hub.commands.failures import stop
from hub.commands.reading import read_model
from hub.platform.clock import clock_from
from hub.platform.keys import KeyFault
from hub.platform.settings import Settings
from hub.runtime import audit
from hub.runtime.letter_keys import LetterKeys, saying
from hub.stages.errors import Unavailable
from hub.store import reader
from hub.store.reader import Content, Value
from schemas.deadletters import TrackedLetter
from schemas.instants import microseconds

WARNING = "These are the bytes as received: they may hold personal data. Keep them out of tickets, chats and logs."
STATUSES = ("open", "replayed", "resolved", "superseded", "all")


def list_letters(
    stage: StageName = None,
    source: Source = None,
    error: Error = None,
    step: Step = None,
    topic: Topic = None,
    since: Since = None,
    status: Annotated[str, typer.Option(help=f"One of: {', '.join(STATUSES)}.")] = "open",
    limit: Annotated[int, typer.Option(min=1, max=500, help="Show at most so many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List dead letters, newest first, without what was in them; only open ones unless --status says otherwise."""
    if status not in STATUSES:
        stop(f"there is no status {status!r}: it is one of {', '.join(STATUSES)}")
    asked: dict[str, Value | None] = {"stage": stage, "source": source, "error": error, "step": step, "topic": topic}
    begin = earliest(since, clock_from(Settings().clock_file))
    asked["at_from"] = None if begin is None else microseconds(begin)
    narrowed = any(value is not None for value in asked.values())
    asked["status"] = None if status == "all" else status
    filters = {name: value for name, value in asked.items() if value is not None}
    with read_model() as connection:
        page = reader.page(connection, reader.DEAD_LETTERS, filters, None, limit)
    if as_json:
        for body in page.bodies:
            typer.echo(body)
        return
    console = Console()
    if not page.bodies:
        kind = "" if status == "all" else f"{status} "
        console.print(f"No {kind}dead letters match." if narrowed else f"No {kind}dead letters.")
        return
    letters = [TrackedLetter.model_validate_json(body) for body in page.bodies]
    print_letters(console, [(letter, letter.status) for letter in letters])
    if page.last is not None:
        console.print(
            f"There are more than these {limit}: use --limit, or --stage, --source, --error, --since and others."
        )


def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="Its id, as in `list`.")],
    raw: Annotated[bool, typer.Option("--raw", help="Also show key, headers and value as received; audited.")] = False,
) -> None:
    """Show one dead letter and what became of it; with --raw also its bytes, everything unprintable escaped."""
    with read_model() as connection:
        body = reader.body(connection, reader.DEAD_LETTERS, letter_id)
        if body is None:
            stop("there is no dead letter with this id: `sendhub deadletter list --status all` shows those there are")
        letter = TrackedLetter.model_validate_json(body)
        replay_of = reader.letter_returned(connection, letter_id)
        back = letter.resolution is not None and letter.resolution.returns_as
        came_back = bool(back) and reader.body(connection, reader.DEAD_LETTERS, str(back)) is not None
        content = reader.content(connection, letter_id) if raw else None
    Console().print(details(letter, replay_of, came_back))
    if raw and content is None:
        typer.echo(
            "Its bytes were dropped here when it was resolved, and the key that opens them elsewhere was destroyed."
        )
    if content is not None:
        _audit_look(letter_id)
        value = _opened(letter_id, content)
        Console(stderr=True).print(WARNING, style="bold yellow")
        _write_raw(content._replace(value=value))


def _audit_look(letter_id: str) -> None:
    """Nobody looks at what may be personal data without a trace."""
    settings = Settings()
    look = audit.Act(actor(settings), "looked at the bytes of a dead letter")
    try:
        entry = look.entry("deadletter.show-raw", (letter_id,), clock_from(settings.clock_file))
        asyncio.run(audit.write(settings, entry))
    except (KafkaError, OSError) as error:
        stop(f"the look can't be audited, so nothing is shown: Kafka does not take it ({type(error).__name__})")


def _opened(letter_id: str, content: Content) -> bytes | None:
    """The value in the clear. One that is not sealed is of a letter from before letters were."""
    if content.value is None or content.key_id is None:
        return content.value
    settings = Settings()
    try:
        keys = asyncio.run(LetterKeys.read(settings))
        return keys.open(letter_id, content.key_id, content.value, settings.ring, settings.letter_days)
    except KeyFault as error:
        stop(saying(error))
    except (Unavailable, KafkaError, OSError) as error:
        stop(f"the keys of dead letters can't be read: Kafka does not answer ({type(error).__name__})")


def _write_raw(content: Content) -> None:
    typer.echo(f"key: {escaped(content.key)}")
    for name, value in json.loads(content.headers):
        typer.echo(f"header {escaped(name.encode())}: {escaped(None if value is None else base64.b64decode(value))}")
    typer.echo(f"value: {escaped(content.value)}")
