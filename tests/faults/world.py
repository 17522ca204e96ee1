"""What a series happens in: a broker or three, the hub's stages as supervised processes, and what is needed to do them
harm.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

import httpx

from hub.embedded import deployment, kafka
from hub.embedded.deployment import Deployment
from hub.embedded.ports import free_port
from hub.embedded.system import all_ready
from hub.platform.clock import DrivenClock
from hub.runtime import topics
from hub.runtime.supervisor import Program, Supervisor
from schemas.sources import Source, Sources
from schemas.topics import TOPICS
from tests.faults.counting import NAME, OUTPUT, STATE
from tests.faults.disk import Disk, mounted, possible
from tests.faults.inputs import COUNCIL
from tests.support import postgres
from tests.support.processes import PROJECT
from tests.support.proxy import Proxy

SESSION_SECONDS = 6
PAUSE_SECONDS = 12
"""A pause: longer than a session, and time enough for a twin to take over."""
WORKERS: tuple[tuple[str, int], ...] = (
    *(("intake", 1), ("identity", 1), ("casework", 1), ("casework", 2), (NAME, 1), (NAME, 2), ("projection", 1)),
)
SOURCES = Sources(
    sources=(Source(id=COUNCIL, kind="council", area="825", creates_children=True, live_from=date(2026, 1, 1)),)
)


@dataclass(frozen=True)
class Plan:
    """What a kind of series needs: brokers, a proxy before the broker, PostgreSQL in SQLite's place, a counting stage
    that refuses, topics that are missing at first, a small disk for the data of one of them.
    """

    nodes: int = 1
    proxied: bool = False
    postgres: bool = False
    rough: bool = False
    missing: frozenset[str] = frozenset()
    disk: Literal["", "kafka", "postgres"] = ""


@dataclass
class Strike:
    """Something that was done to a group, and when its recovery began."""

    group: str
    at: float


@dataclass
class World:
    """A running hub. `direct` is the broker's own address, past any proxy."""

    folder: Path
    deployment: Deployment
    brokers: list[kafka.Kafka]
    env: dict[str, str]
    database: postgres.Server | None = None
    proxy: Proxy | None = None
    disk: Disk | None = None
    strikes: list[Strike] = field(default_factory=list)
    _keepers: dict[str, tuple[Supervisor, asyncio.Event, asyncio.Task[None]]] = field(default_factory=dict)
    ports: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def direct(self) -> str:
        return ",".join(broker.bootstrap for broker in self.brokers)

    @property
    def clock(self) -> DrivenClock:
        return DrivenClock(self.deployment.clock_file)

    def start(self, stage: str, instance: int) -> str:
        """Begin to keep a worker running; its name."""
        name = f"{stage}-{instance}"
        module = ("-m", "hub.cli", "ticker") if stage == "ticker" else ("-m", "tests.faults.worker", stage)
        self.ports.setdefault(name, {"metrics": free_port()})
        env = {
            **self.env,
            "SENDHUB_INSTANCE": str(instance),
            "SENDHUB_METRICS_PORT": str(self.ports[name]["metrics"]),
            "FAULT_ORDERS": str(self.folder / f"{name}.orders"),
        }
        program = Program(name, (sys.executable, *module), env, self.deployment.logs / f"{name}.log")
        supervisor, stopping = Supervisor([program]), asyncio.Event()
        self._keepers[name] = (supervisor, stopping, asyncio.create_task(supervisor.run(stopping)))
        return name

    async def stop(self, name: str) -> None:
        """Ask a worker to end, and keep it ended."""
        supervisor, stopping, task = self._keepers.pop(name)
        if (pid := supervisor.pid(name)) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        stopping.set()
        await task

    async def stop_tickers(self) -> None:
        """Nothing is put in by itself any more, neither days nor heartbeats."""
        await asyncio.gather(*(self.stop(name) for name in list(self._keepers) if name not in self.workers))

    async def stop_all(self) -> None:
        await asyncio.gather(*(self.stop(name) for name in list(self._keepers)))

    @property
    def workers(self) -> list[str]:
        """The names of the stages' workers that are kept running."""
        return [name for name in self._keepers if not name.startswith("ticker")]

    async def pid(self, name: str) -> int:
        """The worker's process, once it runs."""
        await until(lambda: self._keepers[name][0].pid(name) is not None, 60)
        pid = self._keepers[name][0].pid(name)
        assert pid is not None, f"{name} was not started again"
        return pid

    def order(self, name: str, point: str, action: str) -> None:
        """Have a worker `kill` or `stop` itself at a named point."""
        (self.folder / f"{name}.orders").write_text(f"{point} {action}")

    def heal(self) -> None:
        """Take back orders that nobody has obeyed, and wake whoever still sleeps."""
        for orders in self.folder.glob("*.orders"):
            orders.unlink(missing_ok=True)
        for name, (supervisor, _, _) in self._keepers.items():
            if (pid := supervisor.pid(name)) is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    async def ended(self, name: str, pid: int, seconds: float = 30.0) -> bool:
        """Whether that process of a worker ends in time."""
        return await until(lambda: self._keepers[name][0].pid(name) != pid, seconds)

    async def halted(self, pid: int, seconds: float = 30.0) -> bool:
        """Whether a process stops itself in time."""
        return await until(lambda: _state(pid) == "T", seconds)

    async def says(self, name: str, what: str, seconds: float) -> bool:
        """Whether a worker says so of itself in time, when asked whether it is ready."""
        end = time.monotonic() + seconds
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
            while time.monotonic() < end:
                with suppress(httpx.HTTPError):
                    if what in (await client.get(f"http://127.0.0.1:{self.ports[name]['metrics']}/ready")).text:
                        return True
                await asyncio.sleep(0.1)
        return False

    def struck(self, name: str, at: float | None = None) -> None:
        """Note that a worker's group has to recover from now on."""
        self.strikes.append(Strike(name.rsplit("-", 1)[0], at or time.time()))

    async def ready(self) -> None:
        """Return when every worker is; raises NotReady."""
        await all_ready(self.deployment.logs, {name: self.ports[name] for name in self.workers})


