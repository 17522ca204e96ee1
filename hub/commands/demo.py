"""`sendhub demo`: a synthetic partnership, played through the real connectors of a whole hub on this machine."""

import asyncio
import json
import shlex
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hub.commands.demo_outcome import Outcome, look, report
from hub.commands.failures import stop
from hub.embedded import deployment, kafka, system
from hub.embedded.people import PEOPLE
from hub.embedded.pipeline import NotDrained
from hub.embedded.ports import LOOPBACK, free_port
from hub.embedded.system import NotReady, System
from hub.platform.clock import DrivenClock, SystemClock, today
from hub.runtime.programs import DESK
from hub.simulator.comparison import reader
from hub.simulator.deliveries import plan
from hub.simulator.endpoints import Endpoints
from hub.simulator.feeds import sources
from hub.simulator.partnership import Partnership
from hub.simulator.player import play
from hub.simulator.sending import Undelivered

PROJECT = Path(__file__).parents[2]
EVENING = time(18, 0, tzinfo=UTC)
STAGES = ("intake", "identity", "casework", "projection")


def demo(
    once: Annotated[bool, typer.Option("--once", help="End by itself; status 0 only if everything arrived.")] = False,
    children: Annotated[int, typer.Option(min=20, help="How many children.")] = 300,
    weeks: Annotated[int, typer.Option(min=1, max=104, help="Weeks of new events after the first extracts.")] = 8,
    seed: Annotated[int, typer.Option(help="Another seed, another partnership.")] = 825,
    folder: Annotated[Path, typer.Option(help="Where the run's files go; each run has a folder of its own.")] = (
        PROJECT / ".demo"
    ),
) -> None:
    """Start Kafka and the whole hub, play a synthetic partnership through its connectors, and say what happened.

    Goes on serving until Ctrl-C, unless told `--once`.
    """
    last_day = today(SystemClock())
    partnership = Partnership.make(seed, children, last_day - timedelta(weeks=weeks), last_day)
    console = Console(highlight=False)
    try:
        with _run_folder(folder) as run, _broker(run, console) as broker:
            outcome = asyncio.run(_demo(console, run, broker, partnership, once))
    except kafka.KafkaUnavailable as error:
        stop(str(error))
    except (NotReady, NotDrained, Undelivered, httpx.HTTPError) as error:
        stop(f"the demo could not be played: {error or type(error).__name__}")
    if outcome is None:
        raise typer.Exit(130)
    console.print(outcome.last_line, soft_wrap=True)
    raise typer.Exit(0 if outcome.well else 1)


@contextmanager
def _run_folder(folder: Path) -> Iterator[Path]:
    """A folder of this run's own, removed when it went well."""
    folder.mkdir(parents=True, exist_ok=True)
    run = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
    yield run
    shutil.rmtree(run, ignore_errors=True)


@contextmanager
def _broker(run: Path, console: Console) -> Iterator[str]:
    if not (PROJECT / ".cache" / "kafka" / ".complete").exists():
        console.print("Fetching Apache Kafka 4.2.0 by Maven (once, 43 MB) …")
    jars = kafka.fetch_jars(PROJECT)
    console.print(f"Starting Kafka from {jars.relative_to(PROJECT)} …")
    broker = kafka.start(PROJECT, run / "kafka")
    try:
        yield broker.bootstrap
    finally:
        broker.stop()


