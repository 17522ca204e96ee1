"""One look at everything, each part by itself: what can't be asked keeps nothing else from being told."""

import asyncio
from collections.abc import Iterable

from hub.platform.clock import Clock, SystemClock
from hub.platform.settings import Settings
from hub.runtime.status import kafka, keys, model, processes
from schemas.status import State, Status


async def gather(settings: Settings, machine: Clock | None = None) -> Status:
    """The status now. `machine` is the machine's clock: processes and keys go by it, also while a demo drives ours."""
    at = (machine or SystemClock()).now()
    found = await asyncio.gather(
        processes.look(settings, at),
        kafka.look(settings),
        asyncio.to_thread(model.look, settings),
        asyncio.to_thread(keys.look, settings, at),
    )
    # What a process, and Kafka or this machine, say in the same words is one thing.
    items = tuple({(item.part, item.name, item.words): item for part in found for item in part}.values())
    return Status(at=at, state=worst(item.state for item in items), items=items)


def worst(states: Iterable[State]) -> State:
    """Degraded before unknown: what is known to be wrong is what somebody has to mend first."""
    known = set(states)
    return "degraded" if "degraded" in known else "unknown" if "unknown" in known else "well"
