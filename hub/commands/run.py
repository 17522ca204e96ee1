"""`sendhub stage`, `sendhub ticker` and `sendhub up`: running the hub's processes."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import structlog
import typer

from hub.commands.failures import stop
from hub.embedded.ports import free_port
from hub.platform import logs, metrics, tracing
from hub.platform.clock import clock_from
from hub.platform.health import Health
from hub.platform.settings import Settings
from hub.runtime import expiries
from hub.runtime.heartbeat import keep_beating
from hub.runtime.programs import configured, programs
from hub.runtime.stages import STAGES
from hub.runtime.stages import run as run_stage
from hub.runtime.supervisor import Supervisor
from hub.runtime.ticker import Ticker

log = structlog.get_logger()


def stage(name: Annotated[str, typer.Argument(help=f"One of: {', '.join(STAGES)}")]) -> None:
    """Run one stage in this process until SIGTERM."""
    if name not in STAGES:
        stop(f"there is no stage {name!r}: the stages are {', '.join(STAGES)}")
    settings = Settings()
    logs.set_up(name, settings.log_level)
    tracing.set_up(settings, name)
    run_stage(name, settings)


def ticker() -> None:
    """Write each new day into the logs until SIGTERM."""
    settings = Settings()
    logs.set_up("ticker", settings.log_level)
    health = Health()
    log.info("listening", metrics_port=metrics.serve(health, settings.host, settings.metrics_port))
    asyncio.run(_until_signal(lambda stopping: _tick(settings, health, stopping)))


async def _tick(settings: Settings, health: Health, stopping: asyncio.Event) -> None:
    expiries.watch(settings)
    beating = asyncio.create_task(keep_beating(settings))
    try:
        await Ticker(settings, clock_from(settings.clock_file), health).run(stopping)
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


def up(
    only: Annotated[list[str] | None, typer.Option(help="Run only this process; may be repeated.")] = None,
    logs_folder: Annotated[Path, typer.Option(help="Folder for one log file a process.")] = Path("logs"),
    free_ports: Annotated[bool, typer.Option(help="Take a free port where the usual one is taken.")] = False,
) -> None:
    """Run and supervise the hub's processes on this machine until SIGTERM or Ctrl-C.

    Settings come from the environment (docs/settings.md). A process that ends is started again with back-off.
    """
    kinds = configured(os.environ)
    names = {part.name for part in kinds}
    if unknown := set(only or ()) - names:
        stop(f"there is no process {sorted(unknown)[0]!r}: they are {', '.join(sorted(names))}")
    logs.set_up("up", Settings().log_level)
    pick = free_port if free_ports else _its_port
    made, ports = programs(logs_folder, {}, pick, frozenset(only) if only else None, kinds)
    for name, own in ports.items():
        typer.echo(f"{name:12} " + "  ".join(f"{kind} {port}" for kind, port in own.items()))
    asyncio.run(_until_signal(Supervisor(made).run))


def _its_port(preferred: int) -> int:
    if free_port(preferred) != preferred:
        stop(f"port {preferred} is taken: end what listens there, or give --free-ports")
    return preferred


async def _until_signal(run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `run(stopping)` with `stopping` set by the first SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await run(stopping)
