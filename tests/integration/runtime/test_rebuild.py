"""What casework holds and said last is what the facts give, and `sendhub rebuild` sees every byte that is not."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from hub.embedded.kafka import Kafka
from hub.platform.settings import Settings
from hub.runtime.errors import StateDamaged
from hub.runtime.rebuild_links import rebuild_links
from hub.runtime.rebuild_raw import rebuild_raw
from hub.runtime.shadow import Shadow
from hub.stages.errors import Unavailable
from hub.stages.stage import Output, Record
from schemas.topics import (
    ALERTS,
    CASEWORK_STATE,
    CHILDREN,
    COUNCIL_EVENTS,
    DEADLETTER,
    DEADLINES,
    FACTS,
    IDENTITY_STATE,
    LINKS,
    REVIEW,
    TOPICS,
)
from tests.support.processes import running
from tests.support.recovery import (
    await_worked_off,
    facts_of,
    held,
    make_anew,
    reach,
    repeated,
    sendhub,
    tell,
    write,
)
from tests.support.sealed import seal
from tests.unit.intake.test_council import event
from tests.unit.intake.test_stage import record as raw_message

OUTPUTS = (CHILDREN.name, DEADLINES.name, ALERTS.name, REVIEW.name)
LATE = date(2026, 11, 10)


@contextmanager
def casework(env: dict[str, str], log: Path, *fault: str) -> Iterator[subprocess.Popen[bytes]]:
    with running("tests.support.casework_worker", *fault, env=env, log=log) as process:
        yield process


@pytest.fixture
def worked(own_broker: Kafka, deployed: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Facts of forty children, a poison record and two days, worked off; casework is stopped again."""
    kafka = own_broker.bootstrap
    make_anew(kafka, *TOPICS)
    tell(kafka, facts_of(range(40)))
    poison = [(FACTS.name, b"chd-001", b"not a fact", None, [])]
    asyncio.run(write(kafka, poison))
    reach(kafka, date(2026, 10, 1))
    tell(kafka, facts_of(range(40, 50)))
    reach(kafka, date(2026, 10, 20))
    with casework(deployed, tmp_path / "first.log") as process:
        await_worked_off(Settings(), "casework")
        process.terminate()
        assert process.wait(30) == 0
    return deployed


def test_a_running_stage_is_what_its_facts_give_and_nothing_is_said(
    own_broker: Kafka, worked: dict[str, str], tmp_path: Path
) -> None:
    before = held(own_broker.bootstrap, OUTPUTS)
    with casework(worked, tmp_path / "again.log"):
        await_worked_off(Settings(), "casework")
        said = sendhub("rebuild")
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.splitlines()[-1] == "rebuild: children=50 differ=0"
    assert {name: len(records) for name, records in held(own_broker.bootstrap, OUTPUTS).items()} == {
        name: len(records) for name, records in before.items()
    }


def test_each_byte_that_differs_is_named_by_its_child(own_broker: Kafka, worked: dict[str, str]) -> None:
    kafka = own_broker.bootstrap
    records = held(kafka, [CASEWORK_STATE.name])[CASEWORK_STATE.name]
    state = {record.key: record for record in records}
    ends = {record.partition: list(record.headers) for record in records}
    other, gone = state[b"chd-003"], state[b"chd-007"]
    children = {record.key: record for record in held(kafka, [CHILDREN.name])[CHILDREN.name]}
    wrong = children[b"chd-011"]
    asyncio.run(
        write(
            kafka,
            [
                (other.topic, other.key, other.value + b" ", other.partition, ends[other.partition]),
                (gone.topic, gone.key, None, gone.partition, ends[gone.partition]),
                (wrong.topic, wrong.key, wrong.value + b" ", wrong.partition, []),
                (DEADLINES.name, b"chd-012|of-nothing", b"{}", None, []),
            ],
        )
    )
    said = sendhub("rebuild")
    assert said.returncode == 1, said.stdout + said.stderr
    named = {line.strip() for line in said.stdout.splitlines() if line.startswith("  ")}
    assert named == {
        "chd-003: differs",
        "chd-007: missing",
        "chd-011: differs",
        "chd-012|of-nothing: should not be there",
    }
    assert said.stdout.splitlines()[-1] == "rebuild: children=49 differ=4"


