"""`sendhub digest`: the week's digests for each audience and body, from the read model."""

from collections.abc import Iterator
from typing import Annotated, Any

import orjson
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from hub.commands.factfile import read_day
from hub.commands.failures import stop
from hub.commands.reading import read_model
from hub.commands.reconcile import wide_console
from hub.core.alerts.digest import Digest, digests
from hub.core.alerts.rules import AlertRules
from hub.platform.clock import clock_from, today
from hub.runtime.alert_rows import AlertSettings, alert_rules
from hub.store import reader
from hub.store.reader import Listing, Value
from schemas.sources import Sources


def digest(
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="The last day of the week; else today.")
    ] = None,
    audience: Annotated[str | None, typer.Option("--audience", help="Only this audience's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per digest, one a line.")] = False,
) -> None:
    """Show the week's digests: standing backlog, what has been late for 4 or 12 weeks, what is exempt, silent sources.

    The read model holds what is known now: for an earlier day it shows what was late then and still is.
    """
    settings, rules, sources = _set()
    day = read_day("--as-of", as_of) if as_of else today(clock_from(settings.clock_file))
    with read_model() as connection:
        silent = _silent(connection)
        found = digests(_open(connection, silent), day, rules, sources, silent)
    wanted = [each for each in found if audience is None or each.place.audience == audience]
    if as_json:
        for each in wanted:
            typer.echo(orjson.dumps(each.to_json()))
        return
    console = wide_console()
    for each in wanted:
        _show(each, console)
    if not wanted:
        console.print("Nothing to say.")


def _set() -> tuple[AlertSettings, AlertRules, Sources]:
    try:
        settings = AlertSettings()
    except ValidationError as error:
        names = ", ".join(f"SENDHUB_{item['loc'][0]}".upper() for item in error.errors(include_input=False))
        stop(f"the environment has settings that can't be read: {names}. docs/settings.md says what each takes")
    try:
        return settings, alert_rules(settings.alerts_file), settings.sources
    except OSError as error:
        stop(f"{error.filename} cannot be read: {error.strerror}")
    except ValueError as error:
        stop(str(error))


def _silent(connection: Connection) -> frozenset[str]:
    filters: dict[str, Value] = {"threshold": "source-silent", "state": "open"}
    return frozenset(alert["about"] for alert in _all(connection, reader.ALERTS, filters))


def _open(connection: Connection, silent: frozenset[str]) -> Iterator[dict[str, Any]]:
    """What is overdue or exempt; and where a source is silent all that is open, since any of it may be out of date."""
    for state in ("overdue", "exempt", "running") if silent else ("overdue", "exempt"):
        yield from _all(connection, reader.DEADLINES, {"state": state})


def _all(connection: Connection, listing: Listing, filters: dict[str, Value]) -> Iterator[dict[str, Any]]:
    return map(orjson.loads, reader.bodies(connection, listing, filters))


def _show(found: Digest, console: Console) -> None:
    said = found.to_json()
    body = said["body"]["ods"] or said["body"]["role"]
    console.print(Text(f"To {said['audience']} about {body}, {said['from']} to {said['day']}", style="bold"))
    for each in said["first_imports"]:
        console.print(Text(f"  {each['source']} went live on {each['live_from']}: {each['standing']} standing"))
    for each in said["silent_sources"]:
        line = f"  {each['source']} is silent: {each['count']} open deadlines may be out of date"
        console.print(Text(line, style="yellow"))
    for name, age in (("standing", "weeks_late"), ("exempt", "weeks_exempt")):
        if said[name]["count"]:
            table = Table(f"{name}, by service", age.replace("_", " "), "deadlines", box=None, padding=(0, 2))
            for row in said[name]["by_service_and_age"]:
                table.add_row(*map(Text, (row["service"] or "-", row[age], str(row["count"]))))
            console.print(table)
    for row in said["exempt"]["deadlines"]:
        who = row["case_reference"] or row["child_id"]
        console.print(Text(f"  exempt since {row['since']}: {who} {row['clock']} {row['service'] or ''}".rstrip()))
    for weeks in (4, 12):
        for row in said[f"late_for_{weeks}_weeks"]:
            who = row["case_reference"] or row["child_id"]
            line = f"  late for {weeks} weeks: {who} {row['clock']} {row['service'] or ''} due {row['due_on']}"
            console.print(Text(line, style="red"))
