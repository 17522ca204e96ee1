"""A person finds two records of one child, merges them and takes it back, through every process, on a real Kafka."""

import asyncio
from typing import Any

import httpx
import orjson
import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.embedded.deployment import REVIEWER
from hub.embedded.system import System
from hub.platform.settings import Settings
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from schemas.topics import ALERTS, AUDIT, FACTS, LINKS, REVIEW
from tests.integration.conftest import COUNCIL
from tests.support.client import Client, client, event, person

pytestmark = pytest.mark.asyncio(loop_scope="session")

GIVEN = "Zephyrine"
"""A name found nowhere else."""


class Officer:
    """A reviewer at the API."""

    def __init__(self, hub: System, http: httpx.AsyncClient) -> None:
        self._hub = hub
        self._http = http
        self._headers = {"Authorization": f"Bearer {hub.deployment.reviewer_token}"}

    async def get(self, path: str) -> httpx.Response:
        return await self._http.get(f"{self._hub.url('api')}{path}", headers=self._headers)

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._http.post(f"{self._hub.url('api')}{path}", json=body, headers=self._headers)
        assert answer.status_code in (200, 202), answer.text
        assert answer.headers["cache-control"] == "no-store"
        found: dict[str, Any] = answer.json()
        return found

    async def decide(self, id_: str, **decision: Any) -> None:
        body = {"id": id_, "why": "the family confirmed it", **decision}
        for _ in range(2):
            await self.post("/decisions", body)
        await self._hub.pipeline.drained()
        assert (await self.get(f"/decisions/{id_}")).json()["outcome"] == "taken"


async def two_records(council: Client, name: str) -> tuple[str, str]:
    """One child whom the council knows twice."""
    for number in (1, 2):
        said = person(f"{name}-{number}", GIVEN)
        record = f"{name}-{number}"
        told = event("assessment.requested", record, said, data={"case_reference": record})
        assert (await council.tell(COUNCIL, told)).status_code == 202
    found = [await council.child(f"{name}-{number}") for number in (1, 2)]
    assert None not in found
    first, second = (str(each["child_id"]) for each in found if each is not None)
    assert first != second
    return first, second


async def test_a_merge_and_its_undoing(hub: System) -> None:
    async with client(hub) as council:
        officer = Officer(hub, council.http)
        first, second = await two_records(council, "MERGE")
        before = [(await officer.get(f"/children/{child}")).content for child in (first, second)]
        due = await council.read(f"/children/{second}/deadlines")
        shown = await officer.post("/comparisons", {"children": [first, second], "purpose": "a second record"})
        assert all(column["values"]["given"] == [GIVEN] for column in shown["columns"])
        act = next(act for act in shown["acts"] if act["kind"] == "child.merged" and act["loses"] == second)
        assert sorted(act["deadlines"]) == sorted(each["id"] for each in due)
        decided = {name: act[name] for name in ("kind", "child_id", "data")}
        await officer.decide("it-merge", **decided, evidence=[shown["look"]])

        moved = await officer.get(f"/children/{second}")
        assert (moved.status_code, moved.headers["location"]) == (308, f"/children/{first}")
        merged = (await officer.get(f"/children/{first}")).json()
        assert len(merged["cases"][0]["requests"]) == 2
        named = await officer.post(f"/children/{second}/identify", {"purpose": "the old id stood in a letter"})
        assert (named["child_id"], named["given"]) == (first, GIVEN)

        undone = {"kind": "decision.undone", "data": {"decision": "it-merge"}, "evidence": [shown["look"]]}
        await officer.decide("it-undo", **undone)
        assert [(await officer.get(f"/children/{child}")).content for child in (first, second)] == before
        assert await council.read(f"/children/{second}/deadlines") == due
    await assert_told(hub, shown["look"], first, second)


async def assert_told(hub: System, look: str, first: str, second: str) -> None:
    """Who looked and decided is on record; no name is right of identity; sent twice, it was one decision."""
    settings = Settings(kafka=hub.kafka)
    audits = [orjson.loads(value) for value in await values(settings, AUDIT.name, AUDIT.partitions)]
    ours = [entry for entry in audits if entry["actor"] == REVIEWER and {first, second} & set(entry["subjects"])]
    assert {entry["action"] for entry in ours} == {"child.read", "identity.look", "identity.decide"}
    mine = [entry for entry in ours if entry["action"] != "child.read"]
    assert [entry["action"] for entry in mine] == ["identity.look", "identity.decide", "identity.look"]
    assert mine[0]["id"] == look
    assert mine[1]["evidence"] == [look]
    links = [orjson.loads(value) for value in await values(settings, LINKS.name, LINKS.partitions)]
    decided = [each["decided_by"] for each in links if each["decided_by"] in ("it-merge", "it-undo")]
    assert decided == ["it-merge", "it-undo"]
    for topic in (AUDIT, LINKS, FACTS, REVIEW, ALERTS):
        assert not [value for value in await values(settings, topic.name, topic.partitions) if GIVEN.encode() in value]


