"""A child is adopted, through every process, on a real Kafka: two people decide, the dates go on, the old is gone."""

import asyncio
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.embedded.system import System
from hub.platform.settings import Settings
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from schemas.topics import ALERTS, AUDIT, CHILDREN, DEADLINES, FACTS, LINKS, REVIEW
from tests.integration.conftest import COUNCIL
from tests.integration.test_rebuild import sendhub as as_process
from tests.support.client import Client, client, event, person

pytestmark = pytest.mark.asyncio(loop_scope="session")

OLD_NAME, NEW_NAME = "Aurelianne", "Quillon"
"""Names found nowhere else."""
OLD_REFERENCE, NEW_REFERENCE = "ADOPT-OLD", "ADOPT-NEW"


def told_of_the_old() -> list[dict[str, Any]]:
    """A request and a body asked, under the old identity."""
    who = person("ADOPT-P1", OLD_NAME)
    asked = {"heading": "medical", "service": "camhs", "asked": {"role": "icb", "ods": "QU9"}}
    named = {"request": OLD_REFERENCE, "advice": "ADOPT-ADV"}
    return [
        event("assessment.requested", OLD_REFERENCE, who, data={"case_reference": OLD_REFERENCE}),
        event("advice.requested", "ADOPT-ADV", who, subject=named, data=asked),
    ]


async def sendhub(hub: System, actor: str, *arguments: str, status: int = 0) -> str:
    """What a command says that somebody runs."""
    env = {**hub.deployment.environment(hub.kafka), "SENDHUB_IDENTITY_URL": hub.url("desk"), "SENDHUB_ACTOR": actor}
    result = await asyncio.to_thread(CliRunner().invoke, app, ["identity", "adopt", *arguments], env=env)
    assert result.exit_code == status, result.output
    return str(result.stdout if status == 0 else result.stderr)


async def adopted(hub: System, old: str, new: str) -> None:
    """One proposes, and can't confirm; another does."""
    why = ("--why", "an adoption order was made")
    shown = await sendhub(hub, "officer-1", "show", old, "--purpose", "an adoption order", "--into", new)
    assert OLD_NAME in shown
    assert NEW_NAME in shown
    stamp = shown.rpartition("--stamp ")[2].split()[0]
    said = await sendhub(hub, "officer-1", "propose", old, "--into", new, "--stamp", stamp, *why)
    proposal = said.split()[2]
    again = await sendhub(hub, "officer-2", "show", old, "--purpose", "to confirm it")
    assert f"proposed by officer-1 ({proposal})" in again
    confirming = ("confirm", old, "--proposal", proposal, "--stamp", stamp, *why)
    alone = await asyncio.to_thread(
        CliRunner().invoke, app, ["identity", "adopt", *confirming], env=_env(hub, "officer-1")
    )
    assert (alone.exit_code, "can't confirm" in alone.stdout) == (1, True), alone.output
    assert "taken" in await sendhub(hub, "officer-2", *confirming)
    gone = await sendhub(hub, "officer-2", "show", old, "--purpose", "is it gone?", status=2)
    assert "there is no such child" in gone


def _env(hub: System, actor: str) -> dict[str, str]:
    return {**hub.deployment.environment(hub.kafka), "SENDHUB_IDENTITY_URL": hub.url("desk"), "SENDHUB_ACTOR": actor}


def dates(deadlines: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return sorted(tuple(str(each[name]) for name in ("clock", "starts_on", "due_on", "state")) for each in deadlines)


async def test_an_adoption(hub: System) -> None:
    async with client(hub) as council:
        for each in told_of_the_old():
            assert (await council.tell(COUNCIL, each)).status_code == 202
        before = await council.child(OLD_REFERENCE)
        assert before is not None
        old = str(before["child_id"])
        known = event("child.identified", "ADOPT-N1", person("ADOPT-P2", NEW_NAME, family="Newname"), subject={})
        assert (await council.tell(COUNCIL, known)).status_code == 202
        await hub.pipeline.drained()
        new = await child_with(hub, "ADOPT-N1")
        due = dates(await council.read(f"/children/{old}/deadlines"))
        assert due
        await adopted(hub, old, new)
        await hub.pipeline.drained()
        await assert_gone(council, old)
        assert dates(await council.read(f"/children/{new}/deadlines")) == due
        for each in told_of_the_old():
            assert (await council.tell(COUNCIL, each)).status_code == 202
        late = event("advice.received", "ADOPT-LATE", person("ADOPT-P1", OLD_NAME), on="2026-11-20")
        assert (await council.tell(COUNCIL, late)).status_code == 202
        await hub.pipeline.drained()
        await assert_gone(council, old)
        assert dates(await council.read(f"/children/{new}/deadlines")) == due
        asked = [each for each in await council.read("/reviews", state="open") if each["record"] == "ADOPT-LATE"]
        assert [(each["question"], each["child_id"]) for each in asked] == [("unmatched-input", None)]
    await assert_nothing_ties(hub, old, new)
    for options in ((), ("--from-raw",)):
        said = as_process(hub, "rebuild", *options)
        assert said.returncode == 0, said.stdout + said.stderr


async def child_with(hub: System, record: str) -> str:
    facts = [orjson.loads(value) for _, value in await values(hub, FACTS.name, FACTS.partitions) if value]
    (child,) = {fact["child_id"] for fact in facts if fact.get("record") == record}
    return str(child)


async def assert_gone(council: Client, old: str) -> None:
    """The old id is no longer known, and does not lead anywhere."""
    headers = {"Authorization": f"Bearer {council.hub.deployment.api_token}"}
    for path in (f"/children/{old}", f"/children/{old}/deadlines"):
        answer = await council.http.get(f"{council.hub.url('api')}{path}", headers=headers, follow_redirects=False)
        assert answer.status_code == 404, answer.text
    for path in ("/children", "/deadlines", "/alerts", "/reviews"):
        assert old not in orjson.dumps(await council.read(path)).decode()


async def assert_nothing_ties(hub: System, old: str, new: str) -> None:
    """No record of any topic right of identity, of hub.links or hub.audit names both; the compacted ones know the old
    child no more, and no name is anywhere."""
    last: dict[tuple[str, bytes], bytes | None] = {}
    of_old = [old, OLD_REFERENCE, "ADOPT-ADV", "ADOPT-P1"]
    for topic in (FACTS, LINKS, AUDIT, CHILDREN, DEADLINES, ALERTS, REVIEW):
        for key, value in await values(hub, topic.name, topic.partitions):
            said = key.decode() + (value or b"").decode()
            assert not (new in said and any(each in said for each in of_old)), said
            assert OLD_NAME not in said
            assert NEW_NAME not in said
            last[topic.name, key] = value
    for topic in (CHILDREN, DEADLINES):
        assert not [key for (name, key), value in last.items() if name == topic.name and value and old.encode() in key]
    assert last[ALERTS.name, old.encode()] is None


async def values(hub: System, topic: str, partitions: int) -> list[tuple[bytes, bytes | None]]:
    settings = Settings(kafka=hub.kafka)
    async with LogReader(settings, [Partition(topic, number) for number in range(partitions)]) as log:
        return [(record.key, record.value) async for batch in log.read_on() for record in batch]
