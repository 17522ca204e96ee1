"""The ticker: writes `day.reached` for each day, in order, into every partition of the logs that stages read; and
`source.silent` / `source.heard` where a registered source says after how many hours it counts as silent.

One transaction a day, or a turn of sources, with the ticker's own record of it; the transactional id makes it the only
one, so each is written once however often it is restarted.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import orjson
import structlog
from aiokafka import AIOKafkaProducer

from hub.core.alerts.hearing import Hearing, Turn, heard_of, limits_of
from hub.platform.clock import Clock, today
from hub.platform.health import Health
from hub.platform.instruments import gauge
from hub.platform.settings import Settings
from hub.runtime import key_expiry
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from hub.stages.errors import Unavailable
from schemas.ids import digest
from schemas.instants import london_day
from schemas.sources import Sources
from schemas.topics import FACTS, OBSERVATIONS, TICKER_STATE
from schemas.versions import versioned

log = structlog.get_logger()

DAY = gauge(
    "ticker_day_timestamp_seconds",
    "The last day that was told to the stages, as its midnight in UTC.",
    unit="seconds",
    reader="operations",
    process="ticker",
)
HEARD = gauge(
    "source_heard_timestamp_seconds",
    "When something was last received from a source that may not be silent for long, restarts or not.",
    ["source"],
    unit="seconds",
    reader="integration engineers",
    process="ticker",
)
MAY_BE_SILENT = gauge(
    "source_silent_after_seconds",
    "For how long a source may be silent, as it was registered.",
    ["source"],
    unit="seconds",
    reader="integration engineers",
    process="ticker",
)

POLL_SECONDS = 0.2
LISTEN_SECONDS = 2.0
"""How long to wait between two looks at what was received."""

STATE_KEY = b"day"
SOURCES_HEADER = "sources"
"""What was heard of sources stands in a header of the day's record: one record, so that neither is ever without the
other, and whoever reads the days reads on."""


class Ticker:
    """Follows the clock. `last` is the last day written, None before the first."""

    def __init__(self, settings: Settings, clock: Clock, health: Health) -> None:
        self._settings = settings
        self._clock = clock
        self._last: date | None = None
        self._ear = Ear(Hearing({}), {})
        self._problem: str | None = "starting"
        health.checks["ticker"] = lambda: self._problem

    async def run(self, stopping: asyncio.Event) -> None:
        """Write days and turns until told to stop. Any error ends it; the supervisor starts it again."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.kafka,
            transactional_id=f"{self._settings.group_prefix}-ticker",
            transaction_timeout_ms=int(self._settings.transaction_timeout * 1000),
        )
        await producer.start()
        listening: asyncio.Task[None] | None = None
        destroying = asyncio.create_task(key_expiry.keep_destroying(self._settings))
        try:
            await self._restore()
            self._problem = None
            if not self._ear.hearing.concerns_nobody:
                listening = asyncio.create_task(self._ear.listen(self._settings, self._clock))
            while not stopping.is_set():
                for day in self._due():
                    await self._write_day(producer, day)
                await self._write_turns(producer)
                if listening is not None and listening.done():
                    listening.result()
                await _wait(stopping, POLL_SECONDS)
        finally:
            destroying.cancel()
            await asyncio.gather(destroying, return_exceptions=True)
            if listening is not None:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
            await producer.stop()

    def _due(self) -> list[date]:
        """The days not yet written, in order. A clock that was put back writes nothing."""
        now = today(self._clock)
        if self._last is None:
            return [now]
        return [self._last + timedelta(days=n + 1) for n in range((now - self._last).days)]

    async def _write_day(self, producer: AIOKafkaProducer, day: date) -> None:
        value = orjson.dumps({"kind": "day.reached", "effective_on": day.isoformat()})
        told = _Told(b"day", value, [("kind", b"day.reached"), ("id", digest("day.reached", day).encode())])
        await self._write(producer, [told], day)
        self._reached(day)
        log.info("day reached", day=day.isoformat())

    def _reached(self, day: date) -> None:
        self._last = day
        DAY.set(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())

    async def _write_turns(self, producer: AIOKafkaProducer) -> None:
        """What the last complete look at what was received makes of the sources. One of an earlier day than the last
        that was written is dropped."""
        ear, at = self._ear, self._ear.heard_to
        if at is None or self._last is None:
            return
        ear.heard_to = None
        if london_day(at) < self._last:
            return  # begun before midnight: casework would take it for late. The next look judges
        turns, before = ear.hearing.turns(at), ear.hearing
        ear.hearing = before.after(turns, at)  # at once: what is noted while this is written must not be lost
        _tell(ear.hearing)
        if turns or before.heard.keys() != ear.hearing.heard.keys():
            await self._write(producer, [_told(turn, at) for turn in turns], self._last)
        for turn in turns:
            log.info("source", kind=turn.kind, source=turn.source)

    async def _write(self, producer: AIOKafkaProducer, told: Sequence["_Told"], day: date) -> None:
        partitions = [(topic.name, number) for topic in (OBSERVATIONS, FACTS) for number in range(topic.partitions)]
        headers = [(SOURCES_HEADER, self._ear.to_bytes())] if self._ear.hearing.heard else []
        async with producer.transaction():
            sent = [
                await producer.send(name, value, key, number, headers=versioned(name, tuple(named)))
                for key, value, named in told
                for name, number in partitions
            ]
            state = day.isoformat().encode()
            sent.append(await producer.send(TICKER_STATE.name, state, STATE_KEY, 0, headers=headers))
            # Each ack is waited for: the client would commit without a record that the broker refused.
            await asyncio.gather(*sent)

    async def _restore(self) -> None:
        """What the last record says; a source that is watched and of which nothing is known is so from now on."""
        known: dict[str, Any] = {"heard": {}, "read_to": {}}
        async with LogReader(self._settings, [Partition(TICKER_STATE.name, 0)]) as state:
            async for batch in state.read_on():
                last = batch[-1]
                self._reached(date.fromisoformat(last.value.decode()))
                found = dict(last.headers).get(SOURCES_HEADER)
                known = orjson.loads(found) if found else {"heard": {}, "read_to": {}}
        hearing = Hearing(limits_of(_sources(self._settings)), heard_of(known["heard"]))
        self._ear = Ear(hearing, {int(number): offset for number, offset in known["read_to"].items()})


