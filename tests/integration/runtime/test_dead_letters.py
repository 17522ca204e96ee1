"""Dead letters on a real Kafka: written whole or not at all, put back once, marked as what became of them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.producer.message_accumulator import BatchBuilder

from hub.embedded.kafka import Kafka
from hub.platform.clock import SystemClock
from hub.platform.keyring import machine_day
from hub.platform.settings import Settings
from hub.runtime import letter_keys, topics
from hub.runtime.audit import Act
from hub.runtime.database_committer import DatabaseCommitter
from hub.runtime.errors import Fenced
from hub.runtime.letter_desk import BATCH_LETTERS, LetterDesk
from hub.runtime.partitions import Partition
from hub.runtime.worker import no_point
from hub.stages.errors import PermanentError
from hub.stages.stage import Record
from hub.store import Projector, reader
from hub.store.engine import open_engine
from schemas.deadletters import Parsed, build, parse
from schemas.topics import AUDIT_INTAKE, CHILDREN, COUNCIL_EVENTS, DEADLETTER, DEADLETTER_KEYS, REVIEW, Topic
from tests.integration.test_commands import sendhub
from tests.support.counting import Run
from tests.support.processes import PROJECT, running
from tests.support.readmodel import review
from tests.support.sealed import letters_opened
from tests.support.streams import read_all, read_until

pytest_plugins = ["tests.support.postgres"]

LETTERS = BATCH_LETTERS + 10


@pytest.fixture
async def run(broker: Kafka) -> Run:
    run = Run(f"dl-{uuid4().hex[:8]}")
    source = Topic(run.source, 1, "delete", 1, COUNCIL_EVENTS.max_message_bytes)
    ours = (DEADLETTER, DEADLETTER_KEYS, AUDIT_INTAKE, REVIEW)
    await topics.create(broker.bootstrap, 1, [source, *run.topics(1)[1:], *ours])
    return run


@pytest.fixture
def env(broker: Kafka) -> dict[str, str]:
    return {"SENDHUB_KAFKA": broker.bootstrap, "SENDHUB_SESSION_TIMEOUT": "6", "SENDHUB_ACTOR": "ops", "COLUMNS": "160"}


async def put(
    kafka: str, topic: str, *records: tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes | None]]]
) -> int:
    """Write keys, values and headers to partition 0, acked; the offset of the last."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, max_request_size=20 << 20)
    await producer.start()
    try:
        for key, value, headers in records:
            placed = await producer.send_and_wait(topic, value, key, 0, headers=list(headers))
        return int(placed.offset)
    finally:
        await producer.stop()


def count(number: int) -> tuple[bytes, bytes, Sequence[tuple[str, bytes]]]:
    return b"k", orjson.dumps({"id": number}), ()


def of(stage: str, records: Sequence[ConsumerRecord]) -> list[Parsed]:
    parsed = [parse(record.value, tuple(record.headers)) for record in records if record.headers[0][0] == "dl_meta"]
    return [each for each in parsed if each.meta.stage == stage]


async def letters_of(kafka: str, stage: str, least: int) -> list[Parsed]:
    found = await read_until(kafka, DEADLETTER.name, lambda seen: len(of(stage, seen)) >= least)
    return await letters_opened(of(stage, found), Settings(kafka=kafka))


async def bury_by_hand(kafka: str, run: Run, number: int, topic: str, offset: int = 1000) -> list[str]:
    """Dead letters as a stage writes them, of records that nobody else has: their ids."""
    ids, records = [], []
    for place in range(offset, offset + number):
        made = build(
            stage=run.name,
            step="handle",
            topic=topic,
            partition=0,
            offset=place,
            key=b"k",
            value=b"value %d" % (place - offset),
            headers=(("h", b"1"), ("h", b"2"), ("empty", b"")),
            error="PermanentError",
            message="refused",
            attempts=1,
            at=datetime.now(UTC),
        )
        ids.append(parse(made.value, made.headers).meta.id)
        records.append((made.key, made.value, made.headers))
    await put(kafka, DEADLETTER.name, *records)
    return ids


