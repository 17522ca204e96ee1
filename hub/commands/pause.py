"""`sendhub pause` and `sendhub resume`: a running stage or connector stops reading, without being ended."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from hub.commands.deadletter.options import actor
from hub.commands.failures import stop
from hub.platform.clock import SystemClock
from hub.platform.settings import Settings
from hub.runtime import pauses
from hub.stages.errors import StageError
from schemas.pauses import Pause

Name = Annotated[str, typer.Argument(metavar="STAGE|CONNECTOR", help=f"One of: {', '.join(sorted(pauses.PAUSABLE))}.")]
Why = Annotated[str, typer.Option(help="Why, in a few plain words, for the audit and whoever looks. Name nobody.")]


def pause(name: Name, why: Why) -> None:
    """Let a stage or connector stop reading, on every machine, until `sendhub resume`; also after a restart.

    What it has begun it ends. A stage's messages wait in Kafka; the webhook and BaRS answer 503, and senders try again.
    """
    settings, asked = _asked(name, why)
    _tell(pauses.pause(settings, asked))
    typer.echo(f"{name} stops reading within seconds: `sendhub status` shows it. `sendhub resume {name}` lets it go on")


def resume(name: Name, why: Why) -> None:
    """Let a paused stage or connector go on, from where it stopped."""
    settings, asked = _asked(name, why)
    _tell(pauses.resume(settings, asked))
    typer.echo(f"{name} goes on within seconds")


def _asked(name: str, why: str) -> tuple[Settings, Pause]:
    if name not in pauses.PAUSABLE:
        stop(f"there is no {name} to pause: it is one of {', '.join(sorted(pauses.PAUSABLE))}")
    if not why.strip() or len(why) > 500:
        stop("say why in 1 to 500 characters")
    settings = Settings()
    return settings, Pause(process=name, actor=actor(settings), why=why.strip(), at=SystemClock().now())


def _tell(telling: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(telling)
    except StageError as error:
        stop(str(error))
