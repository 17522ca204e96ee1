"""`sendhub replay`: put messages in again, as they were received, and say what came of it."""

import json
import signal
from collections.abc import Sequence
from dataclasses import asdict
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from hub.commands.asking import ask
from hub.commands.deadletter.options import AsJson, Source, actor, earliest
from hub.commands.failures import stop
from hub.commands.reading import read_model, settings
from hub.platform.clock import Clock, clock_from
from hub.runtime.audit import Act
from hub.runtime.message_replay import MessageReplay, Progress, Report
from hub.store.messages import OUTCOMES, RawPlace, raw_places
from hub.store.reader import Value
from schemas.instants import microseconds


def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids, as in `messages list`.")] = None,
    source: Source = None,
    kind: Annotated[str | None, typer.Option("--type", help="Only of this CloudEvents type.")] = None,
    outcome: Annotated[str | None, typer.Option(help=f"Only with a step that ended so: {', '.join(OUTCOMES)}.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Received since: 2026-11-24, an instant with zone, 90m, 7d.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Received until then; a day ends before its first instant.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the audit. Name nobody.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many would be replayed.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for intake.")] = 30.0,
    as_json: AsJson = False,
) -> None:
    """Replay messages by id, by filter or by time. Exit status 1 when not all of them were read again.

    For what was read wrongly, after a mended decoder or sources file. What says nothing new changes nothing.

    Stop it with Ctrl-C at any time: what was put in stands, and the same command may be given again. What intake gave
    up is a dead letter: `sendhub deadletter replay`.
    """
    known = settings()
    clock = clock_from(known.clock_file)
    if not (ids or source or kind or outcome or since or until):
        stop("nothing says which: give ids, or a filter such as --source or --since")
    if outcome is not None and outcome not in OUTCOMES:
        stop(f"there is no outcome {outcome!r}: it is one of {', '.join(OUTCOMES)}")
    if not dry_run and not (0 < len(reason.strip()) <= 500):
        stop("--reason says why, in 1 to 500 characters: it stands in the audit")
    filters = _filters(source, kind, since, until, clock)
    with read_model() as connection:
        wanted = raw_places(connection, filters, outcome, None, ids or ())
    if ids and len(wanted) < len(set(ids)):
        missing = len(set(ids)) - len(wanted)
        stop(f"{missing} of these ids are no messages that intake has read: see `sendhub messages list`")
    if dry_run or not wanted:
        typer.echo(f"would replay {len(wanted)}" if dry_run else "no messages match")
        return
    _run(wanted, Act(actor(known), reason), clock, wait, as_json)


def _filters(
    source: str | None, kind: str | None, since: str | None, until: str | None, clock: Clock
) -> dict[str, Value]:
    begin, end = earliest(since, clock), earliest(until, clock, "--until")
    if begin is not None and end is not None and end <= begin:
        stop("--until lies before --since: nothing was received between them")
    asked = {
        "source": source,
        "type": kind,
        "at_from": None if begin is None else microseconds(begin),
        "at_to": None if end is None else microseconds(end) - 1,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _run(wanted: Sequence[RawPlace], act: Act, clock: Clock, wait: float, as_json: bool) -> None:
    console, halt = Console(stderr=True), _Halt()

    def tell(progress: Progress) -> None:
        gone = f", {progress.gone} are not kept any more" if progress.gone else ""
        console.print(f"replayed {progress.replayed} of {progress.wanted}{gone}")

    known = settings()
    with halt:
        report = ask(known, MessageReplay(known, clock, act, wait, tell, halt).run(wanted))
    typer.echo(json.dumps(asdict(report)) if as_json else sentence(report))
    raise typer.Exit(1 if report.came_back or report.waiting or report.gone or report.left else 0)


class _Halt:
    """Ctrl-C ends the replay after the batch under way; a second one at once."""

    def __init__(self) -> None:
        self._asked = False

    def __call__(self) -> bool:
        return self._asked

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGINT, self._ask)

    def __exit__(self, *error: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked = True
        signal.signal(signal.SIGINT, self._before)


def sentence(report: Report) -> str:
    """What came of a replay, in one line."""
    parts = [f"{len(report.fixed)} read again", f"{len(report.came_back)} given up (deadletter list shows them)"]
    parts += [f"{len(report.waiting)} still waiting"] if report.waiting else []
    parts += [f"{len(report.gone)} not kept any more"] if report.gone else []
    parts += [f"{len(report.left)} left, as it was stopped"] if report.left else []
    return ", ".join(parts)
