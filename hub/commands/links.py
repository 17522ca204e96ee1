"""`sendhub links`: a copy of the decisions about who is whom, and putting it back."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from aiokafka.errors import KafkaError

from hub.commands.failures import stop
from hub.platform.clock import clock_from
from hub.platform.settings import Settings
from hub.runtime import links_backup
from hub.runtime.errors import RuntimeFault
from hub.stages.errors import StageError

app = typer.Typer(no_args_is_help=True, help="The log of decisions about which child a source person is.")

Answer = TypeVar("Answer")


@app.command("backup")
def backup(file: Annotated[Path, typer.Argument(help="Where to write it; one that is there is replaced.")]) -> None:
    """Write all of hub.links, sealed with the deployment's key. Identity need not be stopped."""
    settings = Settings()
    key = _key(settings)
    taken = _ask(settings, links_backup.take(settings, clock_from(settings.clock_file).now()))
    try:
        links_backup.write(taken, file, key)
    except OSError as error:
        stop(f"{file} can't be written: {error.strerror}")
    typer.echo(f"wrote {file}: decisions={len(taken.entries)}. Without the deployment's key nobody can open it")


@app.command("restore")
def restore(file: Annotated[Path, typer.Argument(help="A file that `sendhub links backup` wrote.")]) -> None:
    """Put a backup into the empty hub.links of a stopped identity; then `sendhub rebuild` says what is missing."""
    settings = Settings()
    key = _key(settings)
    try:
        found = links_backup.read(file, key)
    except OSError as error:
        stop(f"{file} can't be read: {error.strerror}")
    except RuntimeFault as error:
        stop(str(error))
    written = _ask(settings, links_backup.restore(settings, found))
    typer.echo(f"restored hub.links from {file} of {found.taken_at:%Y-%m-%d %H:%M}: decisions={written}")


def _key(settings: Settings) -> bytes:
    try:
        return settings.key
    except (OSError, ValueError) as error:
        stop(f"the deployment's key can't be read: {error}")


def _ask(settings: Settings, question: Coroutine[Any, Any, Answer]) -> Answer:
    try:
        return asyncio.run(question)
    except (RuntimeFault, StageError) as error:
        stop(str(error))
    except (KafkaError, OSError) as error:
        stop(f"Kafka at {settings.kafka} does not answer ({type(error).__name__})")
