"""Writing down who did what, and why: to hub.audit.intake, from where one stage chains it into hub.audit."""

import asyncio
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from hub.platform.clock import Clock
from hub.platform.settings import Settings
from hub.stages.errors import Unavailable
from schemas.audit import Action, AuditEntry
from schemas.topics import AUDIT_INTAKE

SECONDS = 5.0
"""How long a writer waits for Kafka: what is about to be answered waits with it."""


class Act(NamedTuple):
    """Who acts, and why, in their own words."""

    actor: str
    why: str

    def entry(self, action: Action, subjects: tuple[str, ...], clock: Clock) -> AuditEntry:
        """The audit record of one action."""
        return AuditEntry(actor=self.actor, action=action, subjects=subjects, why=self.why, at=clock.now())


async def write(settings: Settings, entry: AuditEntry) -> None:
    """Write a record that belongs to no transaction; raises KafkaError or OSError when Kafka does not take it."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, acks="all", enable_idempotence=True)
    try:
        await producer.start()
        await producer.send_and_wait(AUDIT_INTAKE.name, entry.model_dump_json().encode(), entry.actor.encode())
    finally:
        await producer.stop()


async def write_or_refuse(settings: Settings, entry: AuditEntry) -> None:
    """The same; raises Unavailable when Kafka does not take it."""
    try:
        await write(settings, entry)
    except (KafkaError, OSError) as error:
        raise Unavailable(f"this can't be audited: Kafka does not take it ({type(error).__name__})") from None


class Writer:
    """Writes many records over one connection, which is opened with the first and anew after whatever went wrong."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._producer: AIOKafkaProducer | None = None

    async def note(self, entry: AuditEntry) -> None:
        """Return once the record is on all in-sync replicas; raises Unavailable where Kafka does not take it."""
        try:
            async with asyncio.timeout(SECONDS):
                producer = await self._started()
                await producer.send_and_wait(AUDIT_INTAKE.name, entry.model_dump_json().encode(), entry.actor.encode())
        except (KafkaError, OSError) as error:
            await self.close()
            raise Unavailable(f"this can't be audited: Kafka does not take it ({type(error).__name__})") from None

    async def close(self) -> None:
        """Disconnect."""
        async with self._lock:
            producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def _started(self) -> AIOKafkaProducer:
        async with self._lock:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._settings.kafka,
                    acks="all",
                    enable_idempotence=True,
                    request_timeout_ms=4_000,
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer
