"""A source partition's own transactional producer.

Its transactional id is the stage and the source partition, so a new owner's start fences the former owner and settles
what that one left open, before anything is read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    InvalidProducerEpoch,
    KafkaError,
    MessageSizeTooLargeError,
    ProducerFenced,
    RecordListTooLargeError,
)

from hub.platform.settings import Settings
from hub.runtime.errors import Fenced, RuntimeFault
from hub.runtime.partitions import Partition
from hub.stages.stage import Output
from schemas.topics import DEADLETTER

Reach = Callable[[str], None]
"""Called at each named point of a transaction; tests stop or kill the process there."""

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
        """Fence the former owner and settle its open transaction."""
        settings = self._settings
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.kafka,
            transactional_id=f"{self._group}-{self._source.topic}-{self._source.partition}",
            transaction_timeout_ms=int(settings.transaction_timeout * 1000),
            request_timeout_ms=int(settings.transaction_timeout * 1000 * 0.6),
            max_request_size=DEADLETTER.max_message_bytes,
            max_batch_size=131_072,
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
        """
        assert self._producer is not None
        reach = self._reach
        try:
            await self._producer.begin_transaction()
            sent = [await self._send(output) for output in outputs]
            reach("outputs")
            sent += [await self._send(change) for change in changelog]
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
            raise Fenced(f"{self._source} of {self._stage} has another owner") from error
        except KafkaError as error:
            raise RuntimeFault(f"the transaction on {self._source} failed: {type(error).__name__}: {error}") from error

    async def _send(self, output: Output) -> Awaitable[object]:
        assert self._producer is not None
        future: Awaitable[object] = await self._producer.send(
            output.topic, output.value, key=output.key, partition=output.partition, headers=list(output.headers)
        )
        return future

    async def _renew(self) -> None:
        """A producer that met a refused record is not to be trusted with another transaction: take a new one."""
        await self.stop()
        await self.start()


def group_id(settings: Settings, stage: str) -> str:
    """A stage's consumer group, and the prefix of its transactional ids."""
    return f"{settings.group_prefix}-{stage}"


async def _all(futures: list[Awaitable[object]]) -> None:
    """Wait for every ack, then raise the first error: none is left to be found by the garbage collector."""
    results = await asyncio.gather(*futures, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
