"""How a command ends when something is wrong: one clear sentence on standard error, exit status 2."""

from typing import NoReturn

import typer


def stop(sentence: str) -> NoReturn:
    """End the command with a sentence that says what was wrong and what to do."""
    typer.echo(f"sendhub: {sentence}", err=True)
    raise typer.Exit(2)
