"""The batch lane: one source partition, whole batches, each committed once or not at all.

Nothing fetched is ever dropped without going back: the lane knows the position that comes next, and a fetch that does
not start there (one that was under way while the position was sought again) is given up and the position sought anew.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

import structlog

from hub.platform.logs import place_of
from hub.platform.outages import Outages
from hub.runtime import stage_metrics as metrics
from hub.runtime.errors import RuntimeFault
from hub.runtime.partitions import Fetched, Partition
from hub.stages.errors import TemporaryError, Unavailable
from hub.stages.stage import Record
from schemas import heartbeats
from schemas.trail import message_key

log = structlog.get_logger()

Answer = TypeVar("Answer")
SOURCE_HEADERS = frozenset({"ce_source", "source"})
"""Raw messages name their feed as CloudEvents do, what stages make of them by one word."""

MAX_DELAY = 30.0
"""Longest wait between attempts at a temporary error, in seconds."""
ATTEMPTS = 5
"""How often a record that stands alone is tried before a temporary error of its own makes it a dead letter."""
BATCH_ATTEMPTS = 2
"""How often a batch is tried before its halves are: which of its records is to blame is then soon known."""


class Committer(Protocol):
    """Makes a batch's effects and its source offset durable together. Any call may raise Unavailable."""

    async def open(self) -> int:
        """Take the partition over from any former owner; the offset to go on from."""
        ...

    async def commit(self, records: Sequence[Record], end: int) -> int:
        """Handle the records; how many are done with. `end` is the offset to commit when all are.

        Raises TemporaryError to be called again, RuntimeFault when the process must end; anything else means that one
        of the records is poison, as does a TemporaryError that stays.
        """
        ...

    async def bury(self, record: Record, error: Exception, attempts: int, end: int) -> None:
        """Write the record as a dead letter and move past it."""
        ...

    async def skip(self, end: int) -> None:
        """Move the committed offset over transaction markers."""
        ...

    async def rest(self) -> None:
        """Nothing more comes for now: what was put off for the sake of speed may be done."""
        ...

    async def close(self) -> None:
        """Let go of the partition."""
        ...


