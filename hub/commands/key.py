"""`sendhub key`: make a deployment's secret key."""

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.failures import stop


def key(file: Annotated[Path, typer.Argument(help="Where to write it; must not exist.")]) -> None:
    """Make a new secret key. Child ids and links are derived with it: losing it orphans every id, so back it up."""
    try:
        write_key(file)
    except FileExistsError:
        stop(f"{file} exists: a deployment keeps the key it began with")
    typer.echo(f"wrote {file}; back it up where the facts are backed up")


def write_key(file: Path) -> None:
    """Write 32 random bytes as hex, readable by the owner alone; raises FileExistsError."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_hex(32) + "\n")