@asynccontextmanager
async def narrowed(kafka: str) -> AsyncIterator[None]:
    """hub.deadletter takes hardly anything inside the block."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()

    async def limit(size: int) -> None:
        settings = {**DEADLETTER.settings, "max.message.bytes": str(size)}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, DEADLETTER.name, settings)])

    try:
        await limit(100)
        yield
    finally:
        await limit(DEADLETTER.max_message_bytes)
        await admin.close()


async def committed(kafka: str, run: Run) -> int | None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        found = await admin.list_consumer_group_offsets(f"sendhub-{run.name}")
        known = found.get(TopicPartition(run.source, 0))
        return None if known is None else known.offset
    finally:
        await admin.close()


async def test_a_dead_letter_that_can_not_be_written_stops_the_process_before_the_commit(
    broker: Kafka, run: Run, env: dict[str, str], tmp_path: Path
) -> None:
    poison = (b"k", b"poison", [("ce_source", None), ("ce_source", b"\xff")])
    await put(broker.bootstrap, run.source, count(0), poison, count(1))
    async with narrowed(broker.bootstrap):
        with running("tests.support.worker", run.name, env=env, log=tmp_path / "first.log") as worker:
            assert await asyncio.to_thread(worker.wait, 60) == 70
        assert await committed(broker.bootstrap, run) == 1
    assert "OutputTooLarge" in (tmp_path / "first.log").read_text()
    with running("tests.support.worker", run.name, env=env, log=tmp_path / "second.log"):
        outputs = await read_until(broker.bootstrap, run.output, lambda seen: len(seen) >= 2)
    assert [orjson.loads(record.value)["id"] for record in outputs] == [0, 1]
    (letter,) = await letters_of(broker.bootstrap, run.name, 1)
    assert (letter.key, letter.value, list(letter.headers)) == poison


async def test_what_the_read_model_refuses_is_not_passed_before_its_letter_is_written(
    broker: Kafka, run: Run, tmp_path: Path
) -> None:
    projector = Projector.open(f"sqlite:///{tmp_path}/read-model.db", lambda _: None)
    source = Partition(CHILDREN.name, 0)
    committer = DatabaseCommitter(
        Settings(kafka=broker.bootstrap),
        SystemClock(),
        run.name,
        source,
        projector,
        None,
        no_point,  # type: ignore[arg-type]
    )
    record = Record(*source, 0, b"chd-1", b"{")
    error = PermanentError("refused", step="project")
    async with narrowed(broker.bootstrap):
        with pytest.raises(Exception, match="MessageSizeTooLarge"):
            await committer.bury(record, error, 1, 1)
        assert projector.positions([source]) == {source: 0}
    committer._announced = float("inf")
    await committer.bury(record, error, 1, 1)
    assert projector.positions([source]) == {source: 1}
    (letter,) = await letters_of(broker.bootstrap, run.name, 1)
    assert (letter.meta.step, letter.value, letter.key) == ("project", b"{", b"chd-1")
    projector.close()


def size(value: bytes, headers: Sequence[tuple[str, bytes]]) -> int:
    builder = BatchBuilder(1, 0)
    builder.append(timestamp=1, key=b"k", value=value, headers=list(headers))
    return int(builder.size())


def filled(headers: list[tuple[str, bytes]]) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """A poison record that is exactly as large as its topic takes."""
    limit = COUNCIL_EVENTS.max_message_bytes
    length = limit - size(b"", headers)
    while size(b"x" * length, headers) > limit:
        length -= 1
    assert size(b"x" * length, headers) == limit
    return b"k", b"x" * length, headers


async def test_the_largest_raw_record_is_kept_whole_put_back_and_told_when_it_fails_again(
    broker: Kafka, run: Run, env: dict[str, str], tmp_path: Path
) -> None:
    records = [filled([]), filled([("", b"")] * 20_000)]
    await put(broker.bootstrap, run.source, *records)
    with running("tests.support.worker", run.name, env=env, log=tmp_path / "worker.log"):
        letters = await letters_of(broker.bootstrap, run.name, 2)
        assert [(each.key, each.value, list(each.headers)) for each in letters] == records
        result = await asyncio.to_thread(sendhub, "deadletter", "replay", "--stage", run.name, **env)
        assert result.stdout == "replayed 2: 0 fixed, 2 came back (deadletter list shows them), 0 still waiting\n"
        assert result.returncode == 1
        assert await committed(broker.bootstrap, run) is not None
    raw = (await read_all(broker.bootstrap, [run.source]))[run.source]
    assert [(each.key, each.value, list(each.headers)) for each in raw] == records + records
    again = await letters_of(broker.bootstrap, run.name, 6)
    returned = {each.resolution.returns_as for each in again if each.resolution}
    assert returned == {each.meta.id for each in again if each.resolution is None} - {each.meta.id for each in letters}


@pytest.mark.parametrize(("point", "nth"), [("batch", 1), ("records", 2), ("resolutions", 2)])
async def test_a_replay_that_is_killed_and_run_again_puts_every_record_back_once(
    broker: Kafka, run: Run, env: dict[str, str], point: str, nth: int
) -> None:
    await bury_by_hand(broker.bootstrap, run, LETTERS, run.source)

    def process(*fault: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.support.replaying", run.name, *fault]
        return subprocess.run(
            command, cwd=PROJECT, env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False
        )

    killed = await asyncio.to_thread(process, point, str(nth))
    assert killed.returncode == -signal.SIGKILL
    rest = await asyncio.to_thread(process)
    assert rest.stdout == f"{LETTERS - BATCH_LETTERS}\n", rest.stderr
    raw = (await read_all(broker.bootstrap, [run.source]))[run.source]
    assert sorted(record.value for record in raw) == sorted(b"value %d" % number for number in range(LETTERS))
    assert all(record.headers == (("h", b"1"), ("h", b"2"), ("empty", b"")) for record in raw)
    said = [each for each in await letters_of(broker.bootstrap, run.name, 2 * LETTERS) if each.resolution]
    assert len({each.meta.id for each in said}) == len(said) == LETTERS


async def test_of_two_replays_at_once_the_second_goes_on(broker: Kafka, run: Run) -> None:
    await bury_by_hand(broker.bootstrap, run, 3, run.source)
    settings, act = Settings(kafka=broker.bootstrap), Act("ops", "test")

    async def put_back(desk: LetterDesk) -> None:
        mine = [letter for letter in desk.letters.values() if letter.meta.stage == run.name and letter.status == "open"]
        async for _ in desk.put_back(mine):
            pass

    async with (
        LetterDesk(settings, SystemClock(), act, no_point) as first,
        LetterDesk(settings, SystemClock(), act, no_point) as second,
    ):
        with pytest.raises(Fenced, match="another"):
            await put_back(first)
        await put_back(second)
    raw = (await read_all(broker.bootstrap, [run.source]))[run.source]
    assert len(raw) == 3


async def test_resolve_and_replay_say_what_is_not_there_and_pass_what_is_done(
    broker: Kafka, run: Run, env: dict[str, str]
) -> None:
    first, second = await bury_by_hand(broker.bootstrap, run, 2, run.source)
    unknown = sendhub("deadletter", "replay", "0" * 24, **env)
    assert (unknown.returncode, f"no letter {'0' * 24}" in unknown.stderr) == (2, True)
    assert sendhub("deadletter", "resolve", first, "--reason", "asked them by phone", **env).stdout == "resolved 1\n"
    again = sendhub("deadletter", "resolve", first, "--reason", "twice", **env).stdout
    assert again == "resolved 0; 1 replayed or resolved before were passed\n"
    dry = sendhub("deadletter", "replay", "--topic", run.source, "--dry-run", **env)
    assert second in dry.stdout
    assert first not in dry.stdout
    assert "would replay 1; 1 replayed or resolved before would be passed" in dry.stdout
    assert (await read_all(broker.bootstrap, [run.source]))[run.source] == []
    told = sendhub("deadletter", "replay", "--topic", run.source, "--wait", "0", "--json", **env)
    report = json.loads(told.stdout)
    assert (report["replayed"], report["waiting"], report["passed"], told.returncode) == (1, [second], 1, 1)
    passed = sendhub("deadletter", "replay", first, second, **env)
    assert (passed.stdout.split(":")[0], passed.returncode) == ("replayed 0", 0)
    found = (await read_all(broker.bootstrap, [AUDIT_INTAKE.name]))[AUDIT_INTAKE.name]
    audits = [orjson.loads(record.value) for record in found]
    ours = [(each["actor"], each["action"], each["why"]) for each in audits if {first, second} & set(each["subjects"])]
    assert ours == [
        ("ops", "deadletter.resolve", "asked them by phone"),
        ("ops", "deadletter.replay", "replay"),
    ]


async def test_the_key_of_a_letter_is_destroyed_at_the_latest_when_it_is_old_enough(broker: Kafka, run: Run) -> None:
    settings = Settings(kafka=broker.bootstrap)
    days = {name: machine_day() - timedelta(days=age) for name, age in (("old", 91), ("young", 90))}
    entries = [
        (f"{run.name}-{name}.00000000".encode(), b"wrapped", [("since", str(day).encode())])
        for name, day in days.items()
    ]
    await put(broker.bootstrap, DEADLETTER_KEYS.name, *entries)
    assert await letter_keys.expire(settings) == 1
    assert await letter_keys.expire(settings) == 0
    keys = await letter_keys.LetterKeys.read(settings)
    assert [len(keys.destroyed(f"{run.name}-{name}")) for name in days] == [0, 1]
    await put(broker.bootstrap, DEADLETTER_KEYS.name, (entries[1][0], None, ()))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/read-model.db"
    return str(request.getfixturevalue("postgres_url"))


async def test_what_the_read_model_refused_is_written_unless_something_later_was_said(
    broker: Kafka, run: Run, env: dict[str, str], database_url: str
) -> None:
    """Four records that an earlier version refused; to another of the keys something was said later."""
    projector = Projector.open(database_url, lambda _: None)
    keys = [f"{run.name}-{name}" for name in ("alone", "older", "newer", "broken")]
    values = [review(0, key).value for key in keys]
    values[3] = b"{"
    places = [
        await put(broker.bootstrap, REVIEW.name, (key.encode(), value, ()))
        for key, value in zip(keys, values, strict=True)
    ]
    last = await put(broker.bootstrap, REVIEW.name, (keys[1].encode(), review(0, keys[1], detail="Later.").value, ()))
    projector.apply(REVIEW.name, 0, [], 0, last + 1)
    ids = [(await bury_by_hand(broker.bootstrap, run, 1, REVIEW.name, place))[0] for place in places]
    env = {**env, "SENDHUB_DATABASE_URL": database_url}
    told = await asyncio.to_thread(sendhub, "deadletter", "replay", "--stage", run.name, "--json", **env)
    report = json.loads(told.stdout)
    assert (report["fixed"], report["superseded"]) == ([ids[0], ids[2]], [ids[1]]), told.stderr
    assert (report["came_back"], report["waiting"], told.returncode) == ([ids[3]], [], 1)
    projector.apply(REVIEW.name, 0, [], last + 1, last + 2)
    found = await asyncio.to_thread(sendhub, "deadletter", "replay", "--stage", run.name, **env)
    assert found.stdout.startswith("replayed 1: 0 fixed, 1 came back")
    engine = open_engine(database_url, read_only=True)
    with engine.connect() as connection:
        bodies = [reader.body(connection, reader.REVIEWS, key) for key in keys]
    engine.dispose()
    projector.close()
    assert [body is not None for body in bodies] == [True, False, True, False]
    raw = (await read_all(broker.bootstrap, [REVIEW.name]))[REVIEW.name]
    assert max(record.offset for record in raw if record.key.decode() in keys) == last


async def test_what_the_projection_has_yet_to_read_is_left_to_it(
    broker: Kafka, run: Run, env: dict[str, str], tmp_path: Path
) -> None:
    place = await put(broker.bootstrap, REVIEW.name, (run.name.encode(), review(0, run.name).value, ()))
    (letter,) = await bury_by_hand(broker.bootstrap, run, 1, REVIEW.name, place)
    env = {**env, "SENDHUB_DATABASE_URL": f"sqlite:///{tmp_path}/empty.db"}
    told = await asyncio.to_thread(sendhub, "deadletter", "replay", letter, **env)
    assert told.stdout == "replayed 1: 0 fixed, 0 came back, 1 still waiting\n", told.stderr
