"""Dead letters in the running hub, by the commands that an operator has."""

import asyncio
import json
import os
import signal
import subprocess
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from hub.embedded.system import System
from hub.platform.keys import KeyDestroyed
from hub.platform.settings import Settings
from hub.runtime.letter_keys import LetterKeys
from hub.runtime.letters import read_contents, read_letters
from schemas.envelope import Envelope
from schemas.ids import keyed_digest
from schemas.topics import AUDIT, COUNCIL_EVENTS
from tests.integration.test_commands import sendhub
from tests.support.client import Client, client, event, person
from tests.support.sealed import seal
from tests.support.streams import read_all

pytestmark = pytest.mark.asyncio(loop_scope="session")

LATECOMER = "latecomer:825:2026"


async def deadletter(hub: System, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**hub.deployment.environment(hub.kafka), "SENDHUB_ACTOR": "ops-1", "COLUMNS": "200"}
    return await asyncio.to_thread(sendhub, "deadletter", *arguments, **env)


async def listed(hub: System, *filters: str) -> list[dict[str, Any]]:
    found = await deadletter(hub, "list", "--json", "--limit", "500", *filters)
    return [json.loads(line) for line in found.stdout.splitlines()]


async def put_raw(hub: System, source: str, body: bytes) -> None:
    """What a connector writes, of a source that the stages do not know yet."""
    envelope = Envelope(
        id=f"m-{source}-{len(body)}", source=source, type="sendhub.council.event", time=datetime.now(UTC)
    )
    key = keyed_digest(b"test", source, "LATE").encode()
    producer = AIOKafkaProducer(bootstrap_servers=hub.kafka)
    await producer.start()
    try:
        sealed = seal(COUNCIL_EVENTS.name, body, envelope.headers(), hub.deployment.folder / "ring")
        await producer.send_and_wait(COUNCIL_EVENTS.name, sealed, key, headers=list(envelope.headers()))
    finally:
        await producer.stop()


async def register(hub: System, source: str) -> None:
    """Add a source, and start the stages that must know of it again."""
    file = hub.deployment.folder / "sources.toml"
    file.write_text(
        f'{file.read_text()}\n[[sources]]\nid = "{source}"\nkind = "council"\narea = "825"\n'
        "creates_children = true\nlive_from = 2026-01-01\n"
    )
    stages = ("intake", "identity", "casework")
    before = {stage: hub.supervisor.pid(stage) for stage in stages}
    for pid in before.values():
        assert pid is not None
        os.kill(pid, signal.SIGTERM)
    for _ in range(600):
        if all(hub.supervisor.pid(stage) not in (None, before[stage]) for stage in stages):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the stages were not started again")


async def audited(hub: System, letter: str) -> list[tuple[str, str, str]]:
    await hub.pipeline.drained()
    found = [orjson.loads(record.value) for record in (await read_all(hub.kafka, [AUDIT.name]))[AUDIT.name]]
    return [(each["actor"], each["action"], each["why"]) for each in found if letter in each["subjects"]]


async def test_what_was_refused_is_mended_replayed_and_becomes_a_record(hub: System) -> None:
    requested = event("assessment.requested", "LATE-1", person("L1"), data={"case_reference": "LATE-1"})
    await put_raw(hub, LATECOMER, orjson.dumps(requested))
    await put_raw(hub, LATECOMER, b"never readable")
    async with client(hub) as reader:
        assert await reader.child("LATE-1") is None
        letters = await listed(hub, "--source", LATECOMER, "--stage", "intake", "--step", "handle")
        assert [letter["status"] for letter in letters] == ["open", "open"]
        await register(hub, LATECOMER)
        replayed = await deadletter(hub, "replay", "--source", LATECOMER, "--wait", "60", "--reason", "registered now")
        assert replayed.stdout == "replayed 2: 1 fixed, 1 came back (deadletter list shows them), 0 still waiting\n"
        assert replayed.returncode == 1
        child = await reader.child("LATE-1")
        assert child is not None
        again = await deadletter(hub, "replay", *[letter["id"] for letter in letters])
        assert again.stdout.startswith("replayed 0:")
        assert again.stdout.endswith("; 2 replayed or resolved before were passed\n")
        await hub.pipeline.drained()
        await what_came_back(hub, reader)
    assert (await audited(hub, letters[0]["id"]))[:1] == [("ops-1", "deadletter.replay", "registered now")]


async def what_came_back(hub: System, reader: Client) -> None:
    (back,) = await listed(hub, "--source", LATECOMER)
    assert (back["step"], back["status"]) == ("decode", "open")
    replayed = await listed(hub, "--status", "replayed")
    (first,) = [each for each in replayed if each["resolution"]["returns_as"] == back["id"]]
    assert f"is the replay of │ {first['id']}" in (await deadletter(hub, "show", back["id"])).stdout
    assert f"came back as   │ {back['id']}" in (await deadletter(hub, "show", first["id"])).stdout
    raw = await deadletter(hub, "show", "--raw", back["id"])
    assert "value: never readable" in raw.stdout
    assert "personal data" in raw.stderr
    assert (await audited(hub, back["id"]))[0][:2] == ("ops-1", "deadletter.show-raw")
    resolved = await deadletter(hub, "resolve", back["id"], "--reason", "sent by post")
    assert resolved.stdout == "resolved 1\n"
    await hub.pipeline.drained()
    assert await listed(hub, "--source", LATECOMER) == []
    assert "dropped here" in (await deadletter(hub, "show", "--raw", back["id"])).stdout
    shown = {each["id"]: each["status"] for each in await reader.read("/dead-letters", source=LATECOMER)}
    assert sorted(shown.values()) == ["replayed", "replayed", "resolved"]
    await once_more(hub, first["id"], back["id"])


async def once_more(hub: System, first: str, back: str) -> None:
    """The letters' keys are gone with what became of them; the record itself still stands on its own topic."""
    settings = Settings(kafka=hub.kafka, key_ring_file=hub.deployment.folder / "ring")
    keys = await LetterKeys.read(settings)
    assert [keys.destroyed(each) for each in (first, back)] == [[], []]
    letters = await read_letters(settings)
    async for letter, content in read_contents(settings, [letters[first], letters[back]]):
        assert b"readable" not in (content.value or b"")
        with pytest.raises(KeyDestroyed):
            keys.open(letter.meta.id, content.key_id or "", content.value or b"", settings.ring, 90)
    again = await deadletter(hub, "replay", first, "--again", "--wait", "60")
    assert again.stdout.startswith("replayed 1: 0 fixed, 1 came back"), again.stderr
    await hub.pipeline.drained()
    (anew,) = await listed(hub, "--source", LATECOMER)
    assert "value: never readable" in (await deadletter(hub, "show", "--raw", anew["id"])).stdout
    await deadletter(hub, "resolve", anew["id"], "--reason", "that was all")
