"""`sendhub deadletter replay`: put records back where they came from, and say what came of it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from hub.commands.deadletter.desk import faults_told, open_projector
from hub.commands.deadletter.options import AsJson, Error, Since, Source, StageName, Step, Topic, actor, earliest
from hub.commands.deadletter.text import print_letters
from hub.commands.failures import stop
from hub.platform.clock import clock_from
from hub.platform.settings import Settings
from hub.runtime.audit import Act
from hub.runtime.letter_replay import LetterReplay, Report
from hub.runtime.letters import Letter, UnknownLetter, Wanted, read_letters
from hub.runtime.worker import no_point


def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids, as in `list`.")] = None,
    stage: StageName = None,
    source: Source = None,
    error: Error = None,
    step: Step = None,
    topic: Topic = None,
    since: Since = None,
    everything: Annotated[bool, typer.Option("--all", help="Every open one.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also those replayed or resolved before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be replayed.")] = False,
    reason: Annotated[str, typer.Option(help="Why, for the audit. Name nobody.")] = "replay",
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the stages.")] = 30.0,
    as_json: AsJson = False,
) -> None:
    """Replay open dead letters: by id, by filter, or --all. Exit status 1 when not all of them are fixed.

    Records go to the end of their own topic and partition as they were.

    What the read model refused is written into it directly.

    It may be stopped at any time and run again: what was replayed is passed.
    """
    settings = Settings()
    clock = clock_from(settings.clock_file)
    wanted = Wanted(tuple(ids or ()), stage, source, error, step, topic, earliest(since, clock))
    if wanted == Wanted() and not everything:
        stop("nothing says which: give ids, a filter such as --stage, or --all")
    if len(reason) > 500:
        stop("--reason takes at most 500 characters")
    choice = _Choice(wanted, again)
    if dry_run:
        with faults_told(settings):
            _list(choice(asyncio.run(read_letters(settings))), choice.passed, as_json)
        return
    console = Console(stderr=True)
    work = LetterReplay(
        settings,
        clock,
        Act(actor(settings), reason),
        lambda: open_projector(settings),
        wait,
        no_point,
        lambda done: console.print(f"replayed {done} so far"),
    )
    with faults_told(settings):
        report = asyncio.run(work.run(choice))
    if as_json:
        typer.echo(json.dumps({"replayed": report.replayed, **asdict(report), "passed": choice.passed}))
    else:
        typer.echo(sentence(report, choice.passed))
    raise typer.Exit(1 if report.came_back or report.waiting else 0)


class _Choice:
    """Picks letters; `passed` says afterwards how many match but were replayed or resolved before."""

    def __init__(self, wanted: Wanted, again: bool) -> None:
        self.passed = 0
        self._wanted = wanted
        self._again = again

    def __call__(self, letters: dict[str, Letter]) -> Sequence[Letter]:
        known(self._wanted.ids, letters)
        matching = [letter for letter in letters.values() if self._wanted.matches(letter.meta)]
        chosen = [letter for letter in matching if self._again or letter.status == "open"]
        self.passed = len(matching) - len(chosen)
        return chosen


def known(ids: Sequence[str], letters: dict[str, Letter]) -> None:
    """Raises UnknownLetter that names the first id which is none."""
    for letter_id in ids:
        if letter_id not in letters:
            shown = letter_id if letter_id.isalnum() and len(letter_id) <= 40 else "this"
            raise UnknownLetter(f"hub.deadletter holds no letter {shown}: the id is wrong, or it is older than 90 days")


def sentence(report: Report, passed: int) -> str:
    """What came of a replay, in one line."""
    parts = [f"{len(report.fixed)} fixed"]
    shown = " (deadletter list shows them)" if report.came_back else ""
    parts.append(f"{len(report.came_back)} came back{shown}")
    if report.superseded:
        parts.append(f"{len(report.superseded)} superseded by a later record")
    parts.append(f"{len(report.waiting)} still waiting")
    before = f"; {passed} replayed or resolved before were passed" if passed else ""
    return f"replayed {report.replayed}: {', '.join(parts)}{before}"


def _list(chosen: Sequence[Letter], passed: int, as_json: bool) -> None:
    if as_json:
        for letter in chosen:
            typer.echo(letter.meta.model_dump_json())
        return
    print_letters(Console(), [(letter.meta, letter.status) for letter in chosen])
    before = f"; {passed} replayed or resolved before would be passed" if passed else ""
    typer.echo(f"would replay {len(chosen)}{before}")
