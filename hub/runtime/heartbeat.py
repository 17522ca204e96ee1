"""Puts a heartbeat into the raw topics every so many seconds, to each of their partitions in turn, and one in front of
the audit stage, which nothing of the others passes. The ticker's process sees to it.

It goes by the machine's clock, also while a demo drives the hub's: what is measured is how long things take. Nothing
relies on it, so it has no transaction, and one that Kafka does not take is not made up for.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from hub.platform.instruments import counter
from hub.platform.settings import Settings
from schemas import heartbeats
from schemas.topics import AUDIT_INTAKE, COUNCIL_EVENTS, NHS_MESSAGES

log = structlog.get_logger()

PUT_IN = counter(
    "heartbeats", "Heartbeats that the ticker put in.", unit="heartbeats", reader="operations", process="ticker"
)
INTO = [(topic.name, number) for topic in (COUNCIL_EVENTS, NHS_MESSAGES) for number in range(topic.partitions)]
"""Where they are put in, in turn."""
ALWAYS = (AUDIT_INTAKE.name, 0)
"""Where one is put in each time."""

TAKES_SECONDS = 10.0


async def keep_beating(settings: Settings) -> None:
    """Until cancelled; nothing at all where the settings say so. What fails is told once, and tried again."""
    away: str | None = None
    while settings.heartbeat_seconds:
        try:
            async with _producer(settings) as producer:
                while True:
                    await _beat(producer, settings.heartbeat_seconds)
                    if away is not None:
                        log.info("heartbeats are put in again")
                    away = None
                    await asyncio.sleep(settings.heartbeat_seconds - time.time() % settings.heartbeat_seconds)
        except (KafkaError, OSError, TimeoutError) as error:
            if away is None:
                log.warning("no heartbeat can be put in", error=type(error).__name__)
            away = type(error).__name__
            await asyncio.sleep(settings.heartbeat_seconds)


@asynccontextmanager
async def _producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def _beat(producer: AIOKafkaProducer, every: float) -> None:
    now = time.time()
    number = int(now / every)
    headers = list(heartbeats.first_headers(number, now))
    for topic, partition in (INTO[number % len(INTO)], ALWAYS):
        async with asyncio.timeout(TAKES_SECONDS):
            await producer.send_and_wait(topic, heartbeats.VALUE, heartbeats.KEY, partition, headers=headers)
        PUT_IN.inc()
