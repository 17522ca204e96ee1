"""What putting records back on their topics has in common: transactions that say what went wrong, and their acks."""

import asyncio
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced

from hub.platform.settings import Settings
from hub.runtime.errors import Fenced, RuntimeFault
from hub.stages.stage import Output
from schemas.topics import DEADLETTER


class Placed(NamedTuple):
    """What Kafka says of a record that it took: the part of aiokafka's own tuple that is used."""

    offset: int


def producer(settings: Settings, work: str) -> AIOKafkaProducer:
    """A transactional producer for one kind of work: starting a second one fences the first."""
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka,
        transactional_id=f"{settings.group_prefix}-{work}",
        transaction_timeout_ms=int(settings.transaction_timeout * 1000),
        max_request_size=DEADLETTER.max_message_bytes,
    )


class Transaction:
    """All or nothing, and whatever keeps it from being all as one of the runtime's errors. `others` are the commands
    that may have fenced it."""

    def __init__(self, producer: AIOKafkaProducer, others: str) -> None:
        self._transaction = producer.transaction()
        self._others = others

    async def __aenter__(self) -> None:
        await self._transaction.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        try:
            await self._transaction.__aexit__(kind, error, at)
        except KafkaError as failure:
            raise self._translated(error if isinstance(error, KafkaError) else failure) from failure
        if isinstance(error, KafkaError):
            raise self._translated(error) from error

    def _translated(self, error: KafkaError) -> RuntimeFault:
        if isinstance(error, ProducerFenced | InvalidProducerEpoch):
            return Fenced(f"another {self._others} was started meanwhile, and goes on in its place")
        return RuntimeFault(
            f"Kafka refused the transaction ({type(error).__name__}): nothing of this batch was changed"
        )


async def send(producer: AIOKafkaProducer, *record: object, **rest: object) -> "asyncio.Future[Placed]":
    """Send one record; where the next is refused at once, nobody else asks this one what became of it."""
    future: asyncio.Future[Placed] = await producer.send(*record, **rest)
    future.add_done_callback(lambda ack: ack.cancelled() or ack.exception())
    return future


async def send_all(producer: AIOKafkaProducer, outputs: Iterable[Output]) -> None:
    """Send outputs and wait for their acks."""
    sent = [
        await send(producer, each.topic, each.value, each.key, each.partition, headers=list(each.headers))
        for each in outputs
    ]
    if sent:
        await acked(sent)


async def acked(sent: Sequence["asyncio.Future[Placed]"]) -> list[Placed]:
    """Wait for every ack: the client would commit without a record that the broker refused."""
    await asyncio.wait(sent)
    refusals = [refusal for each in sent if (refusal := each.exception())]
    if refusals:
        raise refusals[0]
    return [each.result() for each in sent]
