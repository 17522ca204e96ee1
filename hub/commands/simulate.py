"""`sendhub simulate`: play a synthetic partnership against a running hub, and compare what it then holds."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import Progress

from hub.commands.failures import stop
from hub.embedded.pipeline import NotDrained, Pipeline
from hub.platform.clock import DrivenClock, SystemClock, today
from hub.simulator.comparison import Comparison, compare, reader
from hub.simulator.deliveries import plan
from hub.simulator.endpoints import Endpoints
from hub.simulator.oracle import truths_of
from hub.simulator.partnership import Partnership, full_size
from hub.simulator.player import play
from hub.simulator.sending import Sent, Undelivered

_EVENING = time(18, 0, tzinfo=UTC)
_SHOWN = 20
_PATIENCE = 300.0


def simulate(
    run: Annotated[Path, typer.Option(help="The running hub's run file: where it listens, and its tokens.")] = Path(
        ".demo/run.json"
    ),
    seed: Annotated[int, typer.Option(help="Another seed, another partnership.")] = 825,
    weeks: Annotated[int, typer.Option(min=1, max=104, help="Weeks of new events after the first extracts.")] = 16,
    children: Annotated[
        int | None, typer.Option(min=20, help="How many; Buckinghamshire's size when not said.")
    ] = None,
) -> None:
    """Play a synthetic partnership through the connectors of a hub that is empty and running.

    With Buckinghamshire's volumes: 1,500 open cases in the first extracts, then 35 requests a week. Ends with status 1
    when anything is lost or wrong.
    """
    try:
        endpoints = Endpoints.from_file(run)
    except FileNotFoundError:
        stop(f"there is no run file {run}: start a hub with `make demo`, or write one (docs/simulator.md)")
    except ValueError as error:
        stop(f"the run file cannot be used: {error}")
    last_day = _last_day(endpoints, weeks)
    partnership = Partnership.make(seed, children or full_size(weeks), last_day - timedelta(weeks=weeks), last_day)
    try:
        sent, compared = asyncio.run(_simulate(partnership, endpoints))
    except (Undelivered, NotDrained, httpx.HTTPError) as error:
        stop(f"the hub could not be played to: {error or type(error).__name__}")
    _report(sent, compared)
    if sent.surprises or compared.lost or compared.wrong:
        raise typer.Exit(1)


def _last_day(endpoints: Endpoints, weeks: int) -> date:
    """A driven clock only goes forward, from where it stands; the machine's clock sets the end at today."""
    if endpoints.clock_file is None:
        return today(SystemClock())
    return today(DrivenClock(endpoints.clock_file)) + timedelta(weeks=weeks)


async def _simulate(partnership: Partnership, endpoints: Endpoints) -> tuple[Sent, Comparison]:
    planned = plan(partnership)
    async with Pipeline(endpoints.kafka) as pipeline:

        async def set_day(day: date) -> None:
            if endpoints.clock_file is not None:
                DrivenClock(endpoints.clock_file).set(datetime.combine(day, _EVENING))
                await pipeline.day_reached(day)

        with Progress() as shown:
            task = shown.add_task("messages and files", total=len(planned.deliveries))
            sent = await play(
                partnership,
                endpoints,
                set_day,
                lambda: pipeline.drained(_PATIENCE),
                lambda done, _: shown.update(task, completed=done),
                planned,
            )
    async with reader(endpoints) as read:
        return sent, await compare(truths_of(partnership), read)


def _report(sent: Sent, found: Comparison) -> None:
    console = Console()
    console.print(
        f"taken {sent.taken}, known already {sent.known + sent.duplicate}, refused {sent.refused}, files {sent.files}, "
        f"tried again {sent.retries}"
    )
    console.print(
        f"children {found.children}, requests {found.requests}, advice {found.advice}, deadlines {found.deadlines}, "
        f"lost {len(found.lost)}, wrong {len(found.wrong)}"
    )
    for line in [*sent.surprises, *found.lost, *found.wrong][:_SHOWN]:
        console.print(f"  {line}", markup=False, highlight=False)