class Lane:
    """One partition's way through a stage. `position` is the next offset to fetch, None until opened."""

    def __init__(self, stage: str, partition: Partition, committer: Committer, outages: Outages | None = None) -> None:
        self.stage = stage
        self.partition = partition
        self.position: int | None = None
        self.committed = 0
        self._place = (stage, partition.topic, str(partition.partition))
        self._waiting_for: str | None = None
        self._committer = committer
        self._outages = outages or Outages(stage=stage)
        self._closing = asyncio.Event()

    async def open(self) -> int | None:
        """Become the owner; returns the offset to go on from, None when the partition was taken away meanwhile."""
        start = await self._patiently(self._committer.open)
        if start is not None:
            self.position = self.committed = start
        return start

    @property
    def waiting_for(self) -> str | None:
        """What is away, or takes too long, while the lane waits for it."""
        return self._waiting_for

    @waiting_for.setter
    def waiting_for(self, why: str | None) -> None:
        if why != self._waiting_for:
            metrics.STAGE_WAITING.labels(*self._place).set(why is not None)
            if why is None:
                self._outages.ends(self.partition)
            else:
                self._outages.begins(self.partition, why)
        self._waiting_for = why

    async def close(self) -> None:
        """Stop retrying and let go. The caller has made sure that no batch is under way."""
        self._closing.set()
        self.position = self.waiting_for = None
        metrics.STAGE_LAG.remove(*self._place)  # the next owner's is the partition's now
        await self._committer.close()

    @property
    def given_up(self) -> bool:
        """Whether the partition is being handed over: no further batch may be started."""
        return self._closing.is_set()

    def give_up(self) -> None:
        """Begin to hand the partition over; a retry that is waiting ends."""
        self._closing.set()

    async def take(self, fetched: Fetched) -> bool:
        """Process one fetch; False when it does not start where the lane stands and must be sought again."""
        if fetched.start != self.position:
            return False
        for source, number in Counter(map(source_of, fetched.records)).items():
            metrics.STAGE_IN.labels(self.stage, source).inc(number)
        self._tell(fetched.stable, fetched.start)  # what is in hand is not committed, however long it takes
        if fetched.records:
            in_progress = metrics.STAGE_PROGRESS.labels(self.stage)
            in_progress.inc(len(fetched.records))
            try:
                await self._work_off(fetched.records, fetched.end)
            finally:
                in_progress.dec(len(fetched.records))
        if not self._closing.is_set():
            self.position = fetched.end
            self._tell(fetched.stable, fetched.end)
        return True

    async def rest(self) -> None:
        """Nothing has come for a while: let the committed offset pass the transaction markers at the end of the log.

        Not at once: at a trickle that would be a second transaction for every record.
        """
        if self.position is None:
            return
        if self.position > self.committed:
            await self._skip(self.position)
        await self._committer.rest()

    async def _work_off(self, records: Sequence[Record], end: int) -> None:
        """Commit the records in order, halving a batch that holds a poison record until it stands alone."""
        batches = deque([(records, end)])
        while batches and not self._closing.is_set():
            batch, batch_end = batches[0]
            try:
                consumed = await self._commit(batch, batch_end)
            except RuntimeFault:
                raise
            except Exception as error:
                metrics.STAGE_FAILED.labels(self.stage, type(error).__name__).inc()
                batches.popleft()
                if len(batch) == 1:
                    await self._bury(batch[0], error, batch_end)
                else:
                    batches.extendleft(reversed(_halves(batch, batch_end)))
                continue
            if consumed is None:
                return
            batches.popleft()
            if consumed < len(batch):
                self.committed = batch[consumed].offset
                batches.appendleft((batch[consumed:], batch_end))
            else:
                self.committed = batch_end
            self._passed(batch[:consumed])

    async def _commit(self, batch: Sequence[Record], end: int) -> int | None:
        async def commit() -> int:
            metrics.STAGE_BATCH_SIZE.labels(self.stage).observe(len(batch))
            with metrics.STAGE_BATCH.labels(self.stage).time():
                return await self._committer.commit(batch, end)

        return await self._patiently(commit, ATTEMPTS if len(batch) == 1 else BATCH_ATTEMPTS)

    async def _skip(self, end: int) -> None:
        async def skip() -> bool:
            await self._committer.skip(end)
            return True

        if await self._patiently(skip):
            self.committed = end

    async def _bury(self, record: Record, error: Exception, end: int) -> None:
        attempts = ATTEMPTS if isinstance(error, TemporaryError) else 1

        async def bury() -> bool:
            await self._committer.bury(record, error, attempts, end)
            return True

        if not await self._patiently(bury):
            return
        self.committed = end
        metrics.STAGE_DEAD.labels(self.stage, source_of(record)).inc()
        log.error(
            "dead letter",
            stage=self.stage,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            message=message_of(record),
            error=type(error).__name__,
            at=place_of(error),
        )

    async def _patiently(self, attempt: Callable[[], Awaitable[Answer]], most: int | None = None) -> Answer | None:
        """What comes of it, however long something is away; None when the partition is taken away first.

        With `most` the last of so many temporary errors is raised.
        """
        failures = 0
        while not self._closing.is_set():
            try:
                answer = await attempt()
            except TemporaryError as error:
                failures += 1
                if failures == most and not isinstance(error, Unavailable):
                    raise
                await self._wait(error, failures)
            else:
                self.waiting_for = None
                return answer
        return None

    async def _wait(self, error: TemporaryError, failures: int) -> None:
        """Wait before the next attempt, unless the partition is being taken away."""
        metrics.STAGE_FAILED.labels(self.stage, "TemporaryError").inc()
        self.waiting_for = str(error)
        delay = min(error.delay * 2 ** min(failures - 1, 6), MAX_DELAY)
        try:
            await asyncio.wait_for(self._closing.wait(), delay)
        except TimeoutError:
            return

    def _passed(self, records: Sequence[Record]) -> None:
        """Tell that records were committed, and how old the heartbeats among them are."""
        metrics.STAGE_LAST_COMMIT.labels(*self._place).set_to_current_time()
        for record in records:
            if record.key == heartbeats.KEY and (inserted := heartbeats.inserted_at(record.headers)) is not None:
                metrics.HEARTBEAT.labels(self.stage).observe(max(0.0, time.time() - inserted))
                metrics.HEARTBEAT_LAST.labels(*self._place).set(inserted)

    def _tell(self, stable: int | None, position: int) -> None:
        if stable is not None:
            metrics.STAGE_LAG.labels(*self._place).set(max(0, stable - position))


def source_of(record: Record) -> str:
    """The registered feed that a record came from, as its headers name it; else its topic."""
    named = [value for name, value in record.headers if name in SOURCE_HEADERS and value is not None]
    return named[0].decode("utf-8", "replace") if named else record.topic


def message_of(record: Record) -> str | None:
    """The id of a record, as it stands in its header or, of a raw message, as it is followed by (`schemas.trail`)."""
    headers = dict(record.headers)
    if (own := headers.get("id")) is not None:
        return own.decode("utf-8", "replace")
    given = headers.get("ce_id")
    return None if given is None else message_key(source_of(record), given.decode("utf-8", "replace"))


def _halves(batch: Sequence[Record], end: int) -> list[tuple[Sequence[Record], int]]:
    middle = len(batch) // 2
    return [(batch[:middle], batch[middle].offset), (batch[middle:], end)]
