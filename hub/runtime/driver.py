"""Faust's transport with the batch lane in the place of its streams.

Faust keeps the worker, the group membership and the assignment. What it does with records between the fetch and the
commit (streams, acks, commit intervals, seeking after a rebalance) is not used: docs/reliability.md says which of its
holes that closes. Subclasses only.
"""

import asyncio
import os
from collections.abc import Mapping
from tempfile import mkdtemp
from typing import Any, Protocol

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faust import App
from faust.transport.drivers import aiokafka as driver

from hub.platform.health import Health
from hub.platform.settings import Settings
from hub.runtime.errors import DataMissing
from hub.runtime.lane import Committer, Lane
from hub.runtime.partitions import Fetched, Partition, to_record
from hub.runtime.producer import group_id

log = structlog.get_logger()

FETCH_SECONDS = 0.1
"""Longest wait for records: also how soon transaction markers at the end of a log are passed."""
DRAIN_SECONDS = 20.0
EXIT_FAULT = 70
"""Exit status of a worker that ended itself; the supervisor starts it again."""


class CommitterFactory(Protocol):
    """Makes the committer of a partition."""

    def __call__(self, source: Partition, consumer: "LaneConsumer") -> Committer:
        """Called once per assignment of a partition."""
        ...


def fail(why: str, error: BaseException) -> None:
    """End the process at once: nothing more may be written, and what is not committed comes again."""
    log.critical("worker ends itself", why=why, error=type(error).__name__, detail=str(error)[:500])
    os._exit(EXIT_FAULT)


class LaneThread(driver.AIOKafkaConsumerThread):
    """The consumer's own thread."""

    async def fetch(self, partitions: frozenset[Partition], most: int) -> dict[Partition, Fetched]:
        """Fetch from these partitions; every one whose position moved is in the answer, records or not."""
        answer: dict[Partition, Fetched] = await self.call_thread(self._fetch, partitions, most)
        return answer

    async def _fetch(self, partitions: frozenset[Partition], most: int) -> dict[Partition, Fetched]:
        consumer = self._ensure_consumer()
        wanted = {TopicPartition(*p) for p in partitions} & consumer.assignment()
        starts = {tp: self._position(consumer, tp) for tp in wanted}
        known = {tp: start for tp, start in starts.items() if start is not None}
        if not known:
            # An empty set would mean "all partitions" to aiokafka (defect H).
            await asyncio.sleep(FETCH_SECONDS / 2)
            return {}
        fetched = await consumer._fetcher.fetched_records(set(known), timeout=FETCH_SECONDS, max_records=most)
        answer = {}
        for tp, start in known.items():
            end = self._position(consumer, tp) if tp in consumer.assignment() else None
            records = [to_record(raw) for raw in fetched.get(tp, ())]
            if end is None or (end == start and not records):
                continue
            answer[Partition(*tp)] = Fetched(start, records, end, consumer.last_stable_offset(tp))
        return answer

    async def seek_lanes(self, positions: Mapping[Partition, int]) -> None:
        """Move the fetch position of partitions that are still ours."""
        await self.call_thread(self._seek_lanes, positions)

    async def _seek_lanes(self, positions: Mapping[Partition, int]) -> None:
        consumer = self._ensure_consumer()
        for partition, offset in positions.items():
            if TopicPartition(*partition) in consumer.assignment():
                consumer.seek(TopicPartition(*partition), offset)

    async def committed_offset(self, partition: Partition) -> int | None:
        """Where the group stands, asked of the broker; None when it never committed."""
        tp = TopicPartition(*partition)
        offset: int | None = await self.call_thread(self._ensure_consumer().committed, tp)
        return offset

    async def announce(self, partition: Partition, offset: int) -> None:
        """Commit an offset that nobody relies on."""
        await self.call_thread(self._announce, TopicPartition(*partition), offset)

    async def _announce(self, tp: TopicPartition, offset: int) -> None:
        consumer = self._ensure_consumer()
        try:
            if tp in consumer.assignment():
                await consumer.commit({tp: offset})
        except KafkaError as error:
            log.info("group offset not told", partition=tp, error=type(error).__name__)

    async def bounds(self, partition: Partition) -> tuple[int, int]:
        """The first offset that the log holds and the one after its last."""
        answer: tuple[int, int] = await self.call_thread(self._bounds, TopicPartition(*partition))
        return answer

    async def _bounds(self, tp: TopicPartition) -> tuple[int, int]:
        consumer = self._ensure_consumer()
        first = await consumer.beginning_offsets([tp])
        last = await consumer.end_offsets([tp])
        return first[tp], last[tp]

    @staticmethod
    def _position(consumer: Any, tp: TopicPartition) -> int | None:
        state = consumer._subscription.subscription.assignment.state_value(tp)
        return state.position if state is not None and state.has_valid_position else None


