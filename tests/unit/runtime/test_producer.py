"""Outputs find the partition that every Kafka client finds, in order, in batches below the topics' limits."""

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from hub.platform.settings import Settings
from hub.runtime import producer as producer_module
from hub.runtime.errors import RuntimeFault
from hub.runtime.partitions import Partition
from hub.runtime.producer import BATCH_BYTES, OutputTooLarge, TransactionalProducer, partition_of
from hub.runtime.worker import no_point
from hub.stages.stage import Output


@given(st.binary(max_size=60), st.integers(1, 64))
def test_the_partition_is_the_one_that_other_clients_find(key: bytes, partitions: int) -> None:
    assert partition_of(key, partitions) == DefaultPartitioner()(key, list(range(partitions)), [])


class Open:
    """A producer in the middle of a transaction."""

    async def begin_transaction(self) -> None:
        return

    async def stop(self) -> None:
        return


@pytest.mark.parametrize("wrong", [ValueError("a value that is no bytes"), MessageSizeTooLargeError("too large")])
async def test_what_cannot_be_written_leaves_no_transaction_open(
    monkeypatch: pytest.MonkeyPatch, wrong: Exception
) -> None:
    producer = TransactionalProducer(Settings(), "count", Partition("test.in", 0), no_point)
    first = producer._producer = Open()

    async def start(self: TransactionalProducer) -> None:
        self._producer = Open()

    async def send(self: TransactionalProducer, outputs: object) -> list[object]:
        raise wrong

    monkeypatch.setattr(TransactionalProducer, "start", start)
    monkeypatch.setattr(TransactionalProducer, "_send", send)
    with pytest.raises((ValueError, OutputTooLarge)):
        await producer.commit([Output("out", b"k", b"v")], [], 1)
    assert producer._producer is not first


async def test_a_producer_that_cannot_be_renewed_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    producer = TransactionalProducer(Settings(), "count", Partition("test.in", 0), no_point)
    producer._producer = Open()

    async def start(self: TransactionalProducer) -> None:
        raise KafkaConnectionError("away")

    async def send(self: TransactionalProducer, outputs: object) -> list[object]:
        raise MessageSizeTooLargeError("too large")

    monkeypatch.setattr(TransactionalProducer, "start", start)
    monkeypatch.setattr(TransactionalProducer, "_send", send)
    with pytest.raises(RuntimeFault):
        await producer.commit([Output("out", b"k", b"v")], [], 1)


class Started:
    """A client's producer that counts itself while it runs."""

    running = 0

    def __init__(self, **options: object) -> None:
        return

    async def start(self) -> None:
        Started.running += 1

    async def stop(self) -> None:
        Started.running -= 1


async def test_a_start_that_is_tried_again_leaves_no_second_producer_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producer_module, "AIOKafkaProducer", Started)
    monkeypatch.setattr(Started, "running", 0)
    producer = TransactionalProducer(Settings(), "count", Partition("test.in", 0), no_point)
    await producer.start()
    await producer.start()
    assert Started.running == 1
    await producer.stop()
    assert Started.running == 0


class Taking:
    """Keeps the batches that are handed over."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, int, BatchBuilder]] = []

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(BATCH_BYTES, 0, is_transactional=1)

    async def partitions_for(self, topic: str) -> set[int]:
        return {0, 1, 2, 3}

    async def send_batch(self, batch: BatchBuilder, topic: str, partition: int) -> asyncio.Future[object]:
        self.batches.append((topic, partition, batch))
        return asyncio.get_running_loop().create_future()


@pytest.fixture
def taking() -> Taking:
    return Taking()


async def handed_over(taking: Taking, outputs: list[Output]) -> None:
    producer = TransactionalProducer(Settings(), "count", Partition("test.in", 0), no_point)
    producer._producer = taking
    await producer._send(outputs)


async def test_records_of_one_partition_share_batches_that_stay_small(taking: Taking) -> None:
    outputs = [Output("out", b"k%d" % n, b"x" * 1000) for n in range(1000)]
    await handed_over(taking, outputs)
    assert sum(batch.record_count() for _, _, batch in taking.batches) == 1000
    assert {partition for _, partition, _ in taking.batches} == {0, 1, 2, 3}
    assert max(batch.size() for _, _, batch in taking.batches) <= BATCH_BYTES
    assert len(taking.batches) < 20


async def test_a_record_larger_than_a_batch_goes_alone(taking: Taking) -> None:
    outputs = [Output("out", b"k", b"x" * size, partition=2) for size in (10, 10 * BATCH_BYTES, 10)]
    await handed_over(taking, outputs)
    assert [batch.record_count() for _, _, batch in taking.batches] == [1, 1, 1]


async def test_nothing_to_send_is_nothing_sent(taking: Taking) -> None:
    await handed_over(taking, [])
    assert taking.batches == []
