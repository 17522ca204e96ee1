"""What the broker may answer inside a transaction, one after the other: tried again until it works, or the end of the
process; never a commit without one of its records. And what it may answer when asked for a group: an error is never
taken for a group that did nothing yet. The real broker, but for the answers that are forged.
"""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.protocol.admin import DescribeGroupsRequest
from aiokafka.protocol.commit import OffsetFetchRequest
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    TxnOffsetCommitRequest,
)

from hub.embedded.kafka import Kafka
from hub.platform.settings import Settings
from hub.runtime import groups, topics
from hub.runtime.driver import LaneConsumer
from hub.runtime.errors import Fenced, RuntimeFault
from hub.runtime.partitions import Partition
from hub.runtime.producer import TransactionalProducer
from hub.runtime.worker import no_point
from hub.stages.errors import Unavailable
from hub.stages.stage import Output
from tests.support.counting import Run
from tests.support.streams import read_all

LOADING, NOT_AVAILABLE, NOT_COORDINATOR, CONCURRENT, TOO_FEW, TOO_FEW_AFTER = 14, 15, 16, 51, 19, 20
EPOCH, STATE, MAPPING, TOPIC_DENIED, GROUP_DENIED = 47, 48, 49, 29, 30

PASSING = [
    *((AddPartitionsToTxnRequest, code) for code in (LOADING, NOT_AVAILABLE, NOT_COORDINATOR, CONCURRENT)),
    *((ProduceRequest, code) for code in (TOO_FEW, TOO_FEW_AFTER)),
    *((AddOffsetsToTxnRequest, code) for code in (LOADING, NOT_AVAILABLE, CONCURRENT)),
    *((TxnOffsetCommitRequest, code) for code in (LOADING, NOT_AVAILABLE, NOT_COORDINATOR)),
    *((EndTxnRequest, code) for code in (LOADING, NOT_AVAILABLE, NOT_COORDINATOR, CONCURRENT)),
]
FINAL = [
    *((AddPartitionsToTxnRequest, code, RuntimeFault) for code in (STATE, MAPPING, TOPIC_DENIED)),
    *((ProduceRequest, code, RuntimeFault) for code in (STATE, TOPIC_DENIED)),
    *((AddOffsetsToTxnRequest, code, RuntimeFault) for code in (STATE, GROUP_DENIED)),
    (TxnOffsetCommitRequest, GROUP_DENIED, RuntimeFault),
    (EndTxnRequest, STATE, RuntimeFault),
    *((kind, EPOCH, Fenced) for kind in (AddPartitionsToTxnRequest, ProduceRequest, AddOffsetsToTxnRequest)),
    *((kind, EPOCH, Fenced) for kind in (TxnOffsetCommitRequest, EndTxnRequest)),
]


@pytest.fixture
async def run(broker: Kafka) -> Run:
    run = Run(f"refused-{uuid4().hex[:8]}")
    await topics.create(broker.bootstrap, 1, run.topics(1))
    return run


def forge(producer: TransactionalProducer, run: Run, kind: type[Any], code: int) -> None:
    """Have the first request of a kind answered with an error, without the broker ever seeing it."""
    inner = producer._producer
    assert inner is not None
    send, left = inner.client.send, [code]

    async def forged(node: int, request: Any, *, group: Any = ConnectionGroup.DEFAULT) -> Any:
        if not isinstance(request, kind) or not left:
            return await send(node, request, group=group)
        return _answer(kind, run, left.pop())

    inner.client.send = forged


def _answer(kind: type[Any], run: Run, code: int) -> SimpleNamespace:
    if kind is ProduceRequest:
        return SimpleNamespace(API_VERSION=8, topics=[(run.output, [(0, code, -1, -1, -1, [], None)])])
    topic = run.source if kind is TxnOffsetCommitRequest else run.output
    return SimpleNamespace(error_code=code, errors=[(topic, [(0, code)])])


async def commit(broker: Kafka, run: Run, kind: type[Any], code: int) -> None:
    """One transaction of one output and an offset, in which one answer is forged."""
    producer = TransactionalProducer(settings(broker), run.name, Partition(run.source, 0), no_point)
    await producer.start()
    forge(producer, run, kind, code)
    try:
        await producer.commit([Output(run.output, b"k", b"v", partition=0)], (), 7)
    finally:
        await producer.stop()


async def left(broker: Kafka, run: Run) -> tuple[int, int | None]:
    """What a reader sees: how many outputs, and the group's offset. A new owner has settled what was open."""
    owner = TransactionalProducer(settings(broker), run.name, Partition(run.source, 0), no_point)
    await owner.start()
    await owner.stop()
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(f"sendhub-{run.name}")
    finally:
        await admin.close()
    outputs = (await read_all(broker.bootstrap, [run.output]))[run.output]
    return len(outputs), next((each.offset for each in offsets.values()), None)


