"""The whole hub on this machine: a deployment's processes on a broker, supervised, until the block ends."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from hub.embedded.deployment import Deployment
from hub.embedded.pipeline import AUDITED, FLOW, Pipeline
from hub.embedded.ports import LOOPBACK
from hub.runtime import topics
from hub.runtime.programs import PickPort, programs
from hub.runtime.supervisor import Supervisor

READY_SECONDS = 60.0


class NotReady(Exception):
    """A process did not become ready; the message says which, what it said of itself, and where its log is."""


@dataclass(frozen=True)
class System:
    """A running hub. `ports` by process: {"webhook": {"port": …, "metrics": …}, …}."""

    deployment: Deployment
    kafka: str
    ports: Mapping[str, Mapping[str, int]]
    supervisor: Supervisor
    pipeline: Pipeline

    def url(self, process: str, kind: str = "port") -> str:
        """Where a process is served."""
        return f"http://{LOOPBACK}:{self.ports[process][kind]}"


@asynccontextmanager
async def running(deployment: Deployment, kafka: str, pick: PickPort) -> AsyncIterator[System]:
    """Create the topics, start every process, wait until all are ready; end them all at the end of the block."""
    await topics.create(kafka, 1)
    made, ports = programs(deployment.logs, deployment.environment(kafka), pick)
    supervisor, stopping = Supervisor(made), asyncio.Event()
    task = asyncio.create_task(supervisor.run(stopping))
    try:
        await all_ready(deployment.logs, ports)
        async with Pipeline(kafka, flow=(*FLOW, *AUDITED)) as pipeline:
            yield System(deployment, kafka, ports, supervisor, pipeline)
    finally:
        stopping.set()
        await task


async def all_ready(logs: Path, ports: Mapping[str, Mapping[str, int]]) -> None:
    """Return once every process says at its `metrics` port that it is ready; raises NotReady."""
    waiting = dict.fromkeys(ports, "no answer yet")
    end = time.monotonic() + READY_SECONDS
    async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
        while waiting:
            for name in list(waiting):
                try:
                    answer = await client.get(f"http://{LOOPBACK}:{ports[name]['metrics']}/ready")
                except httpx.HTTPError:
                    continue
                if answer.status_code == httpx.codes.OK:
                    del waiting[name]
                else:
                    waiting[name] = answer.text
            if waiting and time.monotonic() > end:
                name, said = next(iter(waiting.items()))
                raise NotReady(f"{name} did not become ready ({said}); its log is {logs / name}.log")
            await asyncio.sleep(0.1)
