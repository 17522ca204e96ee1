"""`sendhub key backup` and `restore`: the minting key, sealed with a passphrase, for a place apart."""

from pathlib import Path
from typing import Annotated

import typer

from hub.commands.failures import stop
from hub.commands.key_audit import Why, written_down
from hub.platform.settings import Settings
from hub.runtime import key_file
from hub.runtime.sealed_file import BackupUnfit

LEAST = 16
"""Characters of a passphrase: whoever finds the file may try for as long as they like."""


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; one that is there is replaced.")], why: Why = ""
) -> None:
    """Write the deployment's secret key, sealed with a passphrase. Child ids and links are made with that key alone."""
    settings = Settings()
    try:
        key = settings.key
    except (OSError, ValueError) as error:
        stop(f"the deployment's key can't be read: {error}")
    passphrase = _passphrase(settings, again=True)
    if len(passphrase) < LEAST:
        stop(f"the passphrase takes at least {LEAST} characters")
    written_down(settings, "key.copy", (f"key {key_file.fingerprint(key)} copied",), why)
    try:
        key_file.write(key, file, passphrase)
    except OSError as error:
        stop(f"{file} can't be written: {error.strerror}")
    typer.echo(
        f"wrote {file}: key {key_file.fingerprint(key)}. Keep file and passphrase apart, and both off this machine"
    )


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `sendhub key backup` wrote.")], why: Why = ""
) -> None:
    """Put the secret key back where SENDHUB_KEY_FILE says. Another key that is there is never overwritten."""
    settings = Settings()
    try:
        key = key_file.read(file, _passphrase(settings, again=False))
        written_down(settings, "key.change", (f"key {key_file.fingerprint(key)} restored",), why)
        written = key_file.put_back(key, settings.key_file)
    except OSError as error:
        stop(f"{error.filename or file}: {error.strerror}")
    except BackupUnfit as error:
        stop(str(error))
    what = "restored" if written else "is there already:"
    typer.echo(f"{settings.key_file} {what} key {key_file.fingerprint(key)}. `sendhub doctor` says whether it is the "
               "one that made the ids on hub.links")  # fmt: skip


def _passphrase(settings: Settings, *, again: bool) -> str:
    given = settings.backup_passphrase.get_secret_value()
    return given or str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=again))
