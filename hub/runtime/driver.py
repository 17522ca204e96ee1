"""Faust's transport with the batch lane in the place of its streams.

Faust keeps the worker, the group membership and the assignment. What it does with records between the fetch and the
commit (streams, acks, commit intervals, seeking after a rebalance) is not used: docs/reliability.md says which of its
holes that closes. Subclasses only.
"""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from faust import App
from faust.transport.drivers import aiokafka as driver

from hub.platform.health import Health
from hub.platform.logs import place_of
from hub.platform.outages import Outages
from hub.platform.pausing import never
from hub.platform.settings import Settings
from hub.runtime import groups
from hub.runtime.errors import DataMissing
from hub.runtime.lane import Committer, Lane
from hub.runtime.partitions import Fetched, Partition, to_record
from hub.runtime.producer import group_id

log = structlog.get_logger()

FETCH_SECONDS = 0.05
"""Longest wait for records, here and in the broker: also how soon transaction markers at the end of a log are passed.

The client has one fetch under way for each broker: a longer wait for partitions that are idle holds up the busy ones.
"""
METADATA_MS = 10_000
"""How soon a topic that was removed or made anew is noticed where nothing is fetched any more."""
LONGEST_IDLE_MS = 10**12
"""The client leaves its group for good when nothing was fetched for so long: never, for a worker may wait for a
database, or stand by without a partition. A worker that hangs shows at /live.
"""
FETCH_LIMIT = 1.0
"""A fetch that takes longer waits for a rebalance, which waits for the lane that fetches."""
DRAIN_SECONDS = 20.0
SILENT_SECONDS = 10.0
"""Not ready any more when a partition was silent for so long: the broker answers at least every FETCH_SECONDS."""
BEAT_SECONDS = 1.0
PAUSED_SECONDS = 0.25
"""How often a paused lane looks whether it may go on."""
RESTS = 4
"""Fetches without anything after which a lane is at rest, and looks again what was put off."""
Answer = TypeVar("Answer")
EXIT_FAULT = 70
"""Exit status of a worker that ended itself; the supervisor starts it again."""


class CommitterFactory(Protocol):
    """Makes the committer of a partition."""

    def __call__(self, source: Partition, consumer: "LaneConsumer") -> Committer:
        """Called once per assignment of a partition."""
        ...


def fail(why: str, error: BaseException) -> None:
    """End the process at once: nothing more may be written, and what is not committed comes again."""
    at = place_of(error)
    log.critical("worker ends itself", why=why, error=type(error).__name__, detail=str(error)[:500], at=at)
    os._exit(EXIT_FAULT)


