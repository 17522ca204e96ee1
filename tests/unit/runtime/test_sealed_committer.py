"""A committer hands its stage records and state in the clear, and lets nothing leave in it."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import ClassVar

import pytest

from hub.core.identity.erasure import DATA_KEY, erase, owner_of
from hub.platform.clock import SystemClock
from hub.platform.keyring import write_ring
from hub.platform.keys import new_ring
from hub.platform.settings import Settings
from hub.runtime import changelog, kafka_committer
from hub.runtime.changelog import ORIGIN, Content, read_state
from hub.runtime.kafka_committer import STIR_SECONDS, KafkaCommitter
from hub.runtime.partitions import Partition
from hub.runtime.producer import OutputTooLarge
from hub.runtime.sealing import Boundary
from hub.runtime.vault import Vault
from hub.runtime.worker import no_point
from hub.stages.stage import Output, Record, Stage, State, Step
from schemas.topics import FACTS, IDENTITY_STATE, OBSERVATIONS
from tests.unit.runtime.test_kafka_committer import SourceLog

SOURCE, CHANGELOG = Partition(OBSERVATIONS.name, 0), Partition(IDENTITY_STATE.name, 0)
HEADERS = (("id", b"o-1"), ("source", b"s"))


class Handler:
    """Keeps what is said of a link, and erases it when told `erase`; says what it kept of the link before."""

    def handle(self, records: Sequence[Record], state: State) -> Step:
        outputs = []
        for record in records:
            link, said = (record.value or b"").decode().split(":")
            outputs.append(Output(FACTS.name, b"chd", state.get(f"fact:{link}:0") or b"-"))
            outputs.append(Output(OBSERVATIONS.name, b"population", b"Amy again", HEADERS, 0))
            if said == "erase":
                erase(state, link)
            else:
                state.put(f"fact:{link}:0", said.encode())
                state.put(f"child:{link}", b"chd")
        return Step(len(records), outputs)

    def committed(self, changes: Mapping[str, bytes | None]) -> None:
        return


class Producer:
    """The log: what was committed."""

    def __init__(self, *arguments: object) -> None:
        self.outputs: list[Output] = []
        self.changelog: list[Output] = []
        self.refuses = False

    async def start(self) -> None:
        return

    async def commit(self, outputs: Iterable[Output], changelog: Iterable[Output], end: int) -> None:
        outputs, changelog = list(outputs), list(changelog)
        if self.refuses:
            raise OutputTooLarge("refused")
        self.outputs += outputs
        self.changelog += changelog


class Log:
    """The changelog, as a reader finds it."""

    records: ClassVar[list[Output]] = []

    def __init__(self, *arguments: object) -> None:
        return

    async def __aenter__(self) -> "Log":
        return self

    async def __aexit__(self, *error: object) -> None:
        return

    async def read_on(self) -> object:
        yield [_Raw(offset, each) for offset, each in enumerate(self.records)]


class _Raw:
    def __init__(self, offset: int, output: Output) -> None:
        self.offset, self.key, self.value, self.headers = offset, output.key, output.value, output.headers


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    write_ring(tmp_path / "ring", new_ring(date(2026, 1, 1)))
    return Settings(key_ring_file=tmp_path / "ring", seal_days=10_000)


@pytest.fixture
async def committer(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> KafkaCommitter:
    monkeypatch.setattr(kafka_committer, "TransactionalProducer", Producer)
    monkeypatch.setattr(changelog, "LogReader", Log)
    monkeypatch.setattr(Log, "records", [])
    stage = Stage("identity", (SOURCE.topic,), CHANGELOG.topic, lambda *at: Handler(), owner_of=owner_of)
    log = SourceLog()
    log.committed = None
    made = KafkaCommitter(settings, SystemClock(), stage, SOURCE, log, no_point)
    await made.open()
    log.committed = 0
    return made


def told(settings: Settings, offset: int, said: bytes) -> Record:
    value = Boundary(settings.ring).seal_value(SOURCE.topic, said, HEADERS)
    return Record(*SOURCE, offset, b"population", value, HEADERS)


def written(committer: KafkaCommitter) -> Producer:
    producer = committer._producer
    assert isinstance(producer, Producer)
    return producer


async def recovered(settings: Settings, committer: KafkaCommitter, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    monkeypatch.setattr(Log, "records", written(committer).changelog)
    found = await read_state(settings, CHANGELOG, vault=Vault(CHANGELOG.topic, settings.ring, owner_of))
    return dict(found.state.items())


async def test_the_stage_sees_the_clear_and_kafka_does_not(
    settings: Settings, committer: KafkaCommitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await committer.commit([told(settings, 0, b"a:Amy"), told(settings, 1, b"b:Ben")], 2)
    await committer.commit([told(settings, 2, b"a:Amy Jones")], 3)
    there = written(committer)
    facts = [each.value for each in there.outputs if each.topic == FACTS.name]
    assert facts == [b"-", b"-", b"Amy"], "facts right of identity are as the stage said them"
    sealed = [each for each in (*there.outputs, *there.changelog) if each.topic != FACTS.name]
    assert not [each for each in sealed if any(name in (each.value or b"") for name in (b"Amy", b"Ben", b"chd"))]
    observed = [each for each in there.outputs if each.topic == OBSERVATIONS.name]
    assert {Boundary(settings.ring).open(Record(*SOURCE, 0, *each[1:4])).value for each in map(_tuple, observed)} == {
        b"Amy again"
    }
    expected = {"fact:a:0": b"Amy Jones", "child:a": b"chd", "fact:b:0": b"Ben", "child:b": b"chd"}
    assert await recovered(settings, committer, monkeypatch) == expected


def _tuple(output: Output) -> tuple[str, bytes, bytes | None, object]:
    return output.topic, output.key, output.value, output.headers


async def test_an_erasure_takes_effect_with_its_transaction_in_memory_and_on_the_log(
    settings: Settings, committer: KafkaCommitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await committer.commit([told(settings, 0, b"a:Amy"), told(settings, 1, b"b:Ben")], 2)
    committer._source_log.committed = 2  # type: ignore[attr-defined]
    written(committer).refuses = True
    with pytest.raises(OutputTooLarge):
        await committer.commit([told(settings, 2, b"a:erase")], 3)
    written(committer).refuses = False
    await committer.commit([told(settings, 3, b"a:Amy Jones")], 4)
    assert written(committer).outputs[-2].value == b"Amy", "what was rolled back is as it was"
    before = len(written(committer).changelog)
    await committer.commit([told(settings, 4, b"a:erase")], 5)
    said = {each.key.decode(): each.value for each in written(committer).changelog[before:]}
    assert said == {"!key:a": None, "fact:a:0": None}
    expected = {"child:a": b"chd", "fact:b:0": b"Ben", "child:b": b"chd"}
    assert await recovered(settings, committer, monkeypatch) == expected
    content = Content()
    content.take([_Raw(n, each) for n, each in enumerate(written(committer).changelog)])
    assert not content.state.get(DATA_KEY + "a")
    await committer.commit([told(settings, 5, b"a:anew")], 6)
    assert written(committer).outputs[-2].value == b"-"


async def test_where_nothing_changes_for_long_a_record_is_written_all_the_same_so_that_kafka_compacts(
    settings: Settings, committer: KafkaCommitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await committer.commit([told(settings, 0, b"a:Amy")], 1)
    before, later = len(written(committer).changelog), time.monotonic() + STIR_SECONDS + 1
    await committer.commit([], 2)
    assert len(written(committer).changelog) == before
    monkeypatch.setattr(time, "monotonic", lambda: later)
    await committer.commit([], 3)
    await committer.commit([], 4)
    assert [(each.key.decode(), dict(each.headers)) for each in written(committer).changelog[before:]] == [
        (ORIGIN, {"source_offset": b"3"})
    ]
    assert (await recovered(settings, committer, monkeypatch))["fact:a:0"] == b"Amy"


async def test_what_is_put_off_is_done_at_rest(
    settings: Settings, committer: KafkaCommitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await committer.commit([told(settings, 0, b"a:Amy"), told(settings, 1, b"b:Ben")], 2)
    before = len(written(committer).changelog)
    await committer.rest()
    assert len(written(committer).changelog) == before
    write_ring(settings.key_ring_file, settings.ring.current().with_wrapping_key(date(2026, 1, 2)))
    first = settings.ring.current().wrapping[0].id
    settings.ring.look_again()
    await committer.rest()
    await committer.rest()
    anew = written(committer).changelog[before:]
    assert sorted(each.key for each in anew) == [b"!key:", b"!key:a", b"!key:b"]
    assert {dict(each.headers)["source_offset"] for each in anew} == {b"2"}
    write_ring(settings.key_ring_file, settings.ring.current().without_wrapping_key(first))
    settings.ring.look_again()
    assert (await recovered(settings, committer, monkeypatch))["fact:a:0"] == b"Amy"
