"""What became of records that were put back: passed by their stage, given up again, or not yet reached."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from hub.platform.settings import Settings
from hub.runtime.letters import Letter, read_letters
from hub.runtime.producer import group_id

POLL_SECONDS = 0.2


class Outcome(NamedTuple):
    """Ids of letters by what became of their records."""

    fixed: tuple[str, ...] = ()
    came_back: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


async def outcome(settings: Settings, replayed: Sequence[Letter], seconds: float) -> Outcome:
    """Wait until their stages have passed all of them, or so long; then look which came back."""
    if not replayed:
        return Outcome()
    passed = await _passed(settings, replayed, time.monotonic() + seconds)
    # Read after the offsets: a letter is written in the transaction that moves past its record.
    known = await read_letters(settings)
    back = [letter.meta.id for letter in replayed if _returns_as(letter) in known]
    fixed = [letter.meta.id for letter in replayed if letter.meta.id in passed and letter.meta.id not in back]
    done = {*back, *fixed}
    return Outcome(tuple(fixed), tuple(back), tuple(each.meta.id for each in replayed if each.meta.id not in done))


async def _passed(settings: Settings, replayed: Sequence[Letter], end: float) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    await admin.start()
    try:
        while True:
            offsets = await _offsets(admin, settings, {letter.meta.stage for letter in replayed})
            passed = {letter.meta.id for letter in replayed if _is_past(letter, offsets[letter.meta.stage])}
            if len(passed) == len(replayed) or time.monotonic() > end:
                return passed
            await asyncio.sleep(POLL_SECONDS)
    finally:
        await admin.close()


async def _offsets(
    admin: AIOKafkaAdminClient, settings: Settings, stages: Iterable[str]
) -> Mapping[str, Mapping[TopicPartition, int]]:
    found = {}
    for stage in stages:
        committed = await admin.list_consumer_group_offsets(group_id(settings, stage))
        found[stage] = {partition: known.offset for partition, known in committed.items()}
    return found


def _is_past(letter: Letter, committed: Mapping[TopicPartition, int]) -> bool:
    resolution = letter.resolution
    assert resolution is not None
    assert resolution.offset is not None
    return committed.get(TopicPartition(letter.meta.source_topic, letter.meta.partition), -1) > resolution.offset


def _returns_as(letter: Letter) -> str | None:
    return letter.resolution.returns_as if letter.resolution is not None else None
