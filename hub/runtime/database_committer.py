"""Commits a batch to the read model: rows and source offset in one database transaction.

The database's offsets decide where reading goes on, never Kafka's; Kafka is told them too, so that lag can be seen
with any Kafka tool.
"""

import asyncio
import time
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer

from hub.platform import tracing
from hub.platform.clock import Clock
from hub.platform.settings import Settings
from hub.runtime import stage_metrics as metrics
from hub.runtime.deadletters import Burial
from hub.runtime.errors import Fenced
from hub.runtime.partitions import Partition
from hub.runtime.producer import Reach
from hub.runtime.records import buried
from hub.runtime.sealing import Boundary
from hub.runtime.source_log import SourceLog
from hub.stages.stage import Output, Record
from hub.store import Conflict, Projector

ANNOUNCE_SECONDS = 1.0
"""How often, while there is work, Kafka is told the position: nobody relies on it."""


class DatabaseCommitter:
    """One source partition of the projection."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        stage_name: str,
        source: Partition,
        projector: Projector,
        source_log: SourceLog,
        reach: Reach,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._stage_name = stage_name
        self._source = source
        self._projector = projector
        self._source_log = source_log
        self._reach = reach
        self._burial = Burial(settings.ring, Boundary(settings.ring))
        self._next = 0
        self._shown = 0
        self._buried: set[int] | None = None
        self._announced = 0.0
        self._told: int | None = None

    async def open(self) -> int:
        """Ask the database where it stands; and Kafka where the one before it stood, should this be another."""
        self._shown = await self._source_log.committed_offset(self._source) or 0
        stored = (await asyncio.to_thread(self._projector.positions, [self._source]))[self._source]
        self._next = stored
        self._buried = None
        return await self._source_log.check_start(self._source, stored or None)

    async def commit(self, records: Sequence[Record], end: int) -> int:
        """Write all of them."""
        passing = tracing.passing(self._stage_name, records)
        await self._apply(records, end)
        if passing is not None:
            passing.done(len(records))
        return len(records)

    async def bury(self, record: Record, error: Exception, attempts: int, end: int) -> None:
        """The dead letter first, acked; then past it. One that a death in between left behind is not repeated."""
        if self._buried is None:
            known = await buried(self._settings, self._stage_name)
            self._buried = known.get(self._source, set())
        if record.offset not in self._buried:
            await self._send(
                self._burial.letter(self._stage_name, record, error, attempts, self._clock.now(), "project")
            )
            self._buried.add(record.offset)
        await self._apply((), end)

    async def _send(self, letter: Sequence[Output]) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.kafka, acks="all", enable_idempotence=True, max_request_size=20 << 20
        )
        await producer.start()
        try:
            for each in letter:
                await producer.send_and_wait(each.topic, each.value, key=each.key, headers=list(each.headers))
        finally:
            await producer.stop()

    async def skip(self, end: int) -> None:
        """Move past transaction markers."""
        await self._apply((), end)

    async def rest(self) -> None:
        """Tell Kafka's tools where the database stands, if they do not know."""
        if self._told != self._next:
            await self._announce()

    async def close(self) -> None:
        """Nothing is held: the next owner asks the database."""

    async def _apply(self, records: Sequence[Record], end: int) -> None:
        self._reach("compute")
        source = self._source
        try:
            await asyncio.to_thread(
                self._projector.apply, source.topic, source.partition, records, self._next, end, self._shown
            )
        except Conflict as error:
            raise Fenced(f"{source} was moved on by another projector") from error
        self._reach("commit")
        self._next = end
        metrics.STAGE_OUT.labels(self._stage_name, "read-model").inc(len(records))
        if time.monotonic() - self._announced > ANNOUNCE_SECONDS:
            await self._announce()

    async def _announce(self) -> None:
        self._announced, self._told = time.monotonic(), self._next
        await self._source_log.announce(self._source, self._next)