class LaneConsumer(driver.Consumer):
    """Hands whole batches to lanes; one lane for each assigned partition."""

    app: "LaneApp"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lanes: dict[Partition, Lane] = {}
        self.joined = False
        self._opening: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    def _new_consumer_thread(self) -> LaneThread:
        return LaneThread(self, loop=self.loop, beacon=self.beacon)

    async def perform_seek(self) -> None:
        """Lanes know their own positions; Faust's seek after a rebalance would race with them (defect G)."""

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Finish the batches under way, then let every lane go, before the group goes on."""
        self.joined = False
        self.stop_flow()
        await self._release()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        """Open the lanes beside the rebalance, so that reading a long changelog does not hold the group up."""
        await self._release()
        for tp in assigned:
            self._open(Partition(tp.topic, tp.partition))
        await super().on_partitions_assigned(assigned, generation_id)
        self.joined = True

    async def on_stop(self) -> None:
        """Let the partitions go before the worker leaves the group."""
        await self._release()
        await super().on_stop()

    def verify_event_path(self, now: float, tp: Any) -> None:
        """Faust's livelock detector looks at streams, which are not used: readiness and lag say the same of lanes."""

    def _open(self, partition: Partition) -> None:
        lane = Lane(self.app.stage_name, partition, self.app.committer(partition, self))
        self.lanes[partition] = lane
        task = asyncio.get_running_loop().create_task(self._open_lane(lane))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open_lane(self, lane: Lane) -> None:
        try:
            offset = await lane.open()
            await self._lane_thread.seek_lanes({lane.partition: offset})
        except asyncio.CancelledError:
            raise
        except Exception as error:
            fail(f"could not open {lane.partition}", error)

    async def _release(self) -> None:
        for lane in self.lanes.values():
            lane.give_up()
        for task in list(self._opening):
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        try:
            await asyncio.wait_for(self._idle.wait(), DRAIN_SECONDS)
            lanes, self.lanes = self.lanes, {}
            await asyncio.wait_for(asyncio.gather(*[lane.close() for lane in lanes.values()]), DRAIN_SECONDS)
        except TimeoutError as error:
            fail("a batch did not end before its partition was taken away", error)

    @property
    def _lane_thread(self) -> LaneThread:
        thread = self._thread
        assert isinstance(thread, LaneThread)
        return thread

    async def start_offset(self, partition: Partition) -> int:
        """Where a Kafka stage goes on from; raises DataMissing when the log can't be read from there."""
        committed = await self._lane_thread.committed_offset(partition)
        return await self.check_start(partition, committed)

    async def check_start(self, partition: Partition, stored: int | None) -> int:
        """The stored offset, or the log's first when there is none; raises DataMissing when the log has lost it."""
        first, last = await self._lane_thread.bounds(partition)
        if stored is None:
            return first
        if stored > last:
            raise DataMissing(
                f"{partition.topic}/{partition.partition} ends at {last} but {stored} was already processed: "
                "the topic was recreated or lost data. Restore it, or give this deployment a new group prefix."
            )
        if stored < first:
            raise DataMissing(
                f"{partition.topic}/{partition.partition} begins at {first} but {stored} comes next: "
                f"{first - stored} records expired unread. Restore the topic from a copy."
            )
        return stored

    async def announce(self, partition: Partition, offset: int) -> None:
        """Tell the group's offset where a database stands, for lag tools only: failing at it harms nothing."""
        await self._lane_thread.announce(partition, offset)

    async def _drain_messages(self, fetcher: Any) -> None:
        """Faust's fetch loop, with lanes in the place of streams."""
        while not (self._stopped.is_set() or fetcher._stopped.is_set()):
            if not self.flow_active:
                await self.wait_first(self.can_resume_flow.wait(), fetcher._stopped.wait(), timeout=1.0)
                continue
            open_lanes = frozenset(p for p, lane in self.lanes.items() if lane.position is not None)
            fetched = await self._lane_thread.fetch(open_lanes, self.app.settings.batch_records)
            if fetched:
                await self._hand_over(fetched)

    async def _hand_over(self, fetched: dict[Partition, Fetched]) -> None:
        """Let every lane take its records; those that can't are sought back to where they stand."""
        self._idle.clear()
        try:
            # No await between the look and the start of the work: a lane released meanwhile takes nothing.
            work = {
                p: self.lanes[p].take(batch) for p, batch in fetched.items() if p in self.lanes and self.flow_active
            }
            taken = dict(zip(work, await asyncio.gather(*work.values()), strict=True))
        except Exception as error:
            fail("a batch could not be committed", error)
            raise
        finally:
            self._idle.set()
        back = {p: lane.position for p, lane in self.lanes.items() if p in fetched and not taken.get(p, False)}
        positions = {p: position for p, position in back.items() if position is not None}
        if positions:
            await self._lane_thread.seek_lanes(positions)


