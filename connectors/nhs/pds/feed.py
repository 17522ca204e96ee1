"""The look-ups to make, in the order they came: a port, and its twin in memory."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schemas.traces import Trace

Place = tuple[int, int]
"""Partition and offset."""


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """One look-up. `trace` None: it could not be read, and is answered so; `id` and `link` are always known."""

    id: str
    link: str
    trace: Trace | None
    place: Place = (0, 0)


class Feed(Protocol):
    """What was taken and not committed is handed out again after a restart."""

    async def take(self, at_most: int) -> Sequence[Asked]:
        """The next look-ups; empty after a moment without any."""
        ...

    def answered(self, asked: Asked) -> None:
        """This one is answered, durably."""
        ...

    async def commit(self) -> None:
        """Begin after a restart with the first that is not answered."""
        ...


@dataclass
class Progress:
    """How far all is answered: `open` are places taken and not answered, `ahead` the offset after the last taken."""

    open: set[Place] = field(default_factory=set)
    ahead: dict[int, int] = field(default_factory=dict)

    def took(self, place: Place) -> None:
        """A place was handed out."""
        self.open.add(place)
        partition, offset = place
        self.ahead[partition] = max(offset + 1, self.ahead.get(partition, 0))

    def answered(self, place: Place) -> None:
        """It is answered."""
        self.open.discard(place)

    def begin(self) -> dict[int, int]:
        """By partition, the first offset that is not answered."""
        found = dict(self.ahead)
        for partition, offset in self.open:
            found[partition] = min(offset, found[partition])
        return found


@dataclass
class MemoryFeed:
    """The twin: hands out `waiting`; `committed` is how many of them need not be asked again."""

    waiting: list[Asked] = field(default_factory=list)
    committed: int = 0
    _taken: int = 0
    _progress: Progress = field(default_factory=Progress)

    async def take(self, at_most: int) -> Sequence[Asked]:
        """The next ones."""
        await asyncio.sleep(0)
        numbers = range(self._taken, min(len(self.waiting), self._taken + at_most))
        self._taken += len(numbers)
        for number in numbers:
            self._progress.took((0, number))
        return [Asked(one.id, one.link, one.trace, (0, n)) for n in numbers for one in [self.waiting[n]]]

    def answered(self, asked: Asked) -> None:
        """Note it."""
        self._progress.answered(asked.place)

    async def commit(self) -> None:
        """Note how far all is answered."""
        self.committed = self._progress.begin().get(0, self.committed)

    def restart(self) -> None:
        """As after a crash: from what was committed."""
        self._taken, self._progress = self.committed, Progress()
