"""`sendhub deadletter`: records that could not be processed, and what to do with them."""

import typer

from hub.commands.deadletter.listing import list_letters, show
from hub.commands.deadletter.replaying import replay
from hub.commands.deadletter.resolving import resolve

app = typer.Typer(no_args_is_help=True, help="Records that could not be processed.")
app.command("list")(list_letters)
for command in (show, replay, resolve):
    app.command()(command)