async def until(met: Callable[[], bool], seconds: float) -> bool:
    """Whether a condition is met in time."""
    end = time.monotonic() + seconds
    while not met():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.02)
    return True


@asynccontextmanager
async def world(plan: Plan, folder: Path) -> AsyncIterator[World]:
    """The hub of one series, ready; all of it ended afterwards."""
    async with AsyncExitStack() as stack:
        made = deployment.create(folder / "hub", SOURCES)
        made.logs.mkdir()
        proxy = await stack.enter_async_context(Proxy()) if plan.proxied else None
        disk = _disk(plan, folder, stack)
        brokers = await asyncio.to_thread(_brokers, plan, folder, proxy)
        env = made.environment(brokers[0].bootstrap if proxy is None else proxy.address) | _settings(plan, brokers)
        here = World(folder, made, brokers, env, None, proxy, disk)
        stack.callback(lambda: [broker.stop() for broker in here.brokers])
        if plan.postgres:
            here.database = stack.enter_context(postgres.serving(folder / "postgres" if disk else None))
            env["SENDHUB_DATABASE_URL"] = here.database.create()
        await create_topics(here, plan.missing)
        stack.push_async_callback(here.stop_all)
        for stage, instance in (*WORKERS, ("ticker", 1)):
            here.start(stage, instance)
        if not plan.missing:
            await here.ready()
        yield here


async def create_topics(here: World, missing: frozenset[str] = frozenset()) -> None:
    """Create what is not there yet, but for those that are to be missing."""
    wanted = [topic for topic in (*TOPICS, OUTPUT, STATE) if topic.name not in missing]
    await topics.create(here.direct, len(here.brokers), wanted)


def _disk(plan: Plan, folder: Path, stack: AsyncExitStack) -> Disk | None:
    if not plan.disk or not possible():
        return None
    folder.chmod(0o711)  # PostgreSQL runs as a user who has no rights here
    return stack.enter_context(mounted(folder / ("kafka/log" if plan.disk == "kafka" else "postgres")))


def _brokers(plan: Plan, folder: Path, proxy: Proxy | None) -> list[kafka.Kafka]:
    if plan.nodes > 1:
        return kafka.start_cluster(PROJECT, folder / "kafka", plan.nodes)
    broker = kafka.start(PROJECT, folder / "kafka", proxied=0 if proxy is None else proxy.port)
    if proxy is not None:
        proxy.target = broker.via
    return [broker]


def _settings(plan: Plan, brokers: list[kafka.Kafka]) -> Mapping[str, str]:
    found = {
        "SENDHUB_SESSION_TIMEOUT": str(SESSION_SECONDS),
        "SENDHUB_BATCH_RECORDS": "100",
        "SENDHUB_HEARTBEAT_SECONDS": "1",
    }
    if len(brokers) > 1:
        found["SENDHUB_KAFKA"] = ",".join(broker.bootstrap for broker in brokers)
    if plan.rough:
        found["FAULT_ROUGH"] = "1"
    return found


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return ""
