"""`sendhub audit`: who did what and why; whether the chain is whole; a copy of it."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from hub.commands.asking import ask, read_backup
from hub.commands.deadletter.options import AsJson, actor, earliest
from hub.commands.deadletter.text import plain
from hub.commands.failures import stop
from hub.core.chain import Verified, verified
from hub.platform.clock import clock_from
from hub.platform.settings import Settings
from hub.runtime import audit, audit_log
from schemas.audit import Action

app = typer.Typer(no_args_is_help=True, help="The audit: who read, replayed, decided or changed what, and why.")

Why = Annotated[str, typer.Option("--why", max=500, help="Why, in a few plain words, for the audit. Name nobody.")]


@app.command("show")
def show(
    why: Why,
    who: Annotated[str | None, typer.Option("--actor", help="Only what this opaque id did.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this, such as identity.look.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what was done to this id.")] = None,
    since: Annotated[str | None, typer.Option(help="Only from this day or instant on.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Show at most so many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show entries, newest first. That somebody looked is written down before anything is shown."""
    settings = Settings()
    begin = earliest(since, clock_from(settings.clock_file))
    asked = {"actor": who, "action": action, "subjects": subject}
    words = ", ".join(name for name, value in asked.items() if value is not None) or "everything"
    _written_down(settings, "audit.read", f"{why} ({words})")
    found = [
        entry for _, value in ask(settings, _read(settings)) for entry in _readable(value) if _fits(entry, asked, begin)
    ]
    console = Console()
    for entry in reversed(found[-limit:]):
        if as_json:
            typer.echo(orjson.dumps(entry))
        else:
            _print(console, entry)
    if len(found) > limit:
        typer.echo(
            f"There are {len(found) - limit} more: use --limit, --actor, --action, --subject or --since", err=True
        )


@app.command("verify")
def verify(
    from_backup: Annotated[
        Path | None, typer.Option("--from-backup", help="Look through this copy too, and compare.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Only the copy: Kafka is not asked.")] = False,
) -> None:
    """Say whether the chain is whole: no entry taken out, changed, moved or put in. Exit status 1 when it is not."""
    settings = Settings()
    if offline and from_backup is None:
        stop("name the copy with --from-backup")
    copy = _copy(from_backup)
    if offline and copy is not None:
        found, breaks = copy, copy.breaks
    else:
        now = clock_from(settings.clock_file).now()
        found, breaks = ask(settings, audit_log.verify(settings, now, copy))
    for each in breaks:
        typer.echo(f"broken ({each.kind}): {each.words}")
    typer.echo(_summary(found))
    raise typer.Exit(1 if breaks else 0)


@app.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; one that is there is not replaced.")], why: Why
) -> None:
    """Write a copy of the chain, one entry a line, to be kept where whoever runs the hub can't change it."""
    settings = Settings()
    _written_down(settings, "backup.take", why)
    records = ask(settings, _read(settings))
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            for _, value in records:
                out.write(value + b"\n")
    except OSError as error:
        stop(f"{file} can't be written: {error.strerror}")
    typer.echo(f"wrote {file}. {_summary(verified(records))}")


@app.command("resume")
def resume(
    why: Why,
    from_backup: Annotated[
        Path | None, typer.Option("--from-backup", help="The last copy: the chain has to hold all that is in it.")
    ] = None,
    without_backup: Annotated[
        bool, typer.Option("--without-backup", help="There is no copy: nobody can tell whether the end was cut off.")
    ] = False,
) -> None:
    """Say anew where the chain stands, for an audit stage whose state is lost or damaged. It has to be stopped, and the
    chain whole."""
    settings = Settings()
    if (from_backup is None) != without_backup:
        stop("name the last copy with --from-backup, or say --without-backup where there is none")
    copy = _copy(from_backup)
    by = "with no backup" if copy is None else f"by a backup up to entry {copy.head.seq}"
    _written_down(settings, "backup.restore", f"where the audit's chain stands, {by}: {why}")
    head = ask(settings, audit_log.resume(settings, clock_from(settings.clock_file).now(), copy))
    typer.echo(f"the chain goes on after entry {head.seq}")


def _copy(file: Path | None) -> Verified | None:
    return None if file is None else read_backup(file, lambda: verified(audit_log.lines(file)))


async def _read(settings: Settings) -> list[tuple[int, bytes]]:
    return [each async for each in audit_log.entries(settings)]


def _written_down(settings: Settings, action: Action, why: str) -> None:
    entry = audit.Act(actor(settings), why[:500]).entry(action, (), clock_from(settings.clock_file))
    ask(settings, audit.write_or_refuse(settings, entry))


def _readable(value: bytes) -> Iterator[dict[str, Any]]:
    try:
        entry = orjson.loads(value)
    except orjson.JSONDecodeError:
        return
    if isinstance(entry, dict):
        yield entry


def _fits(entry: dict[str, Any], asked: dict[str, str | None], begin: datetime | None) -> bool:
    who, action, subject = (asked[name] for name in ("actor", "action", "subjects"))
    if begin is not None and datetime.fromisoformat(entry["at"]) < begin:
        return False
    return (
        who in (None, entry["actor"])
        and action in (None, entry["action"])
        and (not subject or subject in entry["subjects"])
    )


def _print(console: Console, entry: dict[str, Any]) -> None:
    outcome = f": {entry['outcome']}" if entry.get("outcome") else ""
    head = f"{entry.get('seq', '-')}  {entry['at']}  {entry['actor']}  {entry['action']}{outcome}"
    console.print(plain(head), style="bold", soft_wrap=True)
    console.print(plain(f"    {' '.join(entry['subjects']) or '-'}: {entry['why']}"), soft_wrap=True)


def _summary(found: Verified) -> str:
    """Note it down elsewhere: a later one has to hold the same hash under the same number."""
    if found.first is None:
        return "there is no chained entry yet"
    before = f"; {found.before} from before the chain" if found.before else ""
    return f"entries {found.first} to {found.head.seq}{before}; the last one's hash is {found.head.hash}"