def test_a_damaged_changelog_stops_the_start_and_is_restored_from_the_facts(
    own_broker: Kafka, worked: dict[str, str], tmp_path: Path
) -> None:
    kafka = own_broker.bootstrap
    partition, offset = damage(kafka)
    log = tmp_path / "refused.log"
    with casework(worked, log) as process:
        assert process.wait(60) == 70
    assert (
        f"{CASEWORK_STATE.name}/{partition} holds a damaged record at offset {offset}: its header source_offset is "
        "missing or no number. Stop casework and run `sendhub state rebuild casework`."
    ) in log.read_text()
    restored = sendhub("state", "rebuild", "casework")
    assert restored.returncode == 0, restored.stdout + restored.stderr
    with casework(worked, tmp_path / "again.log"):
        tell(kafka, facts_of(range(45, 55)))
        reach(kafka, LATE)
        await_worked_off(Settings(), "casework")
        refused = sendhub("state", "rebuild", "casework")
    assert (refused.returncode, "casework runs: group" in refused.stderr) == (2, True), refused.stderr
    assert sendhub("rebuild").stdout.splitlines()[-1] == "rebuild: children=55 differ=0"
    assert not any(map(repeated, held(kafka, OUTPUTS).values()))


def damage(kafka: str) -> tuple[int, int]:
    """A record without header and one under a key that is no text, in one partition; where the first of them stands."""
    state = held(kafka, [CASEWORK_STATE.name])[CASEWORK_STATE.name]
    last = next(record for record in reversed(state) if record.key == b"chd-003")
    headers = list(last.headers)
    harm = [(last.key, last.value, []), (b"\xff\xfe", last.value, headers)]
    asyncio.run(write(kafka, [(last.topic, key, value, last.partition, own) for key, value, own in harm]))
    state = held(kafka, [CASEWORK_STATE.name])[CASEWORK_STATE.name]
    return last.partition, next(record.offset for record in state if not record.headers)


def test_a_stage_that_died_within_a_day_is_restored_to_where_it_stood(
    own_broker: Kafka, worked: dict[str, str], tmp_path: Path
) -> None:
    kafka = own_broker.bootstrap
    reach(kafka, LATE)
    with casework(worked, tmp_path / "killed.log", "commit", "kill", "4") as process:
        assert process.wait(60) == -9
    assert sendhub("rebuild").stdout.splitlines()[-1] == "rebuild: children=50 differ=0"
    make_anew(kafka, CASEWORK_STATE)
    restored = sendhub("state", "rebuild", "casework")
    assert restored.returncode == 0, restored.stderr
    assert sendhub("rebuild").stdout.splitlines()[-1] == "rebuild: children=50 differ=0"
    with casework(worked, tmp_path / "again.log"):
        await_worked_off(Settings(), "casework")
    assert sendhub("rebuild").stdout.splitlines()[-1] == "rebuild: children=50 differ=0"
    assert not any(map(repeated, held(kafka, OUTPUTS).values()))


def test_what_does_not_come_from_its_source_is_not_restored_from_it(deployed: dict[str, str]) -> None:
    refused = sendhub("state", "rebuild", "identity")
    assert refused.returncode == 2
    assert "sendhub identity restore FILE" in refused.stderr


