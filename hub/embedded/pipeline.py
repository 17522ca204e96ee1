"""Looking at the pipeline from outside, with Kafka's own protocol: is everything that went in worked off?"""

import asyncio
import time
from datetime import date
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from hub.runtime.reads import READS
from schemas.topics import TICKER_STATE, Topic

Flow = tuple[tuple[str, tuple[Topic, ...]], ...]
AUDITED: Flow = (("audit", READS["audit"]),)
"""What chains the audit, where it runs."""
FLOW: Flow = tuple(each for each in READS.items() if each not in AUDITED)
"""The other stages, with what each reads, upstream first."""

POLL_SECONDS = 0.05


class NotDrained(Exception):
    """The pipeline did not work off what it was given; the message says which stage, and where to look."""


class Pipeline:
    """A look at one deployment's groups and logs: at the stages of `flow`, upstream first."""

    def __init__(self, kafka: str, prefix: str = "sendhub", flow: Flow = FLOW) -> None:
        self._prefix = prefix
        self._flow = flow
        self._day: date | None = None
        self._admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        # What is written counts before it is committed: a stage's new offset is seen a moment before its outputs are.
        self._ends = _consumer(kafka, "read_uncommitted")
        self._ticker = _consumer(kafka, "read_committed")

    async def __aenter__(self) -> Self:
        """Connect."""
        await self._admin.start()
        await self._ends.start()
        # Assigned so that the client knows their leaders, paused because only their ends are asked for.
        watched = [partition for _, topics in self._flow for partition in _partitions(topics)]
        self._ends.assign(watched)
        self._ends.pause(*watched)
        await self._ticker.start()
        self._ticker.assign([TopicPartition(TICKER_STATE.name, 0)])
        await self._ticker.seek_to_beginning()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._ticker.stop()
        await self._ends.stop()
        await self._admin.close()

    async def drained(self, seconds: float = 60.0) -> None:
        """Return once every stage has committed all it was given; raises NotDrained after `seconds`."""
        end = time.monotonic() + seconds
        while (behind := await self._behind()) is not None:
            if time.monotonic() > end:
                raise NotDrained(f"{behind} still has records to work off after {seconds:.0f} s; see its log")
            await asyncio.sleep(POLL_SECONDS)

    async def day_reached(self, day: date, seconds: float = 30.0) -> None:
        """Return once the ticker has written this day; raises NotDrained after `seconds`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._day is not None and self._day >= day:
                return
            for records in (await self._ticker.getmany(timeout_ms=100)).values():
                self._day = date.fromisoformat(records[-1].value.decode())
        raise NotDrained(f"the ticker has not written {day} after {seconds:.0f} s; see its log")

    async def _behind(self) -> str | None:
        """The first stage with records left; a broker that is away just now counts as one."""
        try:
            return await self._first_behind()
        except KafkaError:
            return "the broker"

    async def _first_behind(self) -> str | None:
        for stage, topics in self._flow:
            partitions = _partitions(topics)
            committed = await self._admin.list_consumer_group_offsets(f"{self._prefix}-{stage}")
            ends = await self._ends.end_offsets(partitions)
            for partition in partitions:
                known = committed.get(partition)
                if (0 if known is None else known.offset) < ends[partition]:
                    return stage
        return None


def _consumer(kafka: str, isolation: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(bootstrap_servers=kafka, isolation_level=isolation, auto_offset_reset="earliest")


def _partitions(topics: tuple[Topic, ...]) -> list[TopicPartition]:
    return [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]
