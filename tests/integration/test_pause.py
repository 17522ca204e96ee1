"""A stage and a connector are told to stop reading and to go on, while they run, on a real Kafka."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.embedded.system import System
from hub.platform.pausing import Pausing
from hub.platform.settings import Settings
from hub.runtime import pauses
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from schemas.topics import AUDIT
from tests.integration.conftest import COUNCIL
from tests.support.client import Client, client, event, person

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOOKS = 600
"""How often it is looked, ten times a second, for what has to come."""


@asynccontextmanager
async def paused(hub: System, name: str, why: str, then: str) -> AsyncIterator[None]:
    """Pauses it for the length of the block; whatever happens there, it goes on for the next test."""
    await told(hub, "pause", name, "--why", why)
    try:
        yield
    finally:
        await told(hub, "resume", name, "--why", then)


async def test_a_paused_stage_reads_nothing_and_goes_on_where_it_stopped(hub: System) -> None:
    async with client(hub) as council:
        async with paused(hub, "intake", "the trust sends nonsense", "they mended it"):
            await until(council, "intake", lambda words: "paused by engineer-4" in words)
            assert 'sendhub_stage_paused{stage="intake"} 1.0' in await council.metrics("intake")
            said = event("assessment.requested", "PAUSED-1", person("PAUSED-1"), data={"case_reference": "PAUSED-1"})
            assert (await council.tell(COUNCIL, said)).status_code == 202
            await asyncio.sleep(2)
            assert [each for each in await council.read("/children") if each["case_reference"] == "PAUSED-1"] == []
            await assert_shown(hub)
            anew = Pausing(hub.kafka, "intake", lambda paused: None).start()
            for _ in range(LOOKS):
                if "yet to hear" not in (anew.paused() or ""):
                    break
                await asyncio.sleep(0.1)
            assert anew.paused() is not None  # as a process that is started again
            assert set(await pauses.standing(Settings(kafka=hub.kafka))) == {"intake"}
        assert await council.child("PAUSED-1") is not None
        await until(council, "intake", lambda words: words == "")
        assert 'sendhub_stage_paused{stage="intake"} 0.0' in await council.metrics("intake")
    assert await audited(hub) == [("process.pause", "the trust sends nonsense"), ("process.resume", "they mended it")]


async def assert_shown(hub: System) -> None:
    """Status names the stage, who paused it and why, and what waits for it."""
    found = await status(hub)
    assert found["state"] == "degraded"
    mine = [item for item in found["items"] if item["name"] == "intake"]
    assert [item for item in mine if item["part"] == "process" and "the trust sends nonsense" in item["words"]]
    (behind,) = (item for item in mine if "lag_records" in item["figures"])
    assert behind["figures"]["lag_records"] >= 1


async def test_a_paused_webhook_asks_to_try_again(hub: System) -> None:
    async with client(hub) as council:
        async with paused(hub, "webhook", "one moment", "go on"):
            await until(council, "webhook", lambda words: "paused by engineer-4" in words)
            said = event("assessment.requested", "PAUSED-2", person("PAUSED-2"), data={"case_reference": "PAUSED-2"})
            refused = await council.tell(COUNCIL, said)
            assert (refused.status_code, refused.json()["error"]) == (503, "paused")
            assert refused.headers["retry-after"] == "30"
        await until(council, "webhook", lambda words: words == "")
        assert (await council.tell(COUNCIL, said)).status_code == 202


async def until(council: Client, process: str, well: Callable[[str], bool]) -> None:
    """Until what a process says of itself is so."""
    for _ in range(LOOKS):
        answer = await council.http.get(f"{council.hub.url(process, 'metrics')}/ready")
        if well(" ".join(answer.json()["problems"].values())):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(answer.text)


async def told(hub: System, *arguments: str) -> None:
    env = {**hub.deployment.environment(hub.kafka), "SENDHUB_ACTOR": "engineer-4"}
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=env)
    assert result.exit_code == 0, result.output


async def status(hub: System) -> dict[str, Any]:
    """What `sendhub status` says."""
    processes = {name: hub.url(name, "metrics").removeprefix("http://") for name in hub.ports}
    env = {**hub.deployment.environment(hub.kafka), "SENDHUB_PROCESSES": orjson.dumps(processes).decode()}
    result = await asyncio.to_thread(CliRunner().invoke, app, ["status", "--json"], env=env)
    found: dict[str, Any] = orjson.loads(result.stdout)
    assert result.exit_code == {"well": 0, "degraded": 1, "unknown": 2}[found["state"]]
    return found


async def audited(hub: System) -> list[tuple[str, str]]:
    """What stands on hub.audit about the intake stage."""
    found: list[tuple[str, str]] = []
    for _ in range(LOOKS):
        async with LogReader(Settings(kafka=hub.kafka), [Partition(AUDIT.name, 0)]) as log:
            entries = [orjson.loads(record.value) async for batch in log.read_on() for record in batch if record.value]
        found = [(entry["action"], entry["why"]) for entry in entries if entry.get("subjects") == ["intake"]]
        if len(found) == 2:
            break
        await asyncio.sleep(0.1)
    return found
