"""Who did what to keys, and why: on record before it is done, on hub.audit or, while Kafka is away, beside the keys."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.deadletter.options import actor
from hub.commands.failures import stop
from hub.platform.clock import SystemClock
from hub.platform.keys import Ring
from hub.platform.settings import Settings
from hub.runtime.audit import Act
from hub.runtime.audit_waiting import Waiting, note
from hub.stages.errors import Unavailable
from schemas.audit import Action

Why = Annotated[str, typer.Option("--why", max=500, help="Why, in a few plain words, for the audit. Name nobody.")]

NOT_SAID = "not said"


def written_down(
    settings: Settings, action: Action, subjects: tuple[str, ...], why: str, folder: Path | None = None
) -> None:
    """Return once it is on record; ends the command where it can't be. `subjects` name keys, never hold one. `folder`
    is where records wait, unless it is the key ring's."""
    waiting = Waiting(folder or settings.key_ring_file.parent)
    entry = Act(actor(settings), why.strip() or NOT_SAID).entry(action, subjects, SystemClock())
    try:
        sent = asyncio.run(note(settings, entry, waiting))
    except (OSError, ValueError) as error:
        why_not = error.strerror if isinstance(error, OSError) else "it holds what is no audit record"
        stop(f"Kafka does not take the audit record, and it can't wait in {waiting.file} ({why_not}): nothing was done")
    if not sent:
        typer.echo(
            f"Kafka does not take the audit record: it waits in {waiting.file}, and the next command about keys sends "
            "it, or `sendhub key audit`. Leave the file there",
            err=True,
        )


def send() -> None:
    """Send to hub.audit what was done to keys while Kafka was away."""
    settings = Settings()
    waiting = Waiting(settings.key_ring_file.parent)
    number = waiting.number
    try:
        asyncio.run(waiting.send(settings))
    except Unavailable as error:
        stop(f"{error}: {waiting.number} audit record(s) wait on in {waiting.file}")
    except (OSError, ValueError):
        stop(f"{waiting.file} can't be read, or holds what is no audit record: keep it, and look into it")
    typer.echo(f"audit records sent: {number}")


def changed(before: Ring, after: Ring) -> tuple[str, ...]:
    """What differs between two rings, by ids and days."""
    wrapping = {key.id for key in before.wrapping}, {key.id for key in after.wrapping}
    chains = {chain.id: chain for chain in before.chains}
    found = [f"wrapping key {id_} added" for id_ in sorted(wrapping[1] - wrapping[0])]
    found += [f"wrapping key {id_} destroyed" for id_ in sorted(wrapping[0] - wrapping[1])]
    for chain in after.chains:
        known = chains.get(chain.id)
        if known is None:
            found.append(f"chain {chain.id} from {chain.since} added")
        elif known.day < chain.day:
            found.append(f"chain {chain.id}: days before {chain.day} destroyed")
        elif known.day > chain.day:
            found.append(f"chain {chain.id}: days from {chain.day} added")
    found += [f"chain {id_} destroyed" for id_ in sorted(chains.keys() - {chain.id for chain in after.chains})]
    found += [f"chain {id_} declared lost" for id_ in after.lost if id_ not in before.lost]
    return tuple(found)
