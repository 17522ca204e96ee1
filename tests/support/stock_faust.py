"""Stock Faust at the work of a `Run` of tests/support/counting.py: an agent, a table, outputs.

Usage: python -m tests.support.stock_faust RUN FOLDER [options]. Kafka and the instance come from the hub's settings.
Its classes do nothing of their own but wait at a point where another thread or task could as well be slow, and note
what Faust believes.
"""

import argparse
import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import faust
from faust.sensors.monitor import Monitor
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from tests.support.counting import Run
from tests.support.tally import Gate, count, waits

TABLE = "tally"


def group(run: Run) -> str:
    """Its consumer group."""
    return f"stock-{run.name}"


def changelog(run: Run) -> str:
    """The topic that Faust keeps its table in."""
    return f"{group(run)}-{TABLE}-changelog"


async def until(met: Callable[[], bool]) -> None:
    """Wait, and let all else go on."""
    while not met():  # noqa: ASYNC110 - it looks at Faust's own variables, which set no event
        await asyncio.sleep(0.01)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--commit-interval", type=float, default=0.2, help="Faust's own default is 2.8 s")
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument("--manual-ack", action="store_true", help="acknowledge what was handled, and only that")
    parser.add_argument("--json", action="store_true", help="let Faust decode")
    parser.add_argument("--no-table", action="store_true")
    parser.add_argument("--exactly-once", action="store_true")
    parser.add_argument("--reset", default="earliest")
    parser.add_argument("--linger", type=float, default=0.0)
    parser.add_argument("--slow-seek", type=int, help="seek once all to this offset is with a busy agent")
    parser.add_argument("--slow-answer", action="store_true", help="... and take its answer once they were read again")
    parser.add_argument("--pause-at", type=int, help="pause as a fetch from this offset begins, then resume")
    return parser.parse_args()


class Consumer(driver.Consumer):
    """Waits where the scheduler could as well."""

    asked: argparse.Namespace
    fetches = 0

    def _new_consumer_thread(self) -> Any:
        return Thread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109
        self.fetches += 1
        return await super()._getmany(active_partitions, timeout)

    async def getmany(self, timeout: float) -> Any:  # noqa: ASYNC109
        """What was paused as its fetch began is resumed only once Faust has looked at what the fetch brought."""
        async for each in super().getmany(timeout):
            yield each
        gate = Gate(self.asked.folder)
        if gate.notes("fetched") and not gate.notes("paused"):
            gate.note("paused", True)

    async def seek_to_committed(self) -> Any:
        if self.asked.slow_seek is None:
            return await super().seek_to_committed()
        tp = TP(Run(self.asked.run).source, 0)
        await self._handed_over(tp)
        committed = await super().seek_to_committed()
        if self.asked.slow_answer:
            while (await self.position(tp) or 0) <= self.asked.slow_seek:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            fetches = self.fetches
            await until(lambda: self.fetches > fetches)
        return committed

    async def _handed_over(self, tp: TP) -> None:
        """Return once all to `slow_seek` is with the streams, of which one is busy.

        A fetch from before the partition was resumed may have brought it, and Faust thrown it away: then it is fetched
        again, for this scenario is of what Faust does with it later.
        """
        busy, fetches = Gate(self.asked.folder), self.fetches
        while (self._read_offset[tp] or 0) < self.asked.slow_seek or not busy.notes("waiting"):
            thrown_away = self.fetches > fetches + 1 and not self._read_offset[tp]
            if thrown_away and (await self.position(tp) or 0) > self.asked.slow_seek:
                if not (await super().seek_to_committed()).get(tp):
                    await self._seek(tp, 0)
                fetches = self.fetches
            await asyncio.sleep(0.02)