class LaneThread(driver.AIOKafkaConsumerThread):
    """The consumer's own thread. What lanes ask of it runs side by side, not through Faust's queue of two workers."""

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        """In the place of Faust's, which reads what was aborted, and goes on elsewhere where the log was cut off."""
        conf = self.app.conf
        return AIOKafkaConsumer(
            bootstrap_servers=self.app.settings.kafka,
            client_id=conf.id,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            partition_assignment_strategy=[RoundRobinPartitionAssignor],
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            fetch_max_wait_ms=int(FETCH_SECONDS * 1000),
            metadata_max_age_ms=METADATA_MS,
            max_poll_interval_ms=LONGEST_IDLE_MS,
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
        )

    def topic_partitions(self, topic: str) -> int | None:
        """In the place of Faust's, which knows it only in the worker that leads the group."""
        found = None if self._consumer is None else self._consumer.partitions_for_topic(topic)
        return len(found) if found else None

    async def _ask(self, question: Coroutine[Any, Any, Answer]) -> Answer:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(question, self.thread_loop))

    async def fetch(self, partition: Partition, most: int) -> Fetched | None:
        """At most so many records of one partition; None when there are none yet and the position did not move.

        Raises OffsetOutOfRangeError when the log does not hold the position.
        """
        return await self._ask(self._fetch(TopicPartition(*partition), most))

    async def _fetch(self, tp: TopicPartition, most: int) -> Fetched | None:
        consumer = self._ensure_consumer()
        start = self._position(consumer, tp)
        if start is None:
            await asyncio.sleep(FETCH_SECONDS / 2)
            return None
        # Through the client's front door, where it also says what the group's coordinator refused.
        fetching = consumer.getmany(tp, timeout_ms=int(FETCH_SECONDS * 1000), max_records=most)
        try:
            fetched = await asyncio.wait_for(fetching, FETCH_LIMIT)
        except TimeoutError:
            return None
        records = [to_record(raw) for raw in fetched.get(tp, ())]
        end = self._position(consumer, tp)
        if end is None or (end == start and not records):
            return None
        return Fetched(start, records, end, consumer.last_stable_offset(tp))

    async def seek_lane(self, partition: Partition, offset: int) -> None:
        """Move the fetch position of a partition, if it is still ours."""
        await self._ask(self._seek_lane(TopicPartition(*partition), offset))

    async def _seek_lane(self, tp: TopicPartition, offset: int) -> None:
        consumer = self._ensure_consumer()
        if tp in consumer.assignment():
            consumer.seek(tp, offset)

    async def announce(self, partition: Partition, offset: int) -> None:
        """Commit an offset that nobody relies on."""
        await self._ask(self._announce(TopicPartition(*partition), offset))

    async def _announce(self, tp: TopicPartition, offset: int) -> None:
        consumer = self._ensure_consumer()
        try:
            if tp in consumer.assignment():
                await consumer.commit({tp: offset})
        except KafkaError as error:
            log.info("group offset not told", partition=tp, error=type(error).__name__)

    async def bounds(self, partition: Partition) -> tuple[int, int]:
        """The first offset that the log holds and the one after its last."""
        return await self._ask(self._bounds(TopicPartition(*partition)))

    async def _bounds(self, tp: TopicPartition) -> tuple[int, int]:
        consumer = self._ensure_consumer()
        first = await consumer.beginning_offsets([tp])
        last = await consumer.end_offsets([tp])
        return first[tp], last[tp]

    def silent_seconds(self, partition: Partition) -> float:
        """How long ago the broker last answered for a partition, also with nothing; 0 before its first answer."""
        state = self._state(self._ensure_consumer(), TopicPartition(*partition))
        answered = None if state is None else state.timestamp
        return 0.0 if answered is None else time.time() - answered / 1000

    def _position(self, consumer: Any, tp: TopicPartition) -> int | None:
        state = self._state(consumer, tp)
        return state.position if state is not None and state.has_valid_position else None

    @staticmethod
    def _state(consumer: Any, tp: TopicPartition) -> Any:
        if tp not in consumer.assignment():
            return None
        return consumer._subscription.subscription.assignment.state_value(tp)


