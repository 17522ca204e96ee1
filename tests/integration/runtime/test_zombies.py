"""A worker sleeps inside a transaction while its successor moves the same keys on. When it wakes, it changes nothing.

What is compared is what a compaction leaves, for then a record of the zombie's would be the one that stays.
"""

import asyncio
import signal
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from hub.embedded.kafka import Kafka
from hub.runtime import topics
from hub.runtime.changelog import ORIGIN
from hub.stages.stage import Record, Stage
from schemas.topics import CHILDREN, DEADLETTER, DEADLETTER_KEYS, DEADLINES, FACTS
from tests.faults.replay import replay
from tests.integration.test_exactly_once import await_stopped
from tests.support.counting import Run
from tests.support.processes import running
from tests.support.renamed import COUNCIL, own, renamed_casework
from tests.support.streams import produce, read_all

KEYS = 40
LOT = 500
COMPACTED = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.0", "segment.ms": "100"}
END = b"~end"
"""A record of our own at the end of a log: what is before it is in closed segments, which are cleaned."""

BATCH = {"compute": 3, "sent": 8, "outputs": 4, "changelog": 4, "offsets": 4}
"""When each point is reached for the first time in the third batch. The partition's opening reaches some of them too,
and a batch of the counting stage is acked in three parts.
"""
HOLDS_OPEN = ("sent", "changelog", "offsets")
"""Where a part of the transaction, or all of it, is in the log."""


@dataclass(frozen=True)
class Case:
    """A stage on topics of its own: what it is given, and which of its topics are compacted."""

    stage: Stage
    compacted: tuple[str, ...]

    @property
    def source(self) -> str:
        return self.stage.sources[0]

    @property
    def written(self) -> set[str]:
        return {*(self.stage.writes or (f"{self.stage.name}.out",)), str(self.stage.changelog)}

    def inputs(self, first: int, number: int) -> list[tuple[bytes, bytes]]:
        make = _fact if self.source.endswith(FACTS.name) else _event
        return [make(each) for each in range(first, first + number)]


def _event(number: int) -> tuple[bytes, bytes]:
    return b"k%d" % (number % KEYS), orjson.dumps({"id": number, "pad": 2_000})


def _fact(number: int) -> tuple[bytes, bytes]:
    """A request for an assessment that is corrected again and again."""
    child, version = f"chd-{number % KEYS}", number // KEYS + 1
    fact = {
        "kind": "assessment.requested",
        "child_id": child,
        "source": COUNCIL,
        "record": f"REQ-{child}",
        "version": version,
        "subject": {"request": f"REQ-{child}"},
        "effective_on": (date(2026, 9, 1) + timedelta(days=version)).isoformat(),
        "recorded_at": "2026-10-20T10:00:00Z",
        "received_at": "2026-10-20T10:00:01Z",
        "data": {"case_reference": f"REQ-{child}"},
    }
    return child.encode(), orjson.dumps(fact)


def _cases() -> list[Case]:
    run = f"zombie-{uuid4().hex[:8]}"
    counting, real = Run(run), renamed_casework(f"{run}.casework")
    kept = (own(real.name, CHILDREN.name), own(real.name, DEADLINES.name))
    return [Case(counting.stage(), (counting.changelog,)), Case(real, (str(real.changelog), *kept))]


