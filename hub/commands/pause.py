"""`sendhub pause` and `sendhub resume`: a running stage or connector stops reading, without being ended."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import typer
from aiokafka.errors import KafkaError

from hub.commands.deadletter.options import actor
from hub.commands.failures import stop
from hub.platform.clock import SystemClock
from hub.platform.settings import Settings
from hub.runtime import pauses
from hub.stages.errors import StageError
from schemas.pauses import Pause

Answer = TypeVar("Answer")

Name = Annotated[str, typer.Argument(metavar="STAGE|CONNECTOR", help=f"One of: {', '.join(sorted(pauses.PAUSABLE))}.")]
Why = Annotated[str, typer.Option(help="Why, in a few plain words, for the audit and whoever looks. Name nobody.")]


def pause(name: Name, why: Why) -> None:
    """Let a stage or connector stop reading, on every machine, until `sendhub resume`; also after a restart.

    What it has begun it ends. A stage's messages wait in Kafka; the webhook and BaRS answer 503, and senders try again.
    """
    settings, asked = _asked(name, why)
    before = _told(pauses.standing(settings)).get(name)
    if before is not None:
        typer.echo(f"{name} is paused already, by {before.actor}, because: {before.why}")
        return
    _told(pauses.pause(settings, asked))
    typer.echo(f"{name} stops reading within seconds: `sendhub status` shows it. `sendhub resume {name}` lets it go on")


def resume(name: Name, why: Why) -> None:
    """Let a paused stage or connector go on, from where it stopped."""
    settings, asked = _asked(name, why)
    if name not in _told(pauses.standing(settings)):
        typer.echo(f"{name} is not paused: nothing was told. `sendhub status` says what it waits for")
        return
    _told(pauses.resume(settings, asked))
    typer.echo(f"{name} goes on within seconds")


def _asked(name: str, why: str) -> tuple[Settings, Pause]:
    if name not in pauses.PAUSABLE:
        stop(f"there is no {name} to pause: it is one of {', '.join(sorted(pauses.PAUSABLE))}")
    if not why.strip() or len(why) > 500:
        stop("say why in 1 to 500 characters")
    settings = Settings()
    return settings, Pause(process=name, actor=actor(settings), why=why.strip(), at=SystemClock().now())


def _told(telling: Coroutine[Any, Any, Answer]) -> Answer:
    try:
        return asyncio.run(telling)
    except StageError as error:
        stop(str(error))
    except (KafkaError, OSError) as error:
        stop(f"Kafka is away ({type(error).__name__}): nothing was told")
