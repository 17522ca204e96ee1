"""Whether this process is told to pause: read from `hub.control` in a thread of its own, so that it is known at once
and after a restart, whatever else the process does.
"""

import asyncio
import threading
import time
from collections.abc import Callable

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from hub.platform.outages import Outages
from schemas.pauses import Pause
from schemas.topics import CONTROL

log = structlog.get_logger()

POLL_MS = 500
AGAIN_SECONDS = 5.0
"""How soon Kafka, or a topic that is missing, is asked again."""
UNKNOWN_SECONDS = 10.0
"""How long a process that starts waits to hear whether it is paused: who has not heard by then goes on."""

Tell = Callable[[bool], None]
"""Is told each time it changes, and once at the start: for a gauge."""


class Pausing:
    """What stands on the topic about one process. Safe to ask from any thread."""

    def __init__(self, servers: str, process: str, tell: Tell) -> None:
        self._servers = servers
        self._process = process
        self._tell = tell
        self._pause: Pause | None = None
        self._known = threading.Event()
        self._began = time.monotonic()
        self._outages = Outages()
        tell(False)

    def start(self) -> "Pausing":
        """Begin to follow the topic; ends with the process."""
        threading.Thread(target=lambda: asyncio.run(self.follow()), daemon=True, name="pausing").start()
        return self

    def told(self) -> str | None:
        """Who said to pause, since when and why, in a sentence; None as far as is known. For who is sent to: what they
        refuse they refuse also before they have heard, and what they may not take yet is not acked by Kafka either."""
        pause = self._pause
        return None if pause is None else pause.words

    def paused(self) -> str | None:
        """Why nothing may be read now, in a sentence; None to go on."""
        if (told := self.told()) is not None:
            return told
        if self._known.is_set() or time.monotonic() - self._began > UNKNOWN_SECONDS:
            return None
        return "has yet to hear whether it is paused"

    async def follow(self) -> None:
        """Until it is cancelled. While Kafka is away what was said last stands."""
        while True:
            try:
                await self._read()
            except (KafkaError, OSError):
                self._outages.begins(self, "Kafka does not say whether this process is paused")
            await asyncio.sleep(AGAIN_SECONDS)

    async def _read(self) -> None:
        """Follow the topic; returns where it is missing. Raises KafkaError."""
        reader = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        try:
            await reader.start()
            if CONTROL.name not in await reader.topics():
                self._known.set()
                return
            partition = TopicPartition(CONTROL.name, 0)
            reader.assign([partition])
            await reader.seek_to_beginning(partition)
            end = (await reader.end_offsets([partition]))[partition]
            self._outages.ends(self)
            found: Pause | None = None
            while True:
                for record in (await reader.getmany(partition, timeout_ms=POLL_MS)).get(partition, ()):
                    if record.key == self._process.encode():
                        found = _read(record.value)
                if await reader.position(partition) >= end:
                    self._set(found)
        finally:
            await reader.stop()

    def _set(self, pause: Pause | None) -> None:
        before, self._pause = self._pause, pause
        self._known.set()
        if (before is None) != (pause is None):
            self._tell(pause is not None)
            if pause is None:
                log.warning("goes on: it is paused no longer")
            else:
                log.warning("paused: nothing is read", by=pause.actor)


def never() -> str | None:
    """For who can't be paused."""
    return None


def _read(value: bytes | None) -> Pause | None:
    """A record that can't be read pauses nobody."""
    try:
        return None if value is None else Pause.model_validate_json(value)
    except ValidationError:
        log.error("a record on hub.control can't be read: it is passed over")
        return None
