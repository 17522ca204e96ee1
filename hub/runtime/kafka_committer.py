"""Commits a batch to Kafka: outputs, changelog and source offset in one transaction."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import structlog

from hub.platform import metrics
from hub.platform.clock import Clock
from hub.platform.settings import Settings
from hub.runtime.changelog import read_state, to_output
from hub.runtime.deadletters import dead_letter
from hub.runtime.partitions import Partition
from hub.runtime.producer import Reach, TransactionalProducer
from hub.runtime.state import PartitionState
from hub.stages.stage import Handler, Output, Record, Stage

log = structlog.get_logger()

CommittedOffset = Callable[[Partition], Awaitable[int]]
"""Asks the broker where the group stands; raises DataMissing when the log can't be read from there."""


class KafkaCommitter:
    """One source partition of a stage whose effects are all in Kafka."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        stage: Stage,
        source: Partition,
        committed_offset: CommittedOffset,
        reach: Reach,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._stage = stage
        self._source = source
        self._committed_offset = committed_offset
        self._reach = reach
        self._producer = TransactionalProducer(settings, stage.name, source, reach)
        self._changelog = Partition(stage.changelog, source.partition) if stage.changelog else None
        self._state = PartitionState()
        self._handler: Handler | None = None

    async def open(self) -> int:
        """Fence, read the state, then the offset: in this order nothing of a former owner can come after."""
        await self._producer.start()
        if self._changelog is not None:
            self._state = await read_state(self._settings, self._changelog)
        self._handler = self._stage.open(self._source.partition, self._state.begin())
        offset = await self._committed_offset(self._source)
        log.info("partition opened", stage=self._stage.name, source=self._source, keys=len(self._state), offset=offset)
        return offset

    async def commit(self, records: Sequence[Record], end: int) -> int:
        """Handle the records and commit; how many are done with."""
        assert self._handler is not None
        changes = self._state.begin()
        step = self._handler.handle(records, changes)
        self._reach("compute")
        offset = end if step.consumed == len(records) else records[step.consumed].offset
        await self._producer.commit(step.outputs, self._changes(changes.changed, offset), offset)
        self._reach("commit")
        self._state.apply(changes)
        self._handler.committed(changes.changed)
        for topic, number in Counter(output.topic for output in step.outputs).items():
            metrics.STAGE_OUT.labels(self._stage.name, topic).inc(number)
        return step.consumed

    async def bury(self, record: Record, error: Exception, attempts: int, end: int) -> None:
        """The dead letter and the offset after it, in one transaction."""
        letter = dead_letter(self._stage.name, record, error, attempts, self._clock.now())
        await self._producer.commit([letter], (), end)

    async def skip(self, end: int) -> None:
        """A transaction with nothing but the offset."""
        await self._producer.commit((), (), end)

    async def close(self) -> None:
        """Let go of the producer."""
        await self._producer.stop()

    def _changes(self, changed: dict[str, bytes | None], end: int) -> list[Output]:
        if self._changelog is None:
            return []
        return [to_output(self._changelog, key, value, end) for key, value in changed.items()]
