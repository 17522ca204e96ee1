"""`sendhub rebuild`: is what runs what the facts give?"""

import asyncio
from typing import Annotated

import typer
from aiokafka.errors import KafkaError

from hub.commands.failures import stop
from hub.platform.settings import Settings
from hub.runtime.errors import RuntimeFault
from hub.runtime.policies import policy_of
from hub.runtime.rebuild import CHILDREN_COUNT, Compared
from hub.runtime.rebuild import rebuild as rebuild_stage
from hub.runtime.rebuild_links import rebuild_links
from hub.runtime.rebuild_raw import rebuild_raw
from hub.stages.casework import casework
from hub.stages.errors import StageError
from schemas.topics import CHILDREN, DEADLINES

CURRENT = (CHILDREN.name, DEADLINES.name)
MOST_SHOWN = 100
"""Differences shown of each partition or topic."""


def rebuild(
    keep: Annotated[bool, typer.Option("--keep", help="Keep the shadow topics that the rebuild writes to.")] = False,
    from_raw: Annotated[bool, typer.Option("--from-raw", help="Work out the facts of the raw messages again.")] = False,
) -> None:
    """Make casework's state anew from hub.facts and compare it, byte for byte, with the running one.

    Also compares hub.children, hub.deadlines, and hub.links with identity's state. With --from-raw instead compares the
    facts of the raw messages that are still kept with those on hub.facts. Stages need not be stopped. Exit status 1
    when anything differs, 2 when it could not be found out.
    """
    settings = Settings()
    try:
        found = asyncio.run(_from_raw(settings) if from_raw else _rebuild(settings, keep=keep))
    except (RuntimeFault, StageError, ValueError) as error:
        stop(str(error))
    except (KafkaError, OSError) as error:
        stop(f"Kafka at {settings.kafka} does not answer ({type(error).__name__})")
    for compared in found:
        _show(compared)
    differ = sum(len(compared.differences) for compared in found)
    name = "facts" if from_raw else CHILDREN_COUNT
    number = sum(compared.counts.get(name, 0) for compared in found)
    typer.echo(f"rebuild: {name}={number} differ={differ}")
    raise typer.Exit(1 if differ else 0)


async def _rebuild(settings: Settings, *, keep: bool) -> list[Compared]:
    policy = policy_of(settings)
    found = await rebuild_stage(settings, lambda pace: casework(policy, pace), CURRENT, keep=keep)
    return [*found, await rebuild_links(settings)]


async def _from_raw(settings: Settings) -> list[Compared]:
    found = await rebuild_raw(settings)
    for window in found.windows:
        typer.echo(str(window))
    return [found.compared]


def _show(compared: Compared) -> None:
    typer.echo(str(compared))
    for difference in compared.differences[:MOST_SHOWN]:
        typer.echo(f"  {difference.key}: {difference.what}")
    if (more := len(compared.differences) - MOST_SHOWN) > 0:
        typer.echo(f"  and {more} more")