class LaneConsumer(driver.Consumer):
    """Hands whole batches to lanes; one lane for each assigned partition."""

    app: "LaneApp"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lanes: dict[Partition, Lane] = {}
        self.joined = False
        self._tasks: dict[asyncio.Task[None], Lane] = {}

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
        """Open the lanes beside the rebalance, so that reading a long changelog does not hold the group up.

        None for a worker that stops: what it would ask of the consumer finds nobody there any more.
        """
        await self._release()
        if not self.should_stop:
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
        lane = Lane(self.app.stage_name, partition, self.app.committer(partition, self), self.app.outages)
        self.lanes[partition] = lane
        task = asyncio.get_running_loop().create_task(self._run(lane))
        self._tasks[task] = lane
        task.add_done_callback(self._tasks.pop)

    async def _run(self, lane: Lane) -> None:
        """One lane's life: open, then fetch and take until it is given up."""
        try:
            start = await lane.open()
            if start is not None:
                await self._lane_thread.seek_lane(lane.partition, start)
            idle = 0
            while not lane.given_up:
                if self.app.paused() is not None:
                    await asyncio.sleep(PAUSED_SECONDS)
                    continue
                idle = 0 if await self._step(lane) else idle + 1
                if idle and idle % RESTS == 0:
                    await lane.rest()
        except Exception as error:
            fail(f"{lane.partition} could not go on", error)
        finally:
            await lane.close()

    async def _step(self, lane: Lane) -> bool:
        """One fetch, and what is done with it; whether anything came."""
        try:
            fetched = await self._lane_thread.fetch(lane.partition, self.app.settings.batch_records)
        except OffsetOutOfRangeError:
            await self._go_back(lane)
            return True
        if fetched is not None and not lane.given_up and not await self._take(lane, fetched):
            await self._go_back(lane)
        return fetched is not None

    async def _take(self, lane: Lane, fetched: Fetched) -> bool:
        """Whether it was taken: a fetch may have been under way when somebody said to pause."""
        return self.app.paused() is None and await lane.take(fetched)

    async def _go_back(self, lane: Lane) -> None:
        """Seek to where the lane stands, unless the log no longer begins before it."""
        if lane.position is not None:
            await self._lane_thread.seek_lane(lane.partition, await self.check_start(lane.partition, lane.position))

    async def _release(self) -> None:
        """Let every lane finish its batch and go; one that still reads its state is not waited for."""
        self.lanes = {}
        for task, lane in self._tasks.items():
            lane.give_up()
            if lane.position is None:
                task.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=DRAIN_SECONDS)
            if late:
                fail("a batch did not end before its partition was taken away", TimeoutError(str(late)))

    @property
    def _lane_thread(self) -> LaneThread:
        thread = self._thread
        assert isinstance(thread, LaneThread)
        return thread

    async def committed_offset(self, partition: Partition) -> int | None:
        """Where the group stands, asked of the broker; None when it never committed, or the broker forgot.

        Raises Unavailable while the coordinator does not say. The consumer's own `committed` takes that for "never".
        """
        return (await groups.offsets(self.app.settings, self.app.stage_name, [partition])).get(partition)

    async def check_start(self, partition: Partition, stored: int | None) -> int:
        """The stored offset, or the log's first when there is none; raises DataMissing when the log has lost it."""
        first, last = await self._lane_thread.bounds(partition)
        if stored is None:
            return first
        if stored > last:
            raise DataMissing(
                f"{partition.topic}/{partition.partition} ends at {last} but {stored} was already processed: "
                "the topic was recreated or lost data. Restore it, or begin the stage anew as docs/reliability.md says."
            )
        if stored < first:
            raise DataMissing(
                f"{partition.topic}/{partition.partition} begins at {first} but {stored} comes next: "
                f"{first - stored} records expired unread. Restore the topic from a copy."
            )
        return stored

    def problem(self, lane: Lane) -> str | None:
        """Why a lane does not go on, None while it does."""
        where = f"{lane.partition.topic}/{lane.partition.partition}"
        if lane.waiting_for is not None:
            return lane.waiting_for
        if lane.position is None:
            return f"reads the state of {where}"
        silent = self._lane_thread.silent_seconds(lane.partition)
        if silent > SILENT_SECONDS:
            return f"has read nothing of {where} for {silent:.0f} s: Kafka is away, or a batch takes long"
        return None

    async def announce(self, partition: Partition, offset: int) -> None:
        """Tell the group's offset where a database stands, for lag tools only: failing at it harms nothing."""
        await self._lane_thread.announce(partition, offset)

    async def _drain_messages(self, fetcher: Any) -> None:
        """In the place of Faust's fetch loop: lanes fetch for themselves."""
        await self.wait_first(self._stopped.wait(), fetcher._stopped.wait())


class LaneTransport(driver.Transport):
    """Faust's transport with our consumer."""

    Consumer = LaneConsumer


class LaneApp(App):
    """A Faust app that runs one stage on lanes."""

    def __init__(
        self,
        settings: Settings,
        stage_name: str,
        topics: tuple[str, ...],
        committer: CommitterFactory,
        health: Health,
        paused: Callable[[], str | None] = never,
    ) -> None:
        self.settings = settings
        self.paused = paused
        self.outages = Outages(stage=stage_name)
        self.stage_name = stage_name
        self.sources = topics
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
        )
        for topic in topics:
            self.topics.add(self.topic(topic, value_type=bytes, value_serializer="raw", key_type=bytes))
        self.health = health
        health.checks[stage_name] = self._problem

    def _new_transport(self) -> LaneTransport:
        return LaneTransport(self.conf.broker_consumer, self, loop=self.loop)

    def _problem(self) -> str | None:
        """Ready means joined, opened, reading on, not paused, and nothing waiting for a part that is away."""
        consumer = self._consumer
        if consumer is None or not consumer.joined:
            return "has not joined its group"
        missing = [topic for topic in self.sources if not consumer.topic_partitions(topic)]
        if missing:
            return f"{missing[0]} is missing"
        if (why := self.paused()) is not None:
            return why
        return next(filter(None, map(consumer.problem, list(consumer.lanes.values()))), None)

    async def on_first_start(self) -> None:
        """In the place of Faust's, which makes folders for its tables: nothing is kept on a worker's disk."""

    async def on_start(self) -> None:
        """Tell that the loop runs, from here on."""
        await super().on_start()
        self.add_future(self._beat())

    async def _beat(self) -> None:
        while not self.should_stop:
            self.health.beat()
            await self.sleep(BEAT_SECONDS)
