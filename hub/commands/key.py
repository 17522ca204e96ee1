"""`sendhub key`: the deployment's secret key, and the ring of keys that personal data is sealed with."""

import os
import secrets
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from hub.commands import key_audit, key_backup, key_ring
from hub.commands.failures import stop
from hub.commands.key_audit import Why, written_down
from hub.platform.settings import Settings
from hub.runtime.key_file import fingerprint


class MakesUnlessNamed(TyperGroup):
    """`sendhub key FILE` makes a key: what is no command's name is a file's."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Click's own, with `make` before a file."""
        named = args[:1] == [] or args[0] in self.commands or args[0].startswith("-")
        return super().resolve_command(ctx, args if named else ["make", *args])


app = typer.Typer(
    cls=MakesUnlessNamed,
    no_args_is_help=True,
    help="The deployment's secret key (`sendhub key FILE` makes one), and its key ring.",
)


@app.command("make")
def make(
    file: Annotated[Path, typer.Argument(help="Where to write it; must not exist.")], why: Why = "the first key"
) -> None:
    """Make a new secret key. Child ids and links are derived with it: losing it orphans every id, so back it up."""
    key = secrets.token_hex(32)
    if not file.exists() and file.parent.is_dir():
        made = (f"key {fingerprint(key.encode())} made",)
        written_down(Settings(), "key.change", made, why, file.parent)
    try:
        write_key(file, key)
    except FileExistsError:
        stop(f"{file} exists: a deployment keeps the key it began with")
    except OSError as error:
        stop(f"{file} can't be written: {error.strerror}")
    typer.echo(f"wrote {file}; `sendhub key backup` makes a copy to keep elsewhere")


app.command("backup")(key_backup.backup)
app.command("restore")(key_backup.restore)
app.command("ring")(key_ring.make)
app.command("show")(key_ring.show)
app.command("rotate")(key_ring.rotate)
app.command("retire")(key_ring.retire)
app.command("reseed")(key_ring.reseed)
app.command("forget")(key_ring.forget)
app.command("merge")(key_ring.merge)
app.command("lost")(key_ring.lost)
app.command("audit")(key_audit.send)


def write_key(file: Path, key: str) -> None:
    """Write a key as hex, readable by the owner alone; raises FileExistsError."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(key + "\n")
