"""Messages in the running hub, followed and replayed by the commands that an engineer has."""

import asyncio
import json
import subprocess
from typing import Any

import orjson
import pytest

from hub.embedded.system import System
from schemas.topics import AUDIT
from schemas.trail import message_key
from tests.integration.test_commands import sendhub
from tests.support.client import client, event, person
from tests.support.streams import read_all

pytestmark = pytest.mark.asyncio(loop_scope="session")

COUNCIL = "one-education:825:2022"


async def run(hub: System, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**hub.deployment.environment(hub.kafka), "SENDHUB_ACTOR": "ops-1", "COLUMNS": "200"}
    return await asyncio.to_thread(sendhub, *arguments, **env)


async def show(hub: System, key: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((await run(hub, "messages", "show", key, "--json")).stdout)
    return found


async def test_a_message_is_followed_replayed_and_changes_nothing(hub: System) -> None:
    async with client(hub) as sender:
        await sender.tell(
            COUNCIL, event("assessment.requested", "FOLLOW-1", person("F1"), data={"case_reference": "FOLLOW-1"})
        )
        await hub.pipeline.drained()
        child = await sender.child("FOLLOW-1")
        assert child is not None
        listed = await run(hub, "messages", "list", "--child", child["child_id"], "--json")
        (receipt,) = map(json.loads, listed.stdout.splitlines())
        key = receipt["message"]
        assert key == message_key(receipt["source"], receipt["message_id"])
        before = await show(hub, key)
        assert [step["outcome"] for step in before["steps"]] == ["read", "taken"]
        replayed = await run(hub, "replay", key, "--reason", "to see that it changes nothing", "--wait", "60")
        assert replayed.stdout == "1 read again, 0 given up (deadletter list shows them)\n", replayed.stderr
        assert replayed.returncode == 0
        await hub.pipeline.drained()
        after = await show(hub, key)
        assert [step["outcome"] for step in after["steps"]] == ["read", "taken", "repeat"]
        assert after["steps"][0]["offset"] > before["steps"][0]["offset"]
        assert await sender.child("FOLLOW-1") == child
    said = [orjson.loads(record.value) for record in (await read_all(hub.kafka, [AUDIT.name]))[AUDIT.name]]
    (entry,) = [each for each in said if key in each["subjects"]]
    assert (entry["actor"], entry["action"], entry["why"]) == (
        "ops-1", "message.replay", "to see that it changes nothing",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["replay"], "nothing says which"),
        (["replay", "no-such-message", "--reason", "why"], "1 of these ids are no messages"),
        (["replay", "--source", COUNCIL], "--reason says why"),
        (["replay", "--since", "2026-11-02", "--until", "2026-11-01", "--reason", "why"], "--until lies before"),
        (["replay", "--until", "soon", "--reason", "why"], "--until takes a day"),
    ],
)
async def test_what_cannot_be_replayed_is_said(hub: System, arguments: list[str], said: str) -> None:
    refused = await run(hub, *arguments)
    assert refused.returncode != 0
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
