"""Identity's backup put back: everything downstream comes out as if nothing had been lost."""

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from hub.api.desk_state import FollowedState
from hub.embedded.kafka import Kafka
from hub.platform.keyring import read_ring
from hub.platform.settings import Settings
from hub.runtime import key_use, links_backup
from hub.runtime.sealed_file import BackupUnfit
from hub.stages.errors import Unavailable
from schemas.statements import Observation
from schemas.topics import CHILDREN, IDENTITY_STATE, LINKS, OBSERVATIONS, TOPICS, Topic
from tests.support.processes import running
from tests.support.recovery import await_worked_off, held, make_anew, sendhub, write
from tests.support.sealed import identity_state, seal
from tests.unit.identity.people import COUNCIL, amy, observation

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)

Found = TypeVar("Found")


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


def rotated_and_retired(settings: Settings) -> None:
    """The wrapping key is replaced while identity runs, and the former one destroyed."""
    first = read_ring(settings.key_ring_file).current.id
    rotated = sendhub("key", "rotate")
    assert rotated.returncode == 0, rotated.stderr
    end = time.monotonic() + 30
    while first in asyncio.run(key_use.of_wrapping_keys(Settings())):
        assert time.monotonic() < end, "identity does not take the new key over"
        time.sleep(0.2)
    retired = sendhub("key", "retire", first, "--now")
    assert retired.returncode == 0, retired.stderr
    assert [each.id for each in read_ring(settings.key_ring_file).wrapping] != [first]


def links_lost_and_put_back(kafka: str, file: Path) -> None:
    """A backup of hub.links goes into an empty topic, whole and in its order, and into no other."""
    before = [(each.key, each.value, each.headers) for each in held(kafka, [LINKS.name])[LINKS.name]]
    assert len(before) == 35
    taken = sendhub("links", "backup", str(file))
    assert (taken.returncode, "decisions=35" in taken.stdout) == (0, True), taken.stderr
    content = file.read_bytes()
    assert not [link for link, _, _ in before if link in content]
    settings = Settings()
    backup = links_backup.read(file, settings.key)
    with pytest.raises(BackupUnfit, match="would double or reorder"):
        asyncio.run(links_backup.restore(settings, backup, AT))
    make_anew(kafka, LINKS)
    assert asyncio.run(once_there(LINKS, lambda: links_backup.restore(settings, backup, AT))).decisions == 35
    assert [(each.key, each.value, each.headers) for each in held(kafka, [LINKS.name])[LINKS.name]] == before
    assert asyncio.run(links_backup.key_fits(settings)) is True
    assert asyncio.run(links_backup.key_fits(Settings(key_file=file))) is False


async def once_there(topic: Topic, work: Callable[[], Awaitable[Found]]) -> Found:
    """What comes of it once the broker tells of a topic that was made a moment ago."""
    for _ in range(50):
        with suppress(Unavailable):
            return await work()
        await asyncio.sleep(0.2)
    raise AssertionError(f"{topic.name} does not come")


async def looked_at() -> dict[str, bytes]:
    """What the people's desk sees of identity's state."""
    desk = FollowedState(Settings())
    try:
        return dict((await desk.read()).items())
    finally:
        await desk.close()


@pytest.fixture
def fresh(
    own_broker: Kafka, deployed: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    make_anew(own_broker.bootstrap, *TOPICS)
    # A ring of its own: what is retired here others still need.
    shutil.copy(os.environ["SENDHUB_KEY_RING_FILE"], tmp_path / "ring")
    monkeypatch.setenv("SENDHUB_KEY_RING_FILE", str(tmp_path / "ring"))
    return deployed | {"SENDHUB_KEY_RING_FILE": str(tmp_path / "ring")}


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
        rotated_and_retired(settings)
        observe(kafka, people(range(20, 35)))
        await_worked_off(settings, "identity", OBSERVATIONS)
        refused = sendhub("identity", "restore", str(file))
        assert "identity runs" in refused.stderr
        await_worked_off(settings, "casework")
    state, children = kept(kafka), last(kafka, CHILDREN.name)
    assert asyncio.run(looked_at()) == state
    refused = sendhub("identity", "restore", str(file))
    assert (refused.returncode, "the backup only up to 20" in refused.stderr) == (2, True), refused.stderr
    assert kept(kafka) == state

    links_lost_and_put_back(kafka, tmp_path / "links.backup")
    make_anew(kafka, IDENTITY_STATE)
    assert "hub.links: links=35" in (said := sendhub("rebuild")).stdout
    assert said.returncode == 1
    restored = sendhub("identity", "restore", str(file))
    assert restored.returncode == 0, restored.stderr
    with (
        running("hub.cli", "stage", "identity", env=fresh, log=tmp_path / "identity.log"),
        running("hub.cli", "stage", "casework", env=fresh, log=tmp_path / "casework.log"),
    ):
        await_worked_off(settings, "identity", OBSERVATIONS)
        assert kept(kafka) == state
        observe(kafka, people(range(35, 40)))
        await_worked_off(settings, "identity", OBSERVATIONS)
        await_worked_off(settings, "casework")
    assert children.items() <= last(kafka, CHILDREN.name).items()
    assert len(last(kafka, CHILDREN.name)) == 40
    said = sendhub("rebuild")
    assert said.stdout.splitlines()[-1] == "rebuild: children=40 differ=0", said.stdout + said.stderr