async def values(settings: Settings, topic: str, partitions: int) -> list[bytes]:
    async with LogReader(settings, [Partition(topic, number) for number in range(partitions)]) as log:
        return [record.value async for batch in log.read_on() for record in batch if record.value is not None]


async def test_the_command_lists_shows_decides_and_undoes(hub: System) -> None:
    async with client(hub) as council:
        told = event("assessment.requested", "CMD-1", person("CMD-1", GIVEN), data={"case_reference": "CMD-1"})
        twin = event("assessment.requested", "CMD-2", person("CMD-1", "Bea"), data={"case_reference": "CMD-2"})
        for each in (told, twin):
            assert (await council.tell(COUNCIL, each)).status_code == 202
            await hub.pipeline.drained()  # the one who comes first has the id, and each request a partition of its own
        first = await council.child("CMD-1")
        assert first is not None
        listed = await sendhub(hub, "review", "list", "--question", "conflict", "--json")
        tasks = [orjson.loads(line) for line in listed.splitlines()]
        (task,) = [each["id"] for each in tasks if each["child_id"] == first["child_id"]]
        assert GIVEN not in listed
        shown = orjson.loads(await sendhub(hub, "review", "show", task, "--purpose", "two under one id", "--json"))
        (act,) = [each for each in shown["acts"] if each["kind"] == "held.separated"]
        decided = await sendhub(hub, "review", "decide", task, "--act", act["stamp"], "--why", "they are twins")
        assert "taken" in decided
        second = await council.child("CMD-2")
        assert second is not None
        assert second["child_id"] != first["child_id"]
        decision = decided.split()[2]
        assert "taken" in await sendhub(hub, "review", "undo", decision, "--why", "one child after all")
        assert await council.child("CMD-2") is None
        stale = await sendhub(hub, "review", "decide", task, "--act", act["stamp"], "--why", "they are twins", status=2)
        assert "changed since" in stale


async def test_what_casework_asks_is_answered_and_taken_back(hub: System) -> None:
    """Which advice came in? Through command, identity, casework and projection."""
    async with client(hub) as council:
        said, asked = person("ANSWER", GIVEN), {"role": "icb", "ods": "QU9"}
        told = [event("assessment.requested", "ANSWER", said, data={"case_reference": "ANSWER"})]
        for advice, service in (("ANSWER-1", "audiology"), ("ANSWER-2", "nursing")):
            data = {"heading": "medical", "service": service, "asked": asked}
            subject = {"request": "ANSWER", "advice": advice}
            told.append(event("advice.requested", advice, said, on="2026-11-03", subject=subject, data=data))
        received = {"heading": "medical", "usable": True}
        told.append(event("advice.received", "ANSWER-IN", said, on="2026-11-10", subject={}, data=received))
        for each in told:
            assert (await council.tell(COUNCIL, each)).status_code == 202
        child = await council.child("ANSWER")
        assert states(child) == ["sent", "sent"]
        (task,) = await asked_of(council, child)
        assert (task["question"], task["state"], len(task["candidates"])) == ("which-case", "open", 2)
        shown = orjson.loads(await sendhub(hub, "review", "show", task["id"], "--purpose", "whose is it", "--json"))
        assert GIVEN not in str(shown)
        act = next(act for act in shown["acts"] if act["words"].endswith("/ANSWER-2"))
        decided = await sendhub(hub, "review", "decide", task["id"], "--act", act["stamp"], "--why", "the letter says")
        assert "taken" in decided
        assert states(await council.child("ANSWER")) == ["sent", "received"]
        assert [each["state"] for each in await asked_of(council, child)] == ["resolved"]
        assert "taken" in await sendhub(hub, "review", "undo", decided.split()[2], "--why", "another letter")
        assert await council.child("ANSWER") == child
        assert [each["state"] for each in await asked_of(council, child)] == ["open"]


async def asked_of(council: Client, child: dict[str, Any] | None) -> list[dict[str, Any]]:
    """What casework asks about a child."""
    assert child is not None
    return [each for each in await council.read("/reviews") if each["child_id"] == child["child_id"]]


def states(child: dict[str, Any] | None) -> list[str]:
    """Of each advice that was asked for, in the order of its id."""
    assert child is not None
    return [advice["state"] for advice in child["cases"][0]["advice"]]


async def sendhub(hub: System, *arguments: str, status: int = 0) -> str:
    """What a command says, run with the deployment's settings."""
    env = {
        **hub.deployment.environment(hub.kafka),
        "SENDHUB_IDENTITY_URL": hub.url("desk"),
        "SENDHUB_ACTOR": "officer-9",
    }
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=env)
    assert result.exit_code == status, result.output
    return str(result.stdout if status == 0 else result.stderr)
