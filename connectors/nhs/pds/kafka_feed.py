"""The look-ups on hub.traces, read by a consumer group of their own, and opened with the key of their day."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from connectors.nhs.pds.feed import Asked, Progress
from hub.platform.keyring import KeyRing
from hub.platform.keys import KeyFault, KeyUnknown, RingUnfit
from hub.platform.seal import DailySeal, about_record
from hub.platform.settings import Settings
from schemas.topics import TRACES
from schemas.traces import Trace

_log = structlog.get_logger()

_TAKE_MS = 500
_AGAIN_SECONDS = 1.0
_CONNECT_SECONDS = 10.0
_LONGEST = 200
"""Characters of an id; ours are far shorter."""

_NEVER_MS = 2**31 - 1
"""The service may be away for days, and what was taken waits for it: that is no reason to take the partition away."""


class KafkaFeed:
    """At least once: an offset is committed only when all before it is answered. `trouble` says what it waits for."""

    def __init__(self, settings: Settings, ring: KeyRing) -> None:
        self._settings = settings
        self._seal = DailySeal(ring)
        self._consumer: AIOKafkaConsumer | None = None
        self._progress = Progress()
        self.trouble: str | None = "not connected to the broker yet"

    async def take(self, at_most: int) -> Sequence[Asked]:
        """See Feed. Waits for the broker, and for a key that the ring does not have yet."""
        consumer = self._consumer or await self._connect()
        try:
            batches = await consumer.getmany(timeout_ms=_TAKE_MS, max_records=at_most)
        except KafkaError as error:
            self.trouble = f"hub.traces can't be read ({type(error).__name__})"
            await asyncio.sleep(_AGAIN_SECONDS)
            return ()
        self.trouble = None if consumer.assignment() else "hub.traces is read by another process of this group"
        records = [record for batch in batches.values() for record in batch]
        for record in records:
            self._progress.took((record.partition, record.offset))
        return [await self._opened(record) for record in records]

    def answered(self, asked: Asked) -> None:
        """See Feed."""
        self._progress.answered(asked.place)

    async def commit(self) -> None:
        """See Feed. Where it fails, what was answered is asked and answered again, and recognised as a repeat."""
        begin = {TopicPartition(TRACES.name, partition): offset for partition, offset in self._progress.begin().items()}
        if self._consumer is None or not begin:
            return
        try:
            await self._consumer.commit(begin)
        except KafkaError as error:
            _log.warning("not committed: what was answered is asked again", error=type(error).__name__)

    async def stop(self) -> None:
        """End the connection."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def _connect(self) -> AIOKafkaConsumer:
        while True:
            consumer = AIOKafkaConsumer(
                TRACES.name,
                bootstrap_servers=self._settings.kafka,
                group_id=f"{self._settings.group_prefix}-pds",
                group_instance_id=f"pds-{self._settings.instance}",
                client_id=f"sendhub-pds-{self._settings.instance}",
                isolation_level="read_committed",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                session_timeout_ms=int(self._settings.session_timeout * 1_000),
                max_poll_interval_ms=_NEVER_MS,
            )
            try:
                await asyncio.wait_for(consumer.start(), _CONNECT_SECONDS)
            except (TimeoutError, KafkaError, OSError) as error:
                self.trouble = f"the broker does not answer ({type(error).__name__})"
                await consumer.stop()
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            self._consumer = consumer
            return consumer

    async def _opened(self, record: Any) -> Asked:
        """A look-up in the clear. One whose key was destroyed, or that is none, is answered as unreadable."""
        headers = tuple(record.headers)
        found = dict(headers)
        place = record.partition, record.offset
        id_, link = _text(found.get("id")) or f"at-{record.offset}", _text(record.key) or "-"
        while True:
            try:
                value = self._seal.open(record.value or b"", about_record(record.topic, headers))
                return Asked(id_, link, Trace.model_validate_json(value), place)
            except (KeyUnknown, RingUnfit) as error:
                self.trouble = f"hub.traces can't be read: {error}"
                await asyncio.sleep(_AGAIN_SECONDS)
            except (KeyFault, ValidationError) as error:
                _log.error("a look-up can't be read", trace=id_, why=type(error).__name__)
                return Asked(id_, link, None, place)


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")[:_LONGEST]
