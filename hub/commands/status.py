"""`sendhub status`: how the hub does now, for terminals and scripts."""

import asyncio
from typing import Annotated

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.commands.deadletter.text import plain
from hub.commands.failures import stop
from hub.platform.settings import Settings
from hub.runtime.status import gather
from schemas.status import Item, State, Status

EXIT: dict[State, int] = {"well": 0, "degraded": 1, "unknown": 2}
"""The command's exit status. One that can't begin ends with 2 as every other: nothing can be told."""

_MARKS: dict[State, str] = {"well": "[green]well[/]", "degraded": "[red]degraded[/]", "unknown": "[yellow]unknown[/]"}


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Also what is well, item by item.")] = False,
) -> None:
    """Say how processes, stages, sources, read model, dead letters, questions and keys do.

    Exit status 0 when all is well, 1 when something is degraded, 2 when that can't be told.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        names = ", ".join(f"SENDHUB_{item['loc'][0]}".upper() for item in error.errors(include_input=False))
        stop(f"the environment has settings that can't be read: {names}. docs/settings.md says what each takes")
    except SettingsError:
        stop(
            "the environment has a setting that should be JSON and is not, such as SENDHUB_PROCESSES (docs/settings.md)"
        )
    found = asyncio.run(gather(settings))
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        _show(found, everything)
    raise typer.Exit(EXIT[found.state])


def _show(found: Status, everything: bool) -> None:
    console = Console()
    shown = [item for item in found.items if everything or item.state != "well" or item.part in ("stage", "source")]
    table = Table("", "part", "name", "", box=None)
    for item in sorted(shown, key=_order):
        table.add_row(_MARKS[item.state], item.part, plain(item.name), _said(item))
    console.print(table)
    well = sum(item.state == "well" for item in found.items)
    console.print(f"{_MARKS[found.state]} at {found.at:%Y-%m-%d %H:%M:%S} UTC: {well} of {len(found.items)} well")


def _said(item: Item) -> Text:
    """In words, and which runbook helps."""
    said = plain(item.words)
    return said if item.runbook is None else said.append(f"\ndocs/runbooks/{item.runbook}.md", style="dim")


def _order(item: Item) -> tuple[int, str, str]:
    return -EXIT[item.state] if item.state != "degraded" else -3, item.part, item.name
