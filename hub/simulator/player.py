"""Plays a partnership's deliveries, day by day, against a running hub."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date
from itertools import groupby

import httpx

from hub.simulator.deliveries import Plan, plan
from hub.simulator.delivery import Delivery
from hub.simulator.endpoints import Endpoints
from hub.simulator.partnership import Partnership
from hub.simulator.sending import Sender, Sent
from schemas.instants import london_day

SetDay = Callable[[date], Awaitable[None]]
"""Moves the hub's clock to the evening of a day: 18:00 UTC or later, since offices close at 17:00."""

Drained = Callable[[], Awaitable[None]]
"""Returns when all that the connectors took has gone through the stages."""

Progress = Callable[[int, int], None]
"""Told how many deliveries are done, of how many."""

_BATCH = 200
_SECONDS = 30.0


async def play(
    partnership: Partnership,
    endpoints: Endpoints,
    set_day: SetDay,
    drained: Drained,
    progress: Progress,
    planned: Plan | None = None,
    client: httpx.AsyncClient | None = None,
) -> Sent:
    """Bring everything to the hub; returns what became of it. Raises Undelivered when the hub does not take something.

    Within a day no order is kept, but that a repeat comes after what it repeats. Days on which nothing is brought are
    passed over; the last is always set. `client` is closed at the end.
    """
    deliveries = (planned or plan(partnership)).deliveries
    done, total = 0, len(deliveries)
    async with client or httpx.AsyncClient(timeout=_SECONDS) as through:
        sender = Sender(endpoints, through)
        for day, found in groupby(deliveries, lambda delivery: london_day(delivery.at)):
            todays = list(found)
            await set_day(day)
            await _play_day(sender, todays)
            await drained()
            done += len(todays)
            progress(done, total)
    await set_day(partnership.last_day)
    await drained()
    return sender.sent


async def _play_day(sender: Sender, deliveries: Sequence[Delivery]) -> None:
    """First what is new, all at once; then what repeats it."""
    await _together(_steps(sender, [delivery for delivery in deliveries if not delivery.repeats]))
    await _together(_steps(sender, [delivery for delivery in deliveries if delivery.repeats]))


def _steps(sender: Sender, deliveries: Sequence[Delivery]) -> Iterable[Awaitable[None]]:
    batches: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        if delivery.via == "files":
            yield sender.file(delivery)
        elif delivery.via == "bars":
            yield sender.message(delivery)
        elif delivery.alone:
            yield sender.events(delivery.source, [delivery])
        else:
            batches.setdefault(delivery.source, []).append(delivery)
    for source, batch in batches.items():
        for start in range(0, len(batch), _BATCH):
            yield sender.events(source, batch[start : start + _BATCH])


async def _together(steps: Iterable[Awaitable[None]]) -> None:
    """All of them, at once; the first that fails ends the others."""
    async with asyncio.TaskGroup() as group:
        for step in steps:
            group.create_task(_run(step))


async def _run(step: Awaitable[None]) -> None:
    await step