class Ear:
    """Listens to what is received. `heard_to`: all that was received by this instant has been noted, since it was last
    asked; `read_to` the offset after the last record noted, by partition."""

    def __init__(self, hearing: Hearing, read_to: dict[int, int]) -> None:
        self.hearing = hearing
        self.heard_to: datetime | None = None
        self._read_to = read_to

    def to_bytes(self) -> bytes:
        """What has to be remembered."""
        read_to = {str(number): offset for number, offset in self._read_to.items()}
        return orjson.dumps({"heard": self.hearing.to_json(), "read_to": read_to})

    async def listen(self, settings: Settings, clock: Clock) -> None:
        """Note what comes until cancelled. A log that can't be read on just now is no silence: nothing is judged then.

        A log that has lost what was read last is read from its beginning: noting again changes nothing.
        """
        partitions = [Partition(OBSERVATIONS.name, number) for number in range(OBSERVATIONS.partitions)]
        async with LogReader(settings, partitions) as received:
            for partition, (first, end) in (await received.bounds()).items():
                offset = self._read_to.get(partition.partition, first)
                if first <= offset <= end:
                    await received.seek(partition, offset)
            while True:
                begun = clock.now()
                try:
                    async for batch in received.read_on():
                        self._note(batch)
                    self.heard_to = begun
                except Unavailable as error:
                    log.warning("what was received can't be read on", error=str(error))
                await asyncio.sleep(LISTEN_SECONDS)

    def _note(self, batch: Sequence[Any]) -> None:
        """Only headers are looked at: what was received is personal."""
        for record in batch:
            headers = dict(record.headers)
            source, at = headers.get("source"), headers.get("received_at")
            if source and at:
                self.hearing.note(source.decode(), datetime.fromisoformat(at.decode()))
            self._read_to[record.partition] = record.offset + 1


class _Told(NamedTuple):
    """A record for every partition: key, value, headers."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def _told(turn: Turn, at: datetime) -> _Told:
    received_at = at.isoformat().replace("+00:00", "Z")
    value = {
        "kind": turn.kind,
        "effective_on": london_day(at).isoformat(),
        "received_at": received_at,
        "data": {"source": turn.source},
    }
    id_ = digest(turn.kind, turn.source, received_at)
    return _Told(turn.source.encode(), orjson.dumps(value), [("kind", turn.kind.encode()), ("id", id_.encode())])


def _tell(hearing: Hearing) -> None:
    for source, limit in hearing.limits.items():
        MAY_BE_SILENT.labels(source).set(limit.total_seconds())
        if (known := hearing.heard.get(source)) is not None:
            HEARD.labels(source).set(known.at.timestamp())


def _sources(settings: Settings) -> Sources:
    """The registered sources; none where there is no file: days need none."""
    try:
        return settings.sources
    except FileNotFoundError:
        return Sources()


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