def test_raw_messages_that_no_stage_has_reached_are_no_differences(
    own_broker: Kafka, deployed: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = own_broker.bootstrap
    make_anew(kafka, *TOPICS)
    # What the groups of other tests committed was about other topics of these names.
    monkeypatch.setenv("SENDHUB_GROUP_PREFIX", f"raw-{uuid4().hex[:8]}")
    message = raw_message(event())
    asyncio.run(write(kafka, [(message.topic, b"k", sealed(message), 0, list(message.headers))]))
    unread = sendhub("rebuild", "--from-raw")
    assert (unread.returncode, unread.stdout.splitlines()[-1]) == (0, "rebuild: facts=0 differ=0"), unread.stderr
    with running("hub.cli", "stage", "intake", env={}, log=tmp_path / "intake.log"):
        await_worked_off(Settings(), "intake", COUNCIL_EVENTS)
    with pytest.raises(Unavailable, match=r"identity stands at 0 of hub\.observations/0 and has to reach \d+"):
        asyncio.run(rebuild_raw(Settings(), patience=0))
    with running("hub.cli", "stage", "identity", env={}, log=tmp_path / "identity.log"):
        caught_up = sendhub("rebuild", "--from-raw")
    assert (caught_up.returncode, caught_up.stdout.splitlines()[-1]) == (0, "rebuild: facts=1 differ=0")


def test_a_raw_message_that_was_given_up_has_no_facts_also_when_it_could_be_read_today(
    own_broker: Kafka, deployed: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka, source = own_broker.bootstrap, "one-education:826:2026"
    make_anew(kafka, *TOPICS)
    monkeypatch.setenv("SENDHUB_GROUP_PREFIX", f"raw-{uuid4().hex[:8]}")
    messages = [raw_message(event(record=f"ADV-{turn}"), id=f"m-{turn}", source=source) for turn in range(2)]
    sources = Path(deployed["SENDHUB_SOURCES_FILE"])
    for message in messages:
        asyncio.run(write(kafka, [(message.topic, b"k", sealed(message), 0, list(message.headers))]))
        with running("hub.cli", "stage", "intake", env={}, log=tmp_path / "intake.log"):
            await_worked_off(Settings(), "intake", COUNCIL_EVENTS)
        # Nobody knew the source when the first one came.
        sources.write_text(sources.read_text().replace("one-education:825:2022", source))
    with running("hub.cli", "stage", "identity", env={}, log=tmp_path / "identity.log"):
        found = sendhub("rebuild", "--from-raw")
    assert len(held(kafka, [DEADLETTER.name])[DEADLETTER.name]) == 1
    assert (found.returncode, found.stdout.splitlines()[-1]) == (0, "rebuild: facts=1 differ=0")


def sealed(message: Record) -> bytes:
    """The message's value as a connector writes it."""
    return seal(message.topic, message.value or b"", message.headers)


def test_a_link_whose_state_can_not_be_read_is_a_difference(own_broker: Kafka, deployed: dict[str, str]) -> None:
    kafka = own_broker.bootstrap
    make_anew(kafka, *TOPICS)
    harm = {b"link:a": b"{}", b"link:b": b"[]", b"link:c": b"{", b"link:d": b'{"seq":"1","child":null}'}
    headers = [("source_offset", b"1")]
    asyncio.run(write(kafka, [(IDENTITY_STATE.name, key, value, 0, headers) for key, value in harm.items()]))
    compared = asyncio.run(rebuild_links(Settings()))
    assert [each.key for each in compared.differences] == ["a", "b", "c", "d"]
    assert {each.what for each in compared.differences} == {
        "hub.identity.state can't be read, hub.links has decision 0"
    }
    asyncio.run(write(kafka, [(LINKS.name, b"a", b'{"secret":1}', 0, [])]))
    with pytest.raises(StateDamaged, match=r"hub\.links/0 holds a damaged record at offset 0: it is no decision"):
        asyncio.run(rebuild_links(Settings()))


async def say_to_a_shadow(*values: bytes) -> None:
    async with Shadow(Settings(), uuid4().hex[:8], [CHILDREN], keep=False) as shadow:
        for value in values:
            await shadow.write(Output(CHILDREN.name, b"chd-1", value))


async def test_a_shadow_that_kafka_did_not_take_is_no_rebuild(own_broker: Kafka, deployed: dict[str, str]) -> None:
    await say_to_a_shadow(b"{}")
    with pytest.raises(Unavailable, match="did not take 1 record"):
        await say_to_a_shadow(b"{}", b"x" * 2 * CHILDREN.max_message_bytes)
