"""`sendhub`: the one command. A command's module is loaded when it is asked for, as each process of a hub is one."""

from collections import UserDict
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

COMMANDS: Mapping[str, str] = {
    "up": "run:up",
    "demo": "demo:demo",
    "simulate": "simulate:simulate",
    "topics": "topics:topics",
    "doctor": "doctor:doctor",
    "stage": "run:stage",
    "ticker": "run:ticker",
    "reconcile": "reconcile:reconcile",
    "rebuild": "rebuild:rebuild",
    "replay": "replay:replay",
    "measures": "measures:measures",
    "digest": "digest:digest",
    "status": "status:status",
    "pause": "pause:pause",
    "resume": "pause:resume",
    "audit": "audit:app",
    "user": "user:app",
    "deadletter": "deadletter:app",
    "state": "state:app",
    "identity": "identity:app",
    "links": "links:app",
    "key": "key:app",
    "clocks": "clocks:app",
    "forecast": "forecast:app",
    "sen2": "sen2:app",
    "review": "review:app",
    "match": "match:app",
    "messages": "messages:app",
}
"""Each command's module in hub.commands, and what it is there: a function, or an app of several."""


class Loaded(UserDict[str, Any]):
    """Commands by their names; each is loaded when it is looked up."""

    def __getitem__(self, name: str) -> Any:
        return _loaded(name, self.data[name])


class Commands(TyperGroup):
    """All of them, in the order of the table."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = Loaded(COMMANDS)


@cache
def _loaded(name: str, place: str) -> Any:
    module, _, there = place.partition(":")
    found = getattr(import_module(f"hub.commands.{module}"), there)
    one = typer.Typer(add_completion=False)
    if isinstance(found, typer.Typer):
        one.add_typer(found, name=name)
    else:
        one.command(name)(found)
    # As the only one of an app of its own it is made just as it would be beside all others.
    alone = get_command(one)
    return alone.commands[name] if isinstance(alone, TyperGroup) else alone


app = typer.Typer(cls=Commands, no_args_is_help=True, pretty_exceptions_show_locals=False)


@app.callback()
def _sendhub() -> None:
    """The SEND integration hub."""


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