def settings(broker: Kafka) -> Settings:
    return Settings(kafka=broker.bootstrap)


@pytest.mark.parametrize(("kind", "code"), PASSING)
async def test_what_passes_is_tried_again_and_committed_once(
    broker: Kafka, run: Run, kind: type[Any], code: int
) -> None:
    await commit(broker, run, kind, code)
    assert await left(broker, run) == (1, 7)


@pytest.mark.parametrize(("kind", "code", "ends"), FINAL)
async def test_what_is_final_ends_the_process_and_nothing_is_committed(
    broker: Kafka, run: Run, kind: type[Any], code: int, ends: type[RuntimeFault]
) -> None:
    with pytest.raises(RuntimeFault) as raised:
        await commit(broker, run, kind, code)
    assert type(raised.value) is ends
    assert await left(broker, run) == (0, None)


def forge_all(monkeypatch: pytest.MonkeyPatch, kind: type[Any], answers: list[SimpleNamespace]) -> None:
    """Have any client's first requests of a kind answered so."""
    send = AIOKafkaClient.send

    async def forged(self: Any, node: int, request: Any, *, group: Any = ConnectionGroup.DEFAULT) -> Any:
        if isinstance(request, kind) and answers:
            return answers.pop()
        return await send(self, node, request, group=group)

    monkeypatch.setattr(AIOKafkaClient, "send", forged)


def refused_offsets(code: int) -> SimpleNamespace:
    """An error of the whole group names no partition, since OffsetFetch v2."""
    return SimpleNamespace(topics=[], error_code=code)


async def committed_offset(broker: Kafka, run: Run) -> int | None:
    """As a stage's worker asks."""
    consumer: Any = SimpleNamespace(app=SimpleNamespace(settings=settings(broker), stage_name=run.name))
    return await LaneConsumer.committed_offset(consumer, Partition(run.source, 0))


async def commit_7(broker: Kafka, run: Run) -> None:
    owner = TransactionalProducer(settings(broker), run.name, Partition(run.source, 0), no_point)
    await owner.start()
    await owner.commit((), (), 7)
    await owner.stop()


@pytest.mark.parametrize("code", [LOADING, NOT_COORDINATOR])
async def test_a_coordinator_that_does_not_say_where_the_group_stands_is_asked_again(
    broker: Kafka, run: Run, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await committed_offset(broker, run) is None
    await commit_7(broker, run)
    forge_all(monkeypatch, OffsetFetchRequest, answers := [refused_offsets(code)])
    assert await committed_offset(broker, run) == 7
    assert answers == []


async def test_a_coordinator_that_never_says_is_away_and_the_group_did_not_begin_anew(
    broker: Kafka, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    await commit_7(broker, run)
    monkeypatch.setattr(groups, "PATIENCE_SECONDS", 1.0)
    forge_all(monkeypatch, OffsetFetchRequest, [refused_offsets(LOADING)] * 1000)
    with pytest.raises(Unavailable):
        await committed_offset(broker, run)


def refused_group(run: Run, code: int) -> SimpleNamespace:
    return SimpleNamespace(groups=[(code, f"sendhub-{run.name}", "", "", "", [])])


@pytest.mark.parametrize("code", [LOADING, NOT_AVAILABLE, NOT_COORDINATOR])
async def test_a_stage_is_not_taken_for_stopped_because_its_coordinator_does_not_say(
    broker: Kafka, run: Run, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "PATIENCE_SECONDS", 1.0)
    forge_all(monkeypatch, DescribeGroupsRequest, [refused_group(run, code)] * 1000)
    with pytest.raises(Unavailable):
        await groups.require_stopped(settings(broker), run.name)


async def test_a_coordinator_that_does_not_say_who_is_in_the_group_is_asked_again(
    broker: Kafka, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge_all(monkeypatch, DescribeGroupsRequest, answers := [refused_group(run, LOADING)])
    await groups.require_stopped(settings(broker), run.name)
    assert answers == []


async def test_what_the_coordinator_refuses_for_good_is_not_asked_again(
    broker: Kafka, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge_all(monkeypatch, DescribeGroupsRequest, answers := [refused_group(run, GROUP_DENIED)] * 2)
    with pytest.raises(Unavailable, match="GroupAuthorizationFailedError"):
        await groups.require_stopped(settings(broker), run.name)
    assert len(answers) == 1
