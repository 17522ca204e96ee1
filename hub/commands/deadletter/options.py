"""What the commands about dead letters have in common: filters, and who acts."""

import getpass
import re
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Annotated

import typer

from hub.commands.failures import stop
from hub.platform.clock import Clock
from hub.platform.settings import Settings
from schemas.instants import LONDON


def _told_where_unknown(source: str | None) -> str | None:
    """A slip in a feed's id finds nothing, which reads like nothing came: that there is none is said, on stderr."""
    try:
        unknown = source is not None and Settings().sources.find(source) is None
    except (OSError, ValueError):
        return source
    if unknown:
        typer.echo("no feed of this id is registered: `sendhub status --all` names those that are", err=True)
    return source


StageName = Annotated[str | None, typer.Option("--stage", help="Only of this stage.")]
Source = Annotated[str | None, typer.Option(help="Only of this registered feed.", callback=_told_where_unknown)]
Error = Annotated[str | None, typer.Option(help="Only with this error class.")]
Step = Annotated[str | None, typer.Option(help="Only of this step: read, decode, handle, produce, project, deliver.")]
Topic = Annotated[str | None, typer.Option(help="Only of records that stood in this topic.")]
Since = Annotated[str | None, typer.Option(help="Given up since: 2026-11-24, an instant with zone, or 90m, 24h, 7d.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]

_AGO = re.compile(r"(\d{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def earliest(since: str | None, clock: Clock, option: str = "--since") -> datetime | None:
    """The instant that an option like --since means: a day begins at midnight in London."""
    if since is None:
        return None
    if ago := _AGO.fullmatch(since):
        return clock.now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        if len(since) == len("2026-11-24"):
            return datetime.combine(date.fromisoformat(since), clock_time(), LONDON)
        instant = datetime.fromisoformat(since)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        stop(f"{option} takes a day (2026-11-24), an instant with its zone (2026-11-24T09:30:00Z), or 90m, 24h, 7d")
    return instant


def actor(settings: Settings) -> str:
    """Who runs the command: SENDHUB_ACTOR, else the operating system's user."""
    try:
        return (settings.actor or getpass.getuser())[:200]
    except (KeyError, OSError):
        stop("the operating system does not know who you are: set SENDHUB_ACTOR")