class Thread(driver.AIOKafkaConsumerThread):
    """Waits where the scheduler could as well."""

    async def _fetch_records(self, consumer: Any, active_partitions: Any, **rest: Any) -> Any:
        tp, gate, pause_at = TP(Run(Consumer.asked.run).source, 0), Gate(Consumer.asked.folder), Consumer.asked.pause_at
        if pause_at is None or tp not in active_partitions or gate.notes("fetched"):
            return await super()._fetch_records(consumer, active_partitions, **rest)
        if await consumer.position(tp) < pause_at:
            return await super()._fetch_records(consumer, active_partitions, **rest)
        while (await consumer.end_offsets([tp]))[tp] <= pause_at:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        # As recovery does before and after it reads a changelog, with the same calls.
        self.consumer.pause_partitions({tp})
        fetched: Any = {}
        while not fetched:
            fetched = await super()._fetch_records(consumer, active_partitions, **rest)
        gate.note("fetched", tp)
        return fetched


class Transport(driver.Transport):
    Consumer = Consumer


class App(faust.App):
    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self, loop=self.loop)

    async def on_start(self) -> None:
        await super().on_start()
        self.add_future(self._watch())

    def on_rebalance_end(self) -> None:
        super().on_rebalance_end()
        Gate(Consumer.asked.folder).note("ready", True)

    async def _watch(self) -> None:
        """Note how much a recovery has still to read and where it reads; resume what was paused."""
        gate, source = Gate(Consumer.asked.folder), TP(Run(Consumer.asked.run).source, 0)
        while not self.should_stop:
            if gate.notes("paused") and not gate.notes("resumed"):
                self.consumer.resume_partitions({source})
                gate.note("resumed", source)
            for tp, left in self.tables.recovery.active_remaining().items():
                gate.note("recovery", f"{left} {await self.consumer.position(tp)}")
            await self.sleep(0.2)


class Believed(Monitor):
    """Notes what Faust takes for committed."""

    def on_tp_commit(self, tp_offsets: Any) -> None:
        super().on_tp_commit(tp_offsets)
        for offset in tp_offsets.values():
            Gate(Consumer.asked.folder).note("committed", offset)


def make(asked: argparse.Namespace) -> faust.App:
    run, gate = Run(asked.run), Gate(asked.folder)
    app = App(
        group(run),
        broker=f"kafka://{os.environ['SENDHUB_KAFKA']}",
        store="memory://",
        datadir=mkdtemp(prefix="stock-"),
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        consumer_auto_offset_reset=asked.reset,
        consumer_group_instance_id=f"{run.name}-{os.environ['SENDHUB_INSTANCE']}",
        broker_session_timeout=6,
        broker_heartbeat_interval=1.5,
        broker_commit_interval=asked.commit_interval,
        producer_linger=asked.linger,
        processing_guarantee="exactly_once" if asked.exactly_once else "at_least_once",
        Monitor=Believed,
    )
    raw: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw", "key_type": bytes, "value_type": bytes}
    source = app.topic(run.source, **{**raw, "value_serializer": "json", "value_type": None} if asked.json else raw)
    output = app.topic(run.output, **raw)
    table = {} if asked.no_table else app.Table(TABLE, partitions=1)

    async def handle(event: Any) -> None:
        value = event.message.value
        if waits(value) and not gate.is_open():
            gate.note("waiting", event.message.offset)
            if asked.manual_ack:
                return
            await until(gate.is_open)
        key = event.key.decode()
        state, made = count(value, table.get(key, "").encode())
        if not asked.no_table:
            table[key] = state.decode()
        await output.send(key=event.key, value=made)
        gate.note("handled", event.message.offset)
        if asked.manual_ack:
            event.ack()

    @app.agent(source, concurrency=asked.concurrency)
    async def tally(stream: Any) -> None:
        events: AsyncIterator[Any] = (stream.noack() if asked.manual_ack else stream).events()
        async for event in events:
            await handle(event)

    return app


def main() -> None:
    Consumer.asked = options()
    worker = faust.Worker(make(Consumer.asked), loglevel="info", quiet=True)
    worker.spinner = None
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
