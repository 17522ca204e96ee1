"""Reading partitions from their beginning to where they end now, committed records only."""

import time
from collections.abc import AsyncIterator, Collection, Sequence
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CorruptRecordException

from hub.platform.settings import Settings
from hub.runtime.errors import StateDamaged
from hub.runtime.partitions import Partition
from hub.stages.errors import Unavailable

POLL_MS = 500
FETCH_BYTES = 8 << 20
FETCH_WAIT_MS = 20
"""Longest wait in the broker: the client has one fetch under way, and one that waits at an end holds up the next."""
SILENT_SECONDS = 60.0
"""How long nothing may come before reading is given up: an open transaction ends sooner."""


class LogReader:
    """Reads on from where it stopped each time it is asked. Use it as an async context manager."""

    def __init__(self, settings: Settings, partitions: Collection[Partition]) -> None:
        self._partitions = [TopicPartition(*partition) for partition in partitions]
        self._reader = _consumer(settings, "read_committed")
        self._ends = _consumer(settings, "read_uncommitted")

    async def __aenter__(self) -> Self:
        """Connect, and stand at the beginning of each partition."""
        try:
            await self._reader.start()
            await self._ends.start()
            self._reader.assign(self._partitions)
            await self._reader.seek_to_beginning(*self._partitions)
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._stop()

    async def _stop(self) -> None:
        try:
            await self._ends.stop()
        finally:
            await self._reader.stop()

    async def bounds(self) -> dict[Partition, tuple[int, int]]:
        """The first offset of each partition and the one after its last, open transactions included."""
        first = await self._ends.beginning_offsets(self._partitions)
        last = await self._ends.end_offsets(self._partitions)
        return {Partition(*tp): (first[tp], last[tp]) for tp in self._partitions}

    async def seek(self, partition: Partition, offset: int) -> None:
        """Read a partition on from there."""
        self._reader.seek(TopicPartition(*partition), offset)

    async def seek_to_time(self, milliseconds: int) -> None:
        """Read on from the first records with this timestamp or a later one."""
        found = await self._ends.offsets_for_times(dict.fromkeys(self._partitions, milliseconds))
        last = await self._ends.end_offsets(self._partitions)
        for tp in self._partitions:
            self._reader.seek(tp, found[tp].offset if found.get(tp) is not None else last[tp])

    async def read_on(self) -> AsyncIterator[Sequence[Any]]:
        """Everything that was written up to now, in batches of one partition; no transaction is read in part.

        Waits for transactions that are open now; raises Unavailable when they stay so.
        """
        ends = await self._ends.end_offsets(self._partitions)
        async for batch in self._read(ends, whole=True):
            yield batch

    async def read_to(self, ends: dict[Partition, int]) -> AsyncIterator[Sequence[Any]]:
        """Everything up to these offsets, and perhaps more."""
        async for batch in self._read(
            {TopicPartition(*partition): end for partition, end in ends.items()}, whole=False
        ):
            yield batch

    async def _read(self, left: dict[TopicPartition, int], *, whole: bool) -> AsyncIterator[Sequence[Any]]:
        heard = time.monotonic()
        while left := {tp: end for tp, end in left.items() if not await self._is_past(tp, end, whole)}:
            batches = await self._fetch(left)
            if batches:
                heard = time.monotonic()
            elif time.monotonic() - heard > SILENT_SECONDS:
                tp = next(iter(left))
                raise Unavailable(f"{tp.topic}/{tp.partition} can't be read on: a transaction stays open")
            for batch in batches.values():
                yield batch

    async def _is_past(self, tp: TopicPartition, end: int, whole: bool) -> bool:
        """`whole`: also past the last transaction that was begun to be read."""
        position, stable = await self._reader.position(tp), self._reader.last_stable_offset(tp)
        return bool(position >= end and (not whole or stable is None or position >= stable))

    async def _fetch(self, left: Collection[TopicPartition]) -> dict[TopicPartition, Sequence[Any]]:
        try:
            found: dict[TopicPartition, Sequence[Any]] = await self._reader.getmany(*left, timeout_ms=POLL_MS)
        except CorruptRecordException as error:
            places = [f"{tp.topic}/{tp.partition} at {await self._reader.position(tp)}" for tp in left]
            raise StateDamaged(
                f"Kafka hands out a record with a wrong checksum: {', '.join(places)} or after it. Make a changelog "
                "anew (delete it, run `sendhub topics`, restore its state); restore any other topic from a copy."
            ) from error
        return found


def _consumer(settings: Settings, isolation: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        isolation_level=isolation,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
        fetch_max_wait_ms=FETCH_WAIT_MS,
    )
