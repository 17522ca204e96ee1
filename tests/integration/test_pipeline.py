"""From a connector's real interface to the read API, through every process, on a real Kafka."""

import asyncio
import os
import signal

import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from hub.embedded.pipeline import NotDrained
from hub.embedded.system import System
from hub.runtime.programs import PARTS
from schemas.topics import OBSERVATIONS
from tests.integration.conftest import COUNCIL
from tests.support.client import client, event, person

pytestmark = pytest.mark.asyncio(loop_scope="session")

STAGES = ("intake", "identity", "casework", "projection")


async def test_an_event_becomes_a_record_with_its_clocks(hub: System) -> None:
    async with client(hub) as council:
        requested = event("assessment.requested", "PIPE-1", person("P1"), data={"case_reference": "PIPE-1"})
        assert (await council.tell(COUNCIL, requested)).status_code == 202
        child = await council.child("PIPE-1")
        assert child is not None
        assert (child["area"], child["open"]) == ("825", True)
        deadlines = {each["clock"]: each for each in await council.read(f"/children/{child['child_id']}/deadlines")}
        assert deadlines["assessment-decision-6w"]["due_on"] == "2026-12-14"
        assert deadlines["final-plan-20w"]["due_on"] == "2027-03-22"


async def test_a_repeat_changes_nothing_and_other_content_is_refused(hub: System) -> None:
    async with client(hub) as council:
        first = event("assessment.requested", "PIPE-2", person("P2"), data={"case_reference": "PIPE-2"})
        assert (await council.tell(COUNCIL, first)).status_code == 202
        before = await council.child("PIPE-2")
        assert (await council.tell(COUNCIL, first)).json()["already_known"] == 1
        other = await council.tell(COUNCIL, {**first, "effective_on": "2026-11-03"})
        assert other.status_code == 409
        assert "effective_on" in other.text
        assert await council.child("PIPE-2") == before


async def test_a_correction_moves_the_dates(hub: System) -> None:
    async with client(hub) as council:
        data = {"case_reference": "PIPE-3"}
        await council.tell(COUNCIL, event("assessment.requested", "PIPE-3", person("P3"), data=data))
        await council.tell(
            COUNCIL, event("assessment.requested", "PIPE-3", person("P3"), on="2026-10-26", version=2, data=data)
        )
        child = await council.child("PIPE-3")
        assert child is not None
        assert child["received_on"] == "2026-10-26"


async def test_two_people_under_one_id_are_a_question_and_never_one_child(hub: System) -> None:
    async with client(hub) as council:
        await council.tell(
            COUNCIL, event("assessment.requested", "PIPE-4", person("P4"), data={"case_reference": "PIPE-4"})
        )
        await hub.pipeline.drained()  # the one who comes first has the id, and each request a partition of its own
        twin = event("assessment.requested", "PIPE-5", person("P4", given="Bea"), data={"case_reference": "PIPE-5"})
        assert (await council.tell(COUNCIL, twin)).status_code == 202
        assert await council.child("PIPE-5") is None
        first = await council.child("PIPE-4")
        assert first is not None
        reviews = [each for each in await council.read("/reviews") if each["child_id"] == first["child_id"]]
        assert [each["question"] for each in reviews] == ["conflict"]
        assert "Bea" not in str(reviews)


async def test_nothing_is_lost_while_every_stage_is_killed_in_turn(hub: System) -> None:
    cases = 120
    async with client(hub) as council:

        async def send() -> None:
            for number in range(cases):
                record = f"KILL-{number}"
                who = person(f"K{number}", birth_date=f"2015-0{1 + number % 9}-11")
                events = [
                    event("assessment.requested", record, who, data={"case_reference": record}),
                    event("assessment.decided", record, who, on="2026-11-20", data={"outcome": "assess"}),
                ]
                assert (await council.tell(COUNCIL, events)).status_code == 202

        sending = asyncio.create_task(send())
        for stage in STAGES:
            await asyncio.sleep(0.5)
            pid = hub.supervisor.pid(stage)
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        await sending
        await hub.pipeline.drained(120)
        children = [each for each in await council.read("/children") if str(each["case_reference"]).startswith("KILL-")]
        assert len(children) == cases
        assert {case["decided"] for child in children for case in child["cases"]} == {"assess"}
        decisions = await council.read("/deadlines", clock="assessment-decision-6w", state="met")
        assert len([each for each in decisions if str(each["case_reference"]).startswith("KILL-")]) == cases
        assert all(hub.supervisor.restarts.get(stage, 0) >= 1 for stage in STAGES)


async def test_every_process_tells_prometheus_of_itself(hub: System) -> None:
    async with client(hub) as reader:
        texts = {part.name: await reader.metrics(part.name) for part in PARTS}
    families = {name: {family.name for family in text_string_to_metric_families(text)} for name, text in texts.items()}
    assert "sendhub_connector_messages_accepted" in families["webhook"]
    for stage in STAGES:
        assert {"sendhub_stage_messages_in", "sendhub_stage_lag_records"} <= families[stage]
    assert "sendhub_deadlines" in families["exporter"]
    for text in texts.values():
        assert "PIPE-" not in text
        assert "Example" not in text


async def test_what_a_stage_has_written_and_not_committed_yet_is_waited_for(hub: System) -> None:
    """Its offsets are seen a moment before its outputs are: in between, nothing would seem to be left."""
    await hub.pipeline.drained()
    producer = AIOKafkaProducer(bootstrap_servers=hub.kafka, transactional_id="under-way")
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_and_wait(OBSERVATIONS.name, b"never committed", b"0" * 24, partition=0)
        with pytest.raises(NotDrained, match="identity"):
            await hub.pipeline.drained(3)
        await producer.abort_transaction()
    finally:
        await producer.stop()
    await hub.pipeline.drained()
