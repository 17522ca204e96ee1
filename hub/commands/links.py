"""`sendhub links`: a copy of the decisions about who is whom, and putting it back."""

from pathlib import Path
from typing import Annotated

import typer

from hub.commands.asking import ask, key_of, read_backup
from hub.commands.failures import stop
from hub.commands.key_audit import Why, written_down
from hub.platform.clock import clock_from
from hub.platform.settings import Settings
from hub.runtime import links_backup

app = typer.Typer(no_args_is_help=True, help="The log of decisions about which child a source person is.")


@app.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; one that is there is replaced.")], why: Why = ""
) -> None:
    """Write all of hub.links, sealed with the deployment's key. Identity need not be stopped."""
    settings = Settings()
    key = key_of(settings)
    taken = ask(settings, links_backup.take(settings, clock_from(settings.clock_file).now()))
    written_down(settings, "backup.take", (f"hub.links copied, {len(taken.entries)} decisions",), why)
    try:
        links_backup.write(taken, file, key)
    except OSError as error:
        stop(f"{file} can't be written: {error.strerror}")
    typer.echo(f"wrote {file}: decisions={len(taken.entries)}. Without the deployment's key nobody can open it")


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `sendhub links backup` wrote.")], why: Why = ""
) -> None:
    """Put a backup into the empty hub.links of a stopped identity; then `sendhub rebuild` says what is missing."""
    settings = Settings()
    key = key_of(settings)
    found = read_backup(file, lambda: links_backup.read(file, key))
    written_down(settings, "backup.restore", (f"hub.links restored, {len(found.entries)} decisions",), why)
    written = ask(settings, links_backup.restore(settings, found, clock_from(settings.clock_file).now()))
    typer.echo(
        f"restored hub.links from {file} of {found.taken_at:%Y-%m-%d %H:%M}: decisions={written.decisions}, of these "
        f"closed since it was taken: {written.closed_since}"
    )