@pytest.fixture
async def cases(broker: Kafka) -> list[Case]:
    cases = _cases()
    await topics.create(broker.bootstrap, 1, [DEADLETTER, DEADLETTER_KEYS])
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        quick = {"log.cleaner.backoff.ms": "200"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", quick)])
        for case in cases:
            names = {case.source, *case.written}
            new = [NewTopic(name, 1, 1, topic_configs=_config(case, name)) for name in names]
            for name, code, message in (await admin.create_topics(new)).topic_errors:
                assert not code, f"{name}: {message}"
    finally:
        await admin.close()
    return cases


def _config(case: Case, topic: str) -> dict[str, str]:
    return COMPACTED if topic in case.compacted else {}


@pytest.mark.parametrize("point", BATCH)
async def test_a_worker_that_sleeps_inside_a_transaction_is_fenced_and_changes_nothing(
    broker: Kafka, cases: list[Case], tmp_path: Path, point: str
) -> None:
    await asyncio.gather(*(fenced(broker, case, tmp_path, point) for case in cases))
    await asyncio.gather(*(compare(broker, case) for case in cases))


async def fenced(broker: Kafka, case: Case, folder: Path, point: str) -> None:
    with ExitStack() as stack:
        zombie = await overtaken(stack, broker, case, folder, point, BATCH[point])
        zombie.send_signal(signal.SIGCONT)
        assert await asyncio.to_thread(zombie.wait, 60) == 70
    assert ends(folder, case) == ["Fenced"], said(folder, case)


async def overtaken(
    stack: ExitStack, broker: Kafka, case: Case, folder: Path, point: str, nth: int
) -> subprocess.Popen[bytes]:
    """A worker that sleeps at a point, once its successor has committed past it, twice over for each key."""
    await produce(broker.bootstrap, case.source, case.inputs(0, LOT))
    zombie = start(stack, broker, case, folder, 1, point, "stop", str(nth))
    await asyncio.to_thread(await_stopped, zombie)
    assert point not in HOLDS_OPEN or await _holds_open(broker, case)
    start(stack, broker, case, folder, 2)
    await committed(broker, case, LOT)
    await produce(broker.bootstrap, case.source, case.inputs(LOT, LOT))
    await committed(broker, case, 2 * LOT)
    return zombie


def ends(folder: Path, case: Case) -> list[str]:
    """Why the sleeper ended itself, if it did."""
    lines = log(folder, case, 1).read_text().splitlines()
    events = [orjson.loads(line) for line in lines if line.startswith("{")]
    return [each["error"] for each in events if each["event"] == "worker ends itself"]


def said(folder: Path, case: Case) -> str:
    """The last of the sleeper's log, for whoever looks at a failure."""
    return log(folder, case, 1).read_text()[-4_000:]


async def test_a_worker_that_sleeps_after_its_commit_changes_nothing_either(
    broker: Kafka, cases: list[Case], tmp_path: Path
) -> None:
    await asyncio.gather(*(fenced_or_back(broker, case, tmp_path) for case in cases))
    await asyncio.gather(*(compare(broker, case) for case in cases))


async def fenced_or_back(broker: Kafka, case: Case, folder: Path) -> None:
    """No transaction is open, so when it wakes it may hear of its group before it begins one, or be fenced in it."""
    with ExitStack() as stack:
        zombie = await overtaken(stack, broker, case, folder, "commit", 3)
        zombie.send_signal(signal.SIGCONT)
        await produce(broker.bootstrap, case.source, case.inputs(2 * LOT, LOT))
        await committed(broker, case, 3 * LOT)
        assert zombie.poll() in (None, 70)
    assert set(ends(folder, case)) <= {"Fenced"}, said(folder, case)


def start(
    stack: ExitStack, broker: Kafka, case: Case, folder: Path, instance: int, *fault: str
) -> subprocess.Popen[bytes]:
    env = {
        "SENDHUB_KAFKA": broker.bootstrap,
        "SENDHUB_INSTANCE": str(instance),
        "SENDHUB_SESSION_TIMEOUT": "3",
        "SENDHUB_BATCH_RECORDS": "100",
        # So long that it is the successor who fences, not the broker for a transaction that took too long.
        "SENDHUB_TRANSACTION_TIMEOUT": "120",
    }
    arguments = (case.stage.name, *fault)
    return stack.enter_context(running("tests.support.worker", *arguments, env=env, log=log(folder, case, instance)))


def log(folder: Path, case: Case, instance: int) -> Path:
    return folder / f"{case.stage.name}-{instance}.log"


async def _holds_open(broker: Kafka, case: Case) -> bool:
    """Whether records of a transaction that nobody ended are in the log."""
    written = [TopicPartition(topic, 0) for topic in case.written]
    stable, whole = [
        await log_ends(broker.bootstrap, written, isolation) for isolation in ("read_committed", "read_uncommitted")
    ]
    return stable != whole


async def log_ends(bootstrap: str, partitions: list[TopicPartition], isolation: str) -> dict[TopicPartition, int]:
    """The ends of logs as a consumer sees them."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level=isolation)
    await consumer.start()
    try:
        found: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        return found
    finally:
        await consumer.stop()


async def committed(broker: Kafka, case: Case, offset: int) -> None:
    """Return once the group has committed the offset."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        async with asyncio.timeout(90):
            while True:
                found = await admin.list_consumer_group_offsets(f"sendhub-{case.stage.name}")
                if any(each.offset >= offset for each in found.values()):
                    return
                await asyncio.sleep(0.1)
    finally:
        await admin.close()


async def compare(broker: Kafka, case: Case) -> None:
    """What is left of each compacted log is what a serial replay of the source says."""
    source = (await read_all(broker.bootstrap, [case.source]))[case.source]
    records = [Record(each.topic, 0, each.offset, each.key, each.value, timestamp=each.timestamp) for each in source]
    replayed = replay(case.stage, 0, records, lambda output: False)
    for topic in case.compacted:
        left = await compacted(broker, topic)
        if topic == case.stage.changelog:
            assert left.pop(ORIGIN.encode()) is not None
            assert left == {key.encode(): value for key, value in replayed.state.items()}
        else:
            assert left == {each.key: each.value for each in replayed.outputs if each.topic == topic}


async def compacted(broker: Kafka, topic: str) -> dict[bytes, bytes]:
    """What the broker's cleaner leaves of a log, once it has been over all of it: aborted records are gone then too."""
    async with asyncio.timeout(60):
        while True:
            await produce(broker.bootstrap, topic, [(END, b"")])
            left = (await read_all(broker.bootstrap, [topic], "read_uncommitted"))[topic]
            ours = [record for record in left if record.key != END]
            if len({record.key for record in ours}) == len(ours):
                assert left[-1].offset > 2 * len(ours), "there was much to compact"
                return {record.key: record.value for record in ours if record.value is not None}
            await asyncio.sleep(0.3)
