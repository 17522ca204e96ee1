"""The ticker: writes `day.reached` for each day, in order, into every partition of the logs that stages read.

One transaction a day, with the ticker's own record of it; the transactional id makes it the only one, so a day is
written once however often it is restarted.
"""

import asyncio
from datetime import date, timedelta

import orjson
import structlog
from aiokafka import AIOKafkaProducer

from hub.platform.clock import Clock, today
from hub.platform.health import Health
from hub.platform.settings import Settings
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from schemas.ids import digest
from schemas.topics import FACTS, OBSERVATIONS, TICKER_STATE

log = structlog.get_logger()

POLL_SECONDS = 0.2
STATE_KEY = b"day"


class Ticker:
    """Follows the clock. `last` is the last day written, None before the first."""

    def __init__(self, settings: Settings, clock: Clock, health: Health) -> None:
        self._settings = settings
        self._clock = clock
        self._last: date | None = None
        self._problem: str | None = "starting"
        health.checks["ticker"] = lambda: self._problem

    async def run(self, stopping: asyncio.Event) -> None:
        """Write days until told to stop. Any error ends it; the supervisor starts it again."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.kafka,
            transactional_id=f"{self._settings.group_prefix}-ticker",
            transaction_timeout_ms=int(self._settings.transaction_timeout * 1000),
        )
        await producer.start()
        try:
            self._last = await self._read_last()
            self._problem = None
            while not stopping.is_set():
                for day in self._due():
                    await self._write(producer, day)
                    self._last = day
                await _wait(stopping, POLL_SECONDS)
        finally:
            await producer.stop()

    def _due(self) -> list[date]:
        """The days not yet written, in order. A clock that was put back writes nothing."""
        now = today(self._clock)
        if self._last is None:
            return [now]
        return [self._last + timedelta(days=n + 1) for n in range((now - self._last).days)]

    async def _write(self, producer: AIOKafkaProducer, day: date) -> None:
        value = orjson.dumps({"kind": "day.reached", "effective_on": day.isoformat()})
        headers = [("kind", b"day.reached"), ("id", digest("day.reached", day).encode())]
        partitions = [(topic.name, number) for topic in (OBSERVATIONS, FACTS) for number in range(topic.partitions)]
        async with producer.transaction():
            sent = [await producer.send(name, value, b"day", number, headers=headers) for name, number in partitions]
            sent.append(await producer.send(TICKER_STATE.name, day.isoformat().encode(), STATE_KEY, 0))
            # Each ack is waited for: the client would commit without a record that the broker refused.
            await asyncio.gather(*sent)
        log.info("day reached", day=day.isoformat())

    async def _read_last(self) -> date | None:
        last = None
        async with LogReader(self._settings, [Partition(TICKER_STATE.name, 0)]) as log:
            async for batch in log.read_on():
                last = date.fromisoformat(batch[-1].value.decode())
        return last


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
