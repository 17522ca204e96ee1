"""Commits a batch to Kafka: outputs, changelog and source offset in one transaction."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from hub.platform import tracing
from hub.platform.clock import Clock
from hub.platform.settings import Settings
from hub.runtime import stage_metrics as metrics
from hub.runtime.changelog import origin, read_state, to_output
from hub.runtime.deadletters import Burial
from hub.runtime.errors import DataMissing, Fenced, RuntimeFault
from hub.runtime.partitions import Partition
from hub.runtime.producer import Reach, TransactionalProducer
from hub.runtime.sealing import Boundary
from hub.runtime.source_log import SourceLog
from hub.runtime.state import Changes, PartitionState
from hub.runtime.vault import Sealing, Vault
from hub.stages.stage import Handler, Output, Record, Stage, Step

if TYPE_CHECKING:
    from hub.platform.spans import Passing

log = structlog.get_logger()

STIR_SECONDS = 6 * 3600.0
"""After so long without a record on a changelog with data keys, the next batch writes one."""
ASK_SECONDS = 5.0
"""How long a process that ends anyway asks for the reason."""


class KafkaCommitter:
    """One source partition of a stage whose effects are all in Kafka."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        stage: Stage,
        source: Partition,
        source_log: SourceLog,
        reach: Reach,
        opening: asyncio.Semaphore | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._stage = stage
        self._source = source
        self._source_log = source_log
        self._reach = reach
        self._opening = opening or asyncio.Semaphore()
        self._producer = TransactionalProducer(settings, stage.name, source, reach)
        self._changelog = Partition(stage.changelog, source.partition) if stage.changelog else None
        self._boundary = Boundary(settings.ring)
        self._burial = Burial(settings.ring, self._boundary)
        self._vault: Vault | None = None
        self._stirred_at = -STIR_SECONDS
        self._state = PartitionState()
        self._handler: Handler | None = None
        self._committed: int | None = None

    async def open(self) -> int:
        """Fence, read the state, then the offset: in this order nothing of a former owner can come after."""
        async with self._opening:
            start = await self._open()
        self._handler = self._stage.open(self._source.partition, self._state.begin())
        log.info("partition opened", stage=self._stage.name, source=self._source, keys=len(self._state), offset=start)
        return start

    async def _open(self) -> int:
        await self._producer.start()
        if self._changelog is None:
            return await self._read_offset()
        stage = self._stage
        if stage.owner_of is not None:
            self._vault = Vault(self._changelog.topic, self._settings.ring, stage.owner_of)
        self._state, includes = await read_state(self._settings, self._changelog, stage.mend, stage.check, self._vault)
        start = await self._read_offset()
        check_state(self._source, self._changelog, self._committed, includes, stage.mend)
        if includes is None:
            await self._write((), [origin(self._changelog, start)], start)
        return start

    async def commit(self, records: Sequence[Record], end: int) -> int:
        """Handle the records and commit; how many are done with."""
        assert self._handler is not None
        passing = tracing.passing(self._stage.name, records)
        changes = self._state.begin()
        step = self._handler.handle(self._boundary.opened(records), changes)
        self._reach("compute")
        offset = end if step.consumed == len(records) else records[step.consumed].offset
        sealing = self._sealing(changes)
        said = step.outputs if passing is None else [_traced(output, passing) for output in step.outputs]
        outputs = [self._boundary.seal(output) for output in said]
        await self._write(outputs, self._stirred(self._entries(changes.changed, sealing, offset), offset), offset)
        if sealing is not None:
            sealing.done()
        if passing is not None:
            passing.done(step.consumed)
        self._reach("commit")
        try:
            self._follow(self._handler, changes, step)
        except Exception as error:
            # The batch is durable: whatever is wrong now, it must not be taken for poison and handled once more.
            raise RuntimeFault(f"what follows a commit failed: {type(error).__name__}") from error
        return step.consumed

    async def bury(self, record: Record, error: Exception, attempts: int, end: int) -> None:
        """The dead letter and the offset after it, in one transaction."""
        letter = self._burial.letter(self._stage.name, record, error, attempts, self._clock.now())
        await self._write(letter, (), end)

    async def skip(self, end: int) -> None:
        """A transaction with nothing but the offset."""
        await self._write((), (), end)

    async def rest(self) -> None:
        """Data keys that an earlier wrapping key still wraps are wrapped with the current one."""
        while self._vault is not None and self._committed is not None and self._vault.stale():
            sealing = self._vault.begin()
            await self._write((), self._entries({}, sealing, self._committed), self._committed)
            sealing.done()

    async def close(self) -> None:
        """Let go of the producer."""
        await self._producer.stop()

    async def _read_offset(self) -> int:
        self._committed = await self._source_log.committed_offset(self._source)
        return await self._source_log.check_start(self._source, self._committed)

    async def _write(self, outputs: Iterable[Output], changelog: Iterable[Output], offset: int) -> None:
        try:
            await self._producer.commit(outputs, changelog, offset)
        except Fenced:
            raise
        except RuntimeFault as fault:
            await self._name_owner(fault, offset)
            raise
        except Exception:
            await self._check_owner()
            raise
        self._committed = offset

    async def _name_owner(self, fault: RuntimeFault, offset: int) -> None:
        """A process that slept may meet dead connections before the fence: say so when it was another owner.

        Whatever goes wrong in asking, the fault that ends the process stays the reason.
        """
        try:
            async with asyncio.timeout(ASK_SECONDS):
                found = await self._source_log.committed_offset(self._source)
        except Exception:
            return
        if found not in (self._committed, offset):
            raise Fenced(f"{self._source} of {self._stage.name} was moved on by another owner") from fault

    async def _check_owner(self) -> None:
        """After a refusal the producer was made anew, and that fenced whoever took over while we were away: if they
        moved on, our state is old and the partition is theirs. Not knowing it, nothing more may be committed: the lane
        would take any other error for poison, and go on with the batch's halves.
        """
        try:
            found = await self._source_log.committed_offset(self._source)
        except RuntimeFault:
            raise
        except Exception as error:
            raise RuntimeFault(f"the owner of {self._source} is not known: {type(error).__name__}") from error
        if found != self._committed:
            raise Fenced(f"{self._source} of {self._stage.name} was moved on by another owner")

    def _follow(self, handler: Handler, changes: Changes, step: Step) -> None:
        self._state.apply(changes)
        handler.committed(changes.changed)
        for topic, number in Counter(output.topic for output in step.outputs).items():
            metrics.STAGE_OUT.labels(self._stage.name, topic).inc(number)

    def _stirred(self, entries: list[Output], offset: int) -> list[Output]:
        """With a record that says nothing new, where none was written for long: Kafka compacts only what lies before
        the segment that it writes to, and closes that, once it is due, with the next record. So erased keys go."""
        if self._vault is None or self._changelog is None:
            return entries
        now = time.monotonic()
        if not entries and now - self._stirred_at < STIR_SECONDS:
            return entries
        self._stirred_at = now
        return entries or [origin(self._changelog, offset)]

    def _sealing(self, changes: Changes) -> Sealing | None:
        if self._vault is None:
            return None
        changes.changed.update(self._vault.erased(changes.changed, self._state))
        return self._vault.begin()

    def _entries(self, changed: Mapping[str, bytes | None], sealing: Sealing | None, end: int) -> list[Output]:
        if self._changelog is None:
            return []
        entries = changed.items() if sealing is None else sealing.entries(changed)
        return [to_output(self._changelog, key, value, end) for key, value in entries]


def _traced(output: Output, passing: "Passing") -> Output:
    return replace(output, headers=passing.carried(output.headers))


def check_state(
    source: Partition, changelog: Partition, committed: int | None, includes: int | None, mend: str = ""
) -> None:
    """State and offset are written together; raises DataMissing, which says `mend`, when one was lost without the
    other.
    """
    what = f"{changelog.topic}/{changelog.partition}"
    of = f"{source.topic}/{source.partition}"
    if includes is None and committed is not None:
        raise DataMissing(
            f"{committed} of {of} was already processed, but the state in {what} is gone. {mend}".rstrip()
        )
    if includes is not None and (committed is None or committed < includes):
        raise DataMissing(
            f"the state in {what} includes {of} up to {includes}, but the group's offset is {committed}: the topic was "
            "recreated, or the offset was reset or has expired. Restore them, or begin the stage anew as "
            "docs/reliability.md says."
        )
