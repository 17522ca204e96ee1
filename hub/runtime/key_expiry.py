"""Destroying keys that are too old: the ring's daily keys, the keys of dead letters. The ticker's process sees to it.

It needs no key for that. Without a key ring in a file it leaves the ring alone: in memory nobody uses such keys anyway.
"""

import asyncio

import structlog
from aiokafka.errors import KafkaError

from hub.platform import keyring
from hub.platform.keys import KeyFault
from hub.platform.settings import Settings
from hub.runtime import letter_keys
from hub.stages.errors import Unavailable

log = structlog.get_logger()

EVERY_SECONDS = 3600.0


async def keep_destroying(settings: Settings) -> None:
    """Now and every hour until cancelled. What fails is tried again then; `sendhub doctor` says what stays."""
    while True:
        forget_days(settings)
        await forget_letters(settings)
        await asyncio.sleep(EVERY_SECONDS)


def forget_days(settings: Settings) -> None:
    """Destroy the daily keys that are too old, in the file."""
    if not settings.ring.in_file or not settings.key_ring_file.exists():
        return
    try:
        begins = keyring.forget_days(settings.ring)
    except (KeyFault, OSError) as error:
        log.warning("daily keys that are too old could not be destroyed", why=str(error))
        return
    if begins is not None:
        log.info("daily keys destroyed", before=str(begins))


async def forget_letters(settings: Settings) -> None:
    """Destroy the keys of dead letters that are too old."""
    try:
        number = await letter_keys.expire(settings)
    except (Unavailable, KafkaError, OSError) as error:
        log.warning("keys of dead letters could not be destroyed", why=type(error).__name__)
        return
    if number:
        log.info("keys of dead letters destroyed", number=number)
