"""A stage that meets keys it does not have waits for them, and gives up only what a person, or time, has given up."""

import asyncio
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from hub.embedded.kafka import Kafka
from hub.embedded.ports import free_port
from hub.platform.keyring import KeyRing, machine_day, read_ring, write_ring
from hub.platform.keys import new_ring
from hub.platform.settings import Settings
from hub.runtime.sealing import Boundary
from hub.stages.stage import Output
from schemas.deadletters import parse
from schemas.topics import COUNCIL_EVENTS, DEADLETTER, OBSERVATIONS, TOPICS
from tests.support.processes import running
from tests.support.recovery import held, make_anew, sendhub, write
from tests.support.sealed import letters_opened, opened
from tests.unit.intake.test_council import event
from tests.unit.intake.test_stage import record as raw_message

OLD = timedelta(days=40)


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ring whose chain began long ago, as the file is when nobody has destroyed anything."""
    write_ring(tmp_path / "ring", new_ring(machine_day() - OLD))
    monkeypatch.setenv("SENDHUB_KEY_RING_FILE", str(tmp_path / "ring"))
    return tmp_path / "ring"


def another(folder: Path, name: str) -> Path:
    write_ring(folder / name, new_ring(machine_day()))
    return folder / name


def tell(kafka: str, ring: Path, record: str, day: date | None = None) -> None:
    """What a connector with this ring writes, today or on an earlier day."""
    message = raw_message(event(record=record), id=f"m-{record}")
    boundary = Boundary(KeyRing(ring, days=100, today=machine_day if day is None else lambda: day))
    sealed = boundary.seal(Output(message.topic, b"k", message.value, message.headers))
    asyncio.run(write(kafka, [(message.topic, b"k", sealed.value, 0, list(message.headers))]))


def until(met: Callable[[], bool], what: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, what
        time.sleep(0.2)


def test_intake_waits_for_a_key_that_is_missing_and_gives_up_only_what_is_destroyed_or_lost(
    own_broker: Kafka, deployed: dict[str, str], tmp_path: Path, ring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka, port = own_broker.bootstrap, free_port()
    make_anew(kafka, *TOPICS)
    monkeypatch.setenv("SENDHUB_GROUP_PREFIX", f"keys-{uuid4().hex[:8]}")
    wrong, gone = another(tmp_path, "wrong"), another(tmp_path, "gone")

    def observed() -> list[str]:
        records = opened(held(kafka, [OBSERVATIONS.name])[OBSERVATIONS.name])
        return [dict(each.headers)["causes"].decode() for each in records]

    def letters() -> list[object]:
        parsed = [parse(each.value, each.headers) for each in held(kafka, [DEADLETTER.name])[DEADLETTER.name]]
        return list(asyncio.run(letters_opened(parsed, Settings())))

    def waits_for(chain: str) -> bool:
        try:
            return f"no chain {chain}" in httpx.get(f"http://127.0.0.1:{port}/ready", trust_env=False).text
        except httpx.HTTPError:
            return False

    tell(kafka, ring, "A-1")
    tell(kafka, ring, "A-2", machine_day() - OLD)
    tell(kafka, wrong, "A-3")
    tell(kafka, ring, "A-4")
    env = {"SENDHUB_METRICS_PORT": str(port)}
    with running("hub.cli", "stage", "intake", env=env, log=tmp_path / "intake.log"):
        until(lambda: waits_for(read_ring(wrong).chains[0].id), "it does not say which chain it waits for")
        assert (observed(), len(letters())) == (["m-A-1"], 1), "what comes after waits, in its order"
        assert sendhub("key", "merge", str(wrong)).returncode == 0
        until(lambda: len(observed()) == 3, "it does not go on")
        tell(kafka, gone, "A-5")
        tell(kafka, ring, "A-6")
        lost = read_ring(gone).chains[0].id
        until(lambda: waits_for(lost), "it does not wait again")
        assert "the ring has chain" in sendhub("key", "lost", read_ring(ring).chains[0].id).stderr
        assert sendhub("key", "lost", lost).returncode == 0
        until(lambda: len(observed()) == 4, "it does not go on over what is lost")
    assert observed() == ["m-A-1", "m-A-3", "m-A-4", "m-A-6"]
    first, second = letters()
    assert [each.meta.unopened for each in (first, second)] == [True, True]
    assert f"the key of {machine_day() - OLD} was destroyed" in first.meta.message
    assert "was declared lost" in second.meta.message
    raw = [each.value for each in held(kafka, [COUNCIL_EVENTS.name])[COUNCIL_EVENTS.name] if each.offset in (1, 4)]
    assert [first.value, second.value] == raw, "as they stood: whoever finds the ring can still open them"
