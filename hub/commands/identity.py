"""`sendhub identity`: a copy of what identity decided, and putting it back."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from aiokafka.errors import KafkaError

from hub.commands.failures import stop
from hub.platform.clock import clock_from
from hub.platform.settings import Settings
from hub.runtime import backup as backups
from hub.runtime.errors import RuntimeFault
from hub.stages.errors import StageError

app = typer.Typer(no_args_is_help=True, help="Identity's own record of which child a source person is.")

WARNING = "It holds names, dates of birth and NHS numbers, sealed with the deployment's key: keep the two apart."

Answer = TypeVar("Answer")


@app.command("backup")
def backup(file: Annotated[Path, typer.Argument(help="Where to write it; one that is there is replaced.")]) -> None:
    """Write identity's whole state, sealed, and the observation it goes on from. Identity need not be stopped."""
    settings = Settings()
    key = _key(settings)
    taken = _ask(settings, backups.take(settings, clock_from(settings.clock_file).now()))
    try:
        backups.write(taken, file, key)
    except OSError as error:
        stop(f"{file} can't be written: {error.strerror}")
    typer.echo(f"wrote {file}: keys={len(taken.state)}, goes on from observation {taken.includes}. {WARNING}")


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `sendhub identity backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Also over a newer state.")] = False,
) -> None:
    """Put a backup back into the changelog of a stopped identity; it then reads observations from there again."""
    settings = Settings()
    key = _key(settings)
    try:
        found = backups.read(file, key)
    except OSError as error:
        stop(f"{file} can't be read: {error.strerror}")
    except RuntimeFault as error:
        stop(str(error))
    written = _ask(settings, backups.restore(settings, found, force=force))
    typer.echo(
        f"restored identity from {file} of {found.taken_at:%Y-%m-%d %H:%M}: keys={len(found.state)} written={written}. "
        f"Start it again: it goes on from observation {found.includes}"
    )


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