async def _demo(console: Console, run: Path, broker: str, partnership: Partnership, once: bool) -> Outcome | None:
    """None when the user ended it before it was through."""
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    made = deployment.create(run, sources(partnership.first_day))
    DrivenClock(made.clock_file).set(datetime.combine(partnership.first_day, EVENING))
    console.print("Starting connectors, stages, read model, API and metrics as separate processes …")
    async with system.running(made, broker, free_port) as hub:
        endpoints = _endpoints(hub)
        run_file = _write_run_file(run.parent / "run.json", hub, endpoints)
        settings_file = write_settings(run.parent / "env", hub)
        playing = asyncio.create_task(_play(console, hub, endpoints, partnership))
        ended = asyncio.create_task(stopping.wait())
        await asyncio.wait({playing, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not playing.done():
            playing.cancel()
            return None
        outcome = await playing
        DrivenClock(made.clock_file).set(None)
        report(console, outcome, partnership)
        if not once:
            _say_where(console, hub, run_file, settings_file)
            await ended
        ended.cancel()
        return outcome


async def _play(console: Console, hub: System, endpoints: Endpoints, partnership: Partnership) -> Outcome:
    planned = plan(partnership)
    clock = DrivenClock(hub.deployment.clock_file)

    async def set_day(day: date) -> None:
        clock.set(datetime.combine(day, EVENING))
        await hub.pipeline.day_reached(day)

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as shown:
        task = shown.add_task(_title(partnership), total=len(planned.deliveries))
        sent = await play(
            partnership,
            endpoints,
            set_day,
            hub.pipeline.drained,
            lambda done, _: shown.update(task, completed=done),
            planned,
        )
    async with reader(endpoints) as read:
        return await look(hub, read, partnership, planned, sent)


def _title(partnership: Partnership) -> str:
    weeks = (partnership.last_day - partnership.first_day).days // 7
    return f"{len(partnership.lives)} children, {weeks} weeks"


def _endpoints(hub: System) -> Endpoints:
    made = hub.deployment
    return Endpoints(
        webhook=hub.url("webhook"),
        bars=hub.url("bars"),
        api=hub.url("api"),
        files=made.inbox,
        tokens={**made.tokens, "api": made.api_token},
        keys=dict(made.signing_keys),
        clock_file=made.clock_file,
        kafka=hub.kafka,
    )


def _write_run_file(path: Path, hub: System, endpoints: Endpoints) -> Path:
    """Where everything is, for `sendhub simulate` and for people with curl. It holds tokens that open only this run."""
    body = {
        "webhook": endpoints.webhook,
        "bars": endpoints.bars,
        "api": endpoints.api,
        "files": str(endpoints.files),
        "tokens": endpoints.tokens,
        "keys": {source: str(key) for source, key in endpoints.keys.items()},
        "clock_file": str(endpoints.clock_file),
        "kafka": endpoints.kafka,
        "ports": hub.ports,
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(body, indent=2))
    return path


def write_settings(path: Path, hub: System) -> Path:
    """The settings of this hub for whoever types commands beside it: a file to be sourced by a shell."""
    places = {name: f"{LOOPBACK}:{own['metrics']}" for name, own in hub.ports.items()}
    settings = {
        **hub.deployment.environment(hub.kafka),
        "SENDHUB_PROCESSES": json.dumps(places),
        "SENDHUB_IDENTITY_URL": hub.url(DESK),
    }
    path.touch(mode=0o600)
    path.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items()))
    return path


def _say_where(console: Console, hub: System, run_file: Path, settings_file: Path) -> None:
    """Addresses and commands to paste, while it is serving."""
    token = run_file.with_name("token")
    token.touch(mode=0o600)
    token.write_text(hub.deployment.api_token)
    lines = [
        ("pages", f"{hub.url('api')}/pages  sign in as {', '.join(PEOPLE)}; password {hub.deployment.password}"),
        (
            "overdue now",
            f"curl -s -H \"Authorization: Bearer $(cat {token})\" '{hub.url('api')}/deadlines?state=overdue'",
        ),
        ("open alerts", f"curl -s -H \"Authorization: Bearer $(cat {token})\" '{hub.url('api')}/alerts?state=open'"),
        ("webhook", f"{hub.url('webhook')}/events"),
        ("BaRS", f"{hub.url('bars')}/metadata"),
        ("files", str(hub.deployment.inbox)),
        ("metrics", f"{hub.url('exporter', 'metrics')}/metrics (each process has its own: {run_file})"),
        ("logs", str(hub.deployment.logs)),
        ("commands", f". {settings_file}; .venv/bin/sendhub status"),
    ]
    console.print("\nWhere to look", style="bold")
    for name, text in lines:
        console.print(f"  {name:12} {text}", markup=False, soft_wrap=True)
    console.print("\nServing until Ctrl-C.", style="bold")
