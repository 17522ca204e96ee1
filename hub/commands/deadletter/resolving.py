"""`sendhub deadletter resolve`: this was dealt with by other means."""

import asyncio
from typing import Annotated

import typer

from hub.commands.deadletter.desk import faults_told
from hub.commands.deadletter.options import actor
from hub.commands.deadletter.replaying import known
from hub.commands.failures import stop
from hub.platform.clock import clock_from
from hub.platform.settings import Settings
from hub.runtime.audit import Act
from hub.runtime.letter_desk import LetterDesk
from hub.runtime.worker import no_point


def resolve(
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="Ids, as in `list`.")],
    reason: Annotated[str, typer.Option(help="Why it needs no replay, for the audit. Name nobody.")],
) -> None:
    """Mark dead letters as dealt with, and drop their bytes from the read model. Those done with before are passed."""
    if not reason.strip() or len(reason) > 500:
        stop("--reason takes 1 to 500 characters")
    settings = Settings()
    with faults_told(settings):
        done = asyncio.run(_resolve(settings, tuple(ids), Act(actor(settings), reason)))
    passed = len(set(ids)) - done
    typer.echo(f"resolved {done}" + (f"; {passed} replayed or resolved before were passed" if passed else ""))


async def _resolve(settings: Settings, ids: tuple[str, ...], act: Act) -> int:
    async with LetterDesk(settings, clock_from(settings.clock_file), act, no_point) as desk:
        known(ids, desk.letters)
        letters = [desk.letters[each] for each in dict.fromkeys(ids) if desk.letters[each].status == "open"]
        await desk.resolve(letters, "resolved", "deadletter.resolve")
        return len(letters)
