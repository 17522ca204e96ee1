"""Replaying messages: their raw bytes go to the end of their own topic and partition again, as they were received.

All that comes of a message has ids made of what it says, so stages know a repeat; what they could not read before, or
read another way, is new. A batch goes in one Kafka transaction with its audit record. One replay works at a time.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aiokafka import AIOKafkaProducer

from hub.platform.clock import Clock
from hub.platform.settings import Settings
from hub.runtime import topics
from hub.runtime.audit import Act
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition, to_record
from hub.runtime.put_back_outcome import PutBack, outcome
from hub.runtime.putting_back import Transaction, acked, producer, send
from hub.stages.stage import Record
from hub.store.messages import RawPlace
from schemas.envelope import Envelope
from schemas.topics import AUDIT_INTAKE
from schemas.trail import message_key

BATCH_MESSAGES = 100
OTHERS = "`sendhub replay`"
STAGE = "intake"


class Progress(NamedTuple):
    """How far a replay is: of `wanted` messages so many are put back, and so many were not kept any more."""

    wanted: int
    replayed: int
    gone: int


@dataclass(frozen=True)
class Report:
    """Ids of messages by what came of them. `gone`: Kafka does not keep their bytes any more. `waiting`: intake has not
    passed them yet. `left`: the replay was stopped before them."""

    fixed: tuple[str, ...] = ()
    came_back: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class MessageReplay:
    """`seconds` is how long intake is waited for at the end; `tell` hears of each batch, `stopped` is asked before.

    Raises Unavailable while Kafka or a topic is away, Fenced when another replay was started, RuntimeFault when Kafka
    refuses a transaction: what was put back before stands, and may be put back again.
    """

    settings: Settings
    clock: Clock
    act: Act
    seconds: float
    tell: Callable[[Progress], None]
    stopped: Callable[[], bool]

    async def run(self, wanted: Sequence[RawPlace]) -> Report:
        """Put all of these back, in the order of their partitions."""
        await topics.require(self.settings.kafka, {AUDIT_INTAKE.name, *(each.topic for each in wanted)})
        done: list[PutBack] = []
        passed: set[str] = set()
        sender = producer(self.settings, "messages")
        await sender.start()
        try:
            async for batch, gone in self._batches(wanted):
                if self.stopped():
                    break
                passed |= {each.message for each in gone}
                done += await self._put_back(sender, batch) if batch else []
                self.tell(Progress(len(wanted), len(done), len(passed)))
        finally:
            await sender.stop()
        found = await outcome(self.settings, done, self.seconds)
        seen = passed | {each.id for each in done}
        left = tuple(each.message for each in wanted if each.message not in seen)
        return Report(found.fixed, found.came_back, found.waiting, tuple(sorted(passed)), left)

    async def _batches(
        self, wanted: Sequence[RawPlace]
    ) -> AsyncIterator[tuple[list[tuple[RawPlace, Record]], list[RawPlace]]]:
        """What is still kept, and what is not, a batch at a time."""
        for partition in sorted({_partition(each) for each in wanted}):
            mine = sorted((each for each in wanted if _partition(each) == partition), key=lambda each: each.offset)
            for start in range(0, len(mine), BATCH_MESSAGES):
                batch = mine[start : start + BATCH_MESSAGES]
                records = await self._read(partition, {each.offset for each in batch})
                kept = [(each, records[each.offset]) for each in batch if _is(records.get(each.offset), each)]
                there = {each for each, _ in kept}
                yield kept, [each for each in batch if each not in there]

    async def _read(self, partition: Partition, offsets: set[int]) -> dict[int, Record]:
        found: dict[int, Record] = {}
        async with LogReader(self.settings, [partition]) as log:
            first, last = (await log.bounds())[partition]
            if max(offsets) < first or min(offsets) >= last:
                return found
            await log.seek(partition, max(first, min(offsets)))
            async for batch in log.read_to({partition: min(last, max(offsets) + 1)}):
                found |= {raw.offset: to_record(raw) for raw in batch if raw.offset in offsets}
        return found

    async def _put_back(self, sender: AIOKafkaProducer, batch: Sequence[tuple[RawPlace, Record]]) -> list[PutBack]:
        """Sealed as they are: neither needs to be opened."""
        async with Transaction(sender, OTHERS):
            sent = [
                await send(
                    sender, record.topic, record.value, record.key, record.partition, headers=list(record.headers)
                )
                for _, record in batch
            ]
            placed = await acked(sent)
            entry = self.act.entry("message.replay", tuple(each.message for each, _ in batch), self.clock)
            await acked([await send(sender, AUDIT_INTAKE.name, entry.model_dump_json().encode(), entry.actor.encode())])
        return [
            PutBack(each.message, STAGE, _partition(each), metadata.offset)
            for (each, _), metadata in zip(batch, placed, strict=True)
        ]


def _partition(place: RawPlace) -> Partition:
    return Partition(place.topic, place.partition)


def _is(record: Record | None, place: RawPlace) -> bool:
    """Whether the record there is the message: a topic that was made anew has others at its offsets."""
    if record is None:
        return False
    try:
        envelope = Envelope.of(record.headers)
    except ValueError:
        return False
    return message_key(envelope.source, envelope.id) == place.message
