"""`sendhub identity`: a copy of what identity decided, and putting it back."""

from pathlib import Path
from typing import Annotated

import typer

from hub.commands.adopt import app as adopt
from hub.commands.asking import ask, key_of, read_backup
from hub.commands.failures import stop
from hub.commands.key_audit import Why, written_down
from hub.platform.clock import clock_from
from hub.platform.settings import Settings
from hub.runtime import backup as backups

app = typer.Typer(no_args_is_help=True, help="Identity's own record of which child a source person is.")
app.add_typer(adopt, name="adopt")

WARNING = "It holds names, dates of birth and NHS numbers, sealed with the deployment's key: keep the two apart."


@app.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; one that is there is replaced.")], why: Why = ""
) -> None:
    """Write identity's whole state, sealed, and the observation it goes on from. Identity need not be stopped."""
    settings = Settings()
    key = key_of(settings)
    taken = ask(settings, backups.take(settings, clock_from(settings.clock_file).now()))
    written_down(settings, "backup.take", (f"identity's state copied, up to observation {taken.includes}",), why)
    try:
        backups.write(taken, file, key)
    except OSError as error:
        stop(f"{file} can't be written: {error.strerror}")
    typer.echo(f"wrote {file}: keys={len(taken.state)}, goes on from observation {taken.includes}. {WARNING}")


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `sendhub identity backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Also over a newer state.")] = False,
    why: Why = "",
) -> None:
    """Put a backup back into the changelog of a stopped identity; it then reads observations from there again."""
    settings = Settings()
    key = key_of(settings)
    found = read_backup(file, lambda: backups.read(file, key))
    written_down(settings, "backup.restore", (f"identity's state restored, up to observation {found.includes}",), why)
    written = ask(settings, backups.restore(settings, found, force=force))
    typer.echo(
        f"restored identity from {file} of {found.taken_at:%Y-%m-%d %H:%M}: keys={len(found.state)} written={written}. "
        f"Start it again: it goes on from observation {found.includes}"
    )
