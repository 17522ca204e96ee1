"""`sendhub rebuild`: is what runs what the facts give?"""

import asyncio
from typing import Annotated

import typer
from aiokafka.errors import KafkaError

from hub.commands.failures import stop
from hub.core.casework.policy import Policy
from hub.platform.settings import Settings
from hub.runtime.errors import RuntimeFault
from hub.runtime.rebuild import CHILDREN_COUNT, Compared
from hub.runtime.rebuild import rebuild as rebuild_stage
from hub.runtime.rebuild_links import rebuild_links
from hub.stages.casework import casework
from hub.stages.errors import StageError

MOST_SHOWN = 100
"""Differences shown of each partition or topic."""


def rebuild(
    keep: Annotated[bool, typer.Option("--keep", help="Keep the shadow topics that the rebuild writes to.")] = False,
) -> None:
    """Make casework's state anew from hub.facts and compare it, byte for byte, with the running one.

    Also compares hub.children, hub.deadlines, and hub.links with identity's state. Stages need not be stopped. Exit
    status 1 when anything differs, 2 when it could not be found out.
    """
    settings = Settings()
    try:
        found = asyncio.run(_rebuild(settings, keep=keep))
    except (RuntimeFault, StageError) as error:
        stop(str(error))
    except (KafkaError, OSError) as error:
        stop(f"Kafka at {settings.kafka} does not answer ({type(error).__name__})")
    for compared in found:
        _show(compared)
    differ = sum(len(compared.differences) for compared in found)
    children = sum(compared.counts.get(CHILDREN_COUNT, 0) for compared in found)
    typer.echo(f"rebuild: children={children} differ={differ}")
    raise typer.Exit(1 if differ else 0)


async def _rebuild(settings: Settings, *, keep: bool) -> list[Compared]:
    policy = Policy(settings.sources)
    found = await rebuild_stage(settings, lambda pace: casework(policy, pace), keep=keep)
    return [*found, await rebuild_links(settings)]


def _show(compared: Compared) -> None:
    typer.echo(str(compared))
    for difference in compared.differences[:MOST_SHOWN]:
        typer.echo(f"  {difference.key}: {difference.what}")
    if (more := len(compared.differences) - MOST_SHOWN) > 0:
        typer.echo(f"  and {more} more")
