"""Shadow topics: where a rebuild writes what it says, so that nobody takes it for news."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from hub.platform.settings import Settings
from hub.runtime import topics as kafka_topics
from hub.runtime.producer import BATCH_BYTES, partition_of
from hub.stages.errors import Unavailable
from hub.stages.stage import Output
from schemas.topics import DEADLETTER, Topic


class Shadow:
    """`shadow.<run>.<topic>` for each of a stage's topics, removed at the end of the block unless they are kept."""

    def __init__(self, settings: Settings, run: str, topics: Iterable[Topic], *, keep: bool) -> None:
        self.topics = [replace(topic, name=f"shadow.{run}.{topic.name}") for topic in topics]
        self._partitions = {topic.name.removeprefix(f"shadow.{run}."): topic.partitions for topic in self.topics}
        self._run = run
        self._keep = keep
        self._settings = settings
        self._unwritten: set[asyncio.Future[object]] = set()
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.kafka,
            acks="all",
            enable_idempotence=True,
            linger_ms=20,
            max_batch_size=BATCH_BYTES,
            max_request_size=DEADLETTER.max_message_bytes,
        )

    async def __aenter__(self) -> Self:
        """Create them."""
        await kafka_topics.create(self._settings.kafka, self._settings.replication, self.topics)
        await self._producer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Let all of it be written; remove the topics. Raises Unavailable when Kafka did not take all of it."""
        try:
            await self._producer.stop()
        finally:
            await self._remove()
        if self._unwritten and error is None:
            raise Unavailable(f"Kafka did not take {len(self._unwritten)} records for the shadow topics")

    async def _remove(self) -> None:
        if not self._keep:
            admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.kafka)
            await admin.start()
            try:
                await admin.delete_topics([topic.name for topic in self.topics])
            finally:
                await admin.close()

    async def write(self, output: Output) -> None:
        """Write an output under its shadow's name; a topic that has none is passed over."""
        partitions = self._partitions.get(output.topic)
        if partitions is None:
            return
        partition = partition_of(output.key, partitions) if output.partition is None else output.partition
        name = f"shadow.{self._run}.{output.topic}"
        sent = await self._producer.send(name, output.value, output.key, partition, headers=list(output.headers))
        self._unwritten.add(sent)
        sent.add_done_callback(self._is_done)

    def _is_done(self, sent: asyncio.Future[object]) -> None:
        if not sent.cancelled() and sent.exception() is None:
            self._unwritten.discard(sent)
