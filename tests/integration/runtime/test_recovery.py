"""Identity's backup put back: everything downstream comes out as if nothing had been lost."""

import asyncio
from pathlib import Path

import pytest

from hub.embedded.kafka import Kafka
from hub.platform.settings import Settings
from schemas.statements import Observation
from schemas.topics import CHILDREN, IDENTITY_STATE, OBSERVATIONS, TOPICS
from tests.support.processes import running
from tests.support.recovery import await_worked_off, held, make_anew, sendhub, write
from tests.support.sealed import identity_state, seal
from tests.unit.identity.people import COUNCIL, amy, observation


def observe(kafka: str, said: list[Observation]) -> None:
    entries = [
        (
            OBSERVATIONS.name,
            b"population",
            seal(OBSERVATIONS.name, one.model_dump_json(exclude_none=True).encode(), headers),
            0,
            list(headers),
        )
        for one in said
        for headers in [(("id", one.record.encode()), ("causes", b"m"))]
    ]
    asyncio.run(write(kafka, entries))


def people(numbers: range) -> list[Observation]:
    return [
        observation(COUNCIL, amy(id=f"P{n}", nhs_number=None, upn=None, given=f"Given{n}"), f"R{n}") for n in numbers
    ]


def last(kafka: str, topic: str) -> dict[bytes, bytes]:
    return {record.key: record.value for record in held(kafka, [topic])[topic]}


def kept(kafka: str) -> dict[str, bytes]:
    """Identity's state, in the clear."""
    return identity_state(held(kafka, [IDENTITY_STATE.name])[IDENTITY_STATE.name], Settings())


@pytest.fixture
def fresh(own_broker: Kafka, deployed: dict[str, str]) -> dict[str, str]:
    make_anew(own_broker.bootstrap, *TOPICS)
    return deployed


def test_a_restored_identity_goes_on_from_its_backup_and_children_come_out_the_same(
    own_broker: Kafka, fresh: dict[str, str], tmp_path: Path
) -> None:
    kafka, settings, file = own_broker.bootstrap, Settings(), tmp_path / "identity.backup"
    observe(kafka, people(range(20)))
    with (
        running("hub.cli", "stage", "identity", env=fresh, log=tmp_path / "identity.log"),
        running("hub.cli", "stage", "casework", env=fresh, log=tmp_path / "casework.log"),
    ):
        await_worked_off(settings, "identity", OBSERVATIONS)
        taken = sendhub("identity", "backup", str(file))
        assert taken.returncode == 0, taken.stderr
        assert "goes on from observation 20" in taken.stdout
        observe(kafka, people(range(20, 35)))
        await_worked_off(settings, "identity", OBSERVATIONS)
        refused = sendhub("identity", "restore", str(file))
        assert "identity runs" in refused.stderr
        await_worked_off(settings, "casework")
    state, children = kept(kafka), last(kafka, CHILDREN.name)
    refused = sendhub("identity", "restore", str(file))
    assert (refused.returncode, "the backup only up to 20" in refused.stderr) == (2, True), refused.stderr
    assert kept(kafka) == state

    make_anew(kafka, IDENTITY_STATE)
    assert "hub.links: links=35" in (said := sendhub("rebuild")).stdout
    assert said.returncode == 1
    restored = sendhub("identity", "restore", str(file))
    assert restored.returncode == 0, restored.stderr
    observe(kafka, people(range(35, 40)))
    with (
        running("hub.cli", "stage", "identity", env=fresh, log=tmp_path / "identity.log"),
        running("hub.cli", "stage", "casework", env=fresh, log=tmp_path / "casework.log"),
    ):
        await_worked_off(settings, "identity", OBSERVATIONS)
        await_worked_off(settings, "casework")
    assert state.items() <= kept(kafka).items()
    assert children.items() <= last(kafka, CHILDREN.name).items()
    assert len(last(kafka, CHILDREN.name)) == 40
    said = sendhub("rebuild")
    assert said.stdout.splitlines()[-1] == "rebuild: children=40 differ=0", said.stdout + said.stderr
