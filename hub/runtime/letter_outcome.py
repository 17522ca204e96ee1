"""What became of records that were put back: passed by their stage, given up again, or not yet reached."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hub.platform.settings import Settings
from hub.runtime import groups
from hub.runtime.letters import Letter, read_letters
from hub.runtime.partitions import Partition

POLL_SECONDS = 0.5
Place = tuple[str, Partition]
"""A stage, and a partition that it reads."""


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
    places = {(letter.meta.stage, Partition(letter.meta.source_topic, letter.meta.partition)) for letter in replayed}
    while True:
        stands = await _offsets(settings, places)
        passed = {letter.meta.id for letter in replayed if _is_past(letter, stands)}
        if len(passed) == len(replayed) or time.monotonic() > end:
            return passed
        await asyncio.sleep(POLL_SECONDS)


async def _offsets(settings: Settings, places: Iterable[Place]) -> dict[Place, int]:
    """Where each stage's group stands in each of its partitions."""
    wanted: dict[str, list[Partition]] = {}
    for stage, partition in places:
        wanted.setdefault(stage, []).append(partition)
    return {
        (stage, partition): offset
        for stage, partitions in wanted.items()
        for partition, offset in (await groups.offsets(settings, stage, partitions)).items()
    }


def _is_past(letter: Letter, stands: Mapping[Place, int]) -> bool:
    resolution = letter.resolution
    assert resolution is not None
    assert resolution.offset is not None
    place = (letter.meta.stage, Partition(letter.meta.source_topic, letter.meta.partition))
    return stands.get(place, -1) > resolution.offset


def _returns_as(letter: Letter) -> str | None:
    return letter.resolution.returns_as if letter.resolution is not None else None
