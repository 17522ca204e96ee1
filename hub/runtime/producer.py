"""A source partition's own transactional producer.

Its transactional id is the stage and the source partition, so a new owner's start fences the former owner and settles
what that one left open, before anything is read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    InvalidProducerEpoch,
    KafkaError,
    MessageSizeTooLargeError,
    ProducerFenced,
    RecordListTooLargeError,
)
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

from hub.platform.settings import Settings
from hub.runtime.errors import Fenced, RuntimeFault
from hub.runtime.partitions import Partition
from hub.stages.stage import Output
from schemas.topics import DEADLETTER
from schemas.versions import versioned

Reach = Callable[[str], None]
"""Called at each named point of a transaction; tests stop or kill the process there.

In order: compute, outputs and then changelog (all handed over, all acked), offsets, commit; and sent, whenever the
broker has acked a batch, so that a part of the transaction is in the log.
"""

BATCH_BYTES = 131_072
"""A topic's largest message is in truth its largest batch: batches stay well below every topic's limit."""

TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


class OutputTooLarge(Exception):
    """The broker refuses an output for its size: the record that caused it is poison."""


class TransactionalProducer:
    """Writes one batch's outputs and its source offset in one transaction."""

    def __init__(self, settings: Settings, stage: str, source: Partition, reach: Reach) -> None:
        self._settings = settings
        self._stage = stage
        self._source = source
        self._group = group_id(settings, stage)
        self._reach = reach
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Fence the former owner and settle its open transaction. One that was started before is let go first."""
        await self.stop()
        settings = self._settings
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.kafka,
            transactional_id=f"{self._group}-{self._source.topic}-{self._source.partition}",
            transaction_timeout_ms=int(settings.transaction_timeout * 1000),
            request_timeout_ms=int(settings.transaction_timeout * 1000 * 0.6),
            max_request_size=DEADLETTER.max_message_bytes,
            max_batch_size=BATCH_BYTES,
            linger_ms=0,
        )
        await self._producer.start()

    async def stop(self) -> None:
        """Close the connection; an open transaction is left to the next owner or the broker's timeout."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await producer.stop()

    async def commit(self, outputs: Iterable[Output], changelog: Iterable[Output], end: int) -> None:
        """One transaction; raises OutputTooLarge after rolling back, Fenced or RuntimeFault when the process must
        end.

        Every send is acked before the offset is sent and the transaction ended, so none is committed without one of
        its records. What is temporary (no coordinator or leader just now, too few in-sync replicas, the former
        transaction's markers still being written) the client tries again until it works, or until the broker gives
        the transaction up after its timeout, which fences this producer.
        """
        assert self._producer is not None
        reach = self._reach
        try:
            await self._producer.begin_transaction()
            sent = await self._send(outputs)
            reach("outputs")
            sent += await self._send(changelog)
            await _all(sent)
            reach("changelog")
            offsets = {TopicPartition(*self._source): end}
            await self._producer.send_offsets_to_transaction(offsets, self._group)
            reach("offsets")
            await self._producer.commit_transaction()
        except TOO_LARGE as error:
            await self._renew()
            raise OutputTooLarge(f"an output is larger than its topic takes ({type(error).__name__})") from error
        except (ProducerFenced, InvalidProducerEpoch) as error:
            why = "it has another owner, or its transaction took longer than its timeout"
            raise Fenced(f"{self._source} of {self._stage} was fenced: {why}") from error
        except KafkaError as error:
            raise RuntimeFault(f"the transaction on {self._source} failed: {type(error).__name__}: {error}") from error
        except Exception:
            # A record that can't be written at all: its transaction must not be left open for the next batch to join.
            await self._renew()
            raise

    async def write(self, outputs: Iterable[Output]) -> None:
        """One transaction of outputs alone, which moves no group's offset; raises as `commit` does."""
        assert self._producer is not None
        try:
            await self._producer.begin_transaction()
            await _all(await self._send(outputs))
            await self._producer.commit_transaction()
        except (ProducerFenced, InvalidProducerEpoch) as error:
            raise Fenced(f"{self._source} of {self._stage} was fenced: another one was started meanwhile") from error
        except KafkaError as error:
            raise RuntimeFault(f"the transaction on {self._source} failed: {type(error).__name__}: {error}") from error

    async def _send(self, outputs: Iterable[Output]) -> list[Awaitable[object]]:
        """Hand over whole batches for each partition, in order; what is to be awaited before the commit.

        One record at a time costs the client several times as much: a future and a look at its metadata for each.
        """
        assert self._producer is not None
        sent: list[Awaitable[object]] = []
        for (topic, partition), records in (await self._by_partition(outputs)).items():
            batch = self._producer.create_batch()
            for output in records:
                if not _append(batch, output):
                    sent.append(await self._send_batch(batch, topic, partition))
                    batch = self._producer.create_batch()
                    _append(batch, output)
            sent.append(await self._send_batch(batch, topic, partition))
        return sent

    async def _send_batch(self, batch: BatchBuilder, topic: str, partition: int) -> Awaitable[object]:
        assert self._producer is not None
        ack: asyncio.Future[object] = await self._producer.send_batch(batch, topic, partition=partition)
        ack.add_done_callback(self._acked)
        return ack

    def _acked(self, ack: asyncio.Future[object]) -> None:
        if not ack.cancelled() and ack.exception() is None:
            self._reach("sent")

    async def _by_partition(self, outputs: Iterable[Output]) -> dict[tuple[str, int], list[Output]]:
        assert self._producer is not None
        placed: dict[tuple[str, int], list[Output]] = {}
        counts: dict[str, int] = {}
        for output in outputs:
            partition = output.partition
            if partition is None:
                if output.topic not in counts:
                    counts[output.topic] = len(await self._producer.partitions_for(output.topic))
                partition = partition_of(output.key, counts[output.topic])
            placed.setdefault((output.topic, partition), []).append(output)
        return placed

    async def _renew(self) -> None:
        """A producer that met a refused record is not to be trusted with another transaction: take a new one."""
        try:
            await self.start()
        except KafkaError as error:
            raise RuntimeFault(f"no new producer for {self._source}: {type(error).__name__}: {error}") from error


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition that any Kafka client finds for a key (murmur2)."""
    number: int = (murmur2(key) & 0x7FFF_FFFF) % partitions
    return number


def _append(batch: BatchBuilder, output: Output) -> bool:
    """Whether the record still fits into the batch. An empty batch takes one record of any size."""
    headers = versioned(output.topic, output.headers)
    added = batch.append(key=output.key, value=output.value, timestamp=None, headers=headers)
    return added is not None


def group_id(settings: Settings, stage: str) -> str:
    """A stage's consumer group, and the prefix of its transactional ids."""
    return f"{settings.group_prefix}-{stage}"


async def _all(futures: list[Awaitable[object]]) -> None:
    """Wait for every ack, then raise the first error: none is left to be found by the garbage collector."""
    results = await asyncio.gather(*futures, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
