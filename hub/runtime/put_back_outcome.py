"""What became of records that were put back: passed by their stage, given up again, or not yet reached."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hub.platform.settings import Settings
from hub.runtime import groups
from hub.runtime.letters import read_letters
from hub.runtime.partitions import Partition
from schemas.deadletters import letter_id

POLL_SECONDS = 0.5
Place = tuple[str, Partition]
"""A stage, and a partition that it reads."""


class PutBack(NamedTuple):
    """A record at its new place, and the stage that is to read it there; `id` is what it is known by."""

    id: str
    stage: str
    partition: Partition
    offset: int

    @property
    def returns_as(self) -> str:
        """The dead letter that it is, should it be given up again."""
        return letter_id(*self.partition, self.offset, self.stage)


class Outcome(NamedTuple):
    """Ids by what became of the records."""

    fixed: tuple[str, ...] = ()
    came_back: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


async def outcome(settings: Settings, replayed: Sequence[PutBack], seconds: float) -> Outcome:
    """Wait until their stages have passed all of them, or so long; then look which came back."""
    if not replayed:
        return Outcome()
    passed = await _passed(settings, replayed, time.monotonic() + seconds)
    # Read after the offsets: a letter is written in the transaction that moves past its record.
    known = await read_letters(settings)
    back = [each.id for each in replayed if each.returns_as in known]
    fixed = [each.id for each in replayed if each.id in passed and each.id not in back]
    done = {*back, *fixed}
    return Outcome(tuple(fixed), tuple(back), tuple(each.id for each in replayed if each.id not in done))


async def _passed(settings: Settings, replayed: Sequence[PutBack], end: float) -> set[str]:
    places = {(each.stage, each.partition) for each in replayed}
    while True:
        stands = await _offsets(settings, places)
        passed = {each.id for each in replayed if stands.get((each.stage, each.partition), -1) > each.offset}
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