class LaneTransport(driver.Transport):
    """Faust's transport with our consumer."""

    Consumer = LaneConsumer


class LaneApp(App):
    """A Faust app that runs one stage on lanes."""

    def __init__(
        self, settings: Settings, stage_name: str, topics: tuple[str, ...], committer: CommitterFactory, health: Health
    ) -> None:
        self.settings = settings
        self.stage_name = stage_name
        self.committer = committer
        super().__init__(
            group_id(settings, stage_name),
            broker=[f"kafka://{server}" for server in settings.kafka.split(",")],
            web_enabled=False,
            web_tables_enabled=False,
            web_router_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            table_standby_replicas=0,
            consumer_auto_offset_reset="earliest",
            consumer_group_instance_id=f"{group_id(settings, stage_name)}-{settings.instance}",
            broker_max_poll_records=settings.batch_records,
            broker_session_timeout=settings.session_timeout,
            broker_heartbeat_interval=settings.session_timeout / 4,
            broker_request_timeout=max(20.0, settings.session_timeout + 5),
            broker_commit_every=0,
            stream_wait_empty=False,
            datadir=mkdtemp(prefix="sendhub-"),
        )
        for topic in topics:
            self.topics.add(self.topic(topic, value_type=bytes, value_serializer="raw", key_type=bytes))
        health.checks[stage_name] = self._problem

    def _new_transport(self) -> LaneTransport:
        return LaneTransport(self.conf.broker_consumer, self, loop=self.loop)

    def _problem(self) -> str | None:
        """Ready means joined, opened, and nothing waiting for a part that is away."""
        consumer = self._consumer
        if consumer is None or not consumer.joined:
            return "has not joined its group"
        for lane in list(consumer.lanes.values()):
            if lane.position is None:
                return f"reads the state of {lane.partition.topic}/{lane.partition.partition}"
            if lane.waiting_for is not None:
                return str(lane.waiting_for)
        return None
