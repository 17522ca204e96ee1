"""What commands ask of identity's desk, and how a person's decision is sent and followed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from hub.api.remote_desk import RemoteDesk
from hub.api.settings import AskingSettings
from hub.commands.failures import stop
from hub.platform.clock import clock_from
from hub.runtime.decision_log import observation_of, send
from hub.stages.errors import StageError
from schemas.looks import Decided, Ruled

POLL_SECONDS = 0.5
LONGEST_PURPOSE = 200

Why = Annotated[str, typer.Option(help="Why, in a few plain words, for the audit. Name nobody.")]
Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait for what comes of it.")]

Answer = TypeVar("Answer")


def asking_settings() -> AskingSettings:
    """The settings, or the command's end."""
    try:
        return AskingSettings()
    except ValidationError as error:
        names = ", ".join(f"SENDHUB_{item['loc'][0]}".upper() for item in error.errors(include_input=False))
        stop(f"the environment has settings that can't be read: {names}. docs/settings.md says what each takes")


def purposeful(purpose: str) -> str:
    """Why somebody looks, or the command's end."""
    if not purpose.strip() or len(purpose) > LONGEST_PURPOSE:
        stop(f"say why in 1 to {LONGEST_PURPOSE} characters")
    return purpose


def ask_desk(settings: AskingSettings, question: Callable[[RemoteDesk], Awaitable[Answer]]) -> Answer:
    """What the desk answers, or the command's end."""

    async def ask() -> Answer:
        desk = settings.desk()
        if desk is None:
            stop("nobody is named here: set SENDHUB_IDENTITY_URL and SENDHUB_IDENTITY_TOKEN_FILE (docs/identity.md)")
        try:
            return await question(desk)
        finally:
            await desk.close()

    try:
        return asyncio.run(ask())
    except StageError as error:
        stop(str(error))
    except OSError as error:
        stop(f"the token of identity's desk can't be read ({type(error).__name__})")


def decide_and_wait(settings: AskingSettings, decision: Decided, wait: float) -> None:
    """Send a decision and say what came of it; ends the command, with 1 where it was not carried out."""
    try:
        asyncio.run(send(settings, observation_of(decision, clock_from(settings.clock_file))))
    except (StageError, ValueError) as error:
        stop(str(error))
    typer.echo(f"sent decision {decision.id}")
    ruled = ask_desk(settings, lambda desk: desk.ruled(decision.id))
    until = time.monotonic() + wait
    while ruled.outcome == "waiting" and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
        ruled = ask_desk(settings, lambda desk: desk.ruled(decision.id))
    typer.echo(_came_of(ruled))
    raise typer.Exit(0 if ruled.outcome == "taken" else 1)


def _came_of(ruled: Ruled) -> str:
    if ruled.outcome == "waiting":
        return "identity has yet to read it: it is not lost. The same command says what came of it"
    return f"{ruled.outcome}: {ruled.words}"
