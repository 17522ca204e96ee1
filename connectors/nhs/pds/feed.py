"""The look-ups to make, in the order they came: a port, and its twin in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schemas.traces import Trace


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """One look-up. `trace` None: it could not be read, and is answered so; `id` and `link` are always known."""

    id: str
    link: str
    trace: Trace | None


class Feed(Protocol):
    """What was taken and not committed is handed out again after a restart."""

    async def take(self) -> Sequence[Asked]:
        """The next look-ups; empty after a moment without any."""
        ...

    async def commit(self) -> None:
        """All that was taken has been answered, durably."""
        ...


@dataclass
class MemoryFeed:
    """The twin: hands out `waiting`, up to `size` at once."""

    waiting: list[Asked] = field(default_factory=list)
    size: int = 10
    committed: int = 0
    _taken: int = 0

    async def take(self) -> Sequence[Asked]:
        """The next ones."""
        found = self.waiting[self._taken : self._taken + self.size]
        self._taken += len(found)
        return found

    async def commit(self) -> None:
        """Note how far all is answered."""
        self.committed = self._taken

    def restart(self) -> None:
        """As after a crash: from what was committed."""
        self._taken = self.committed
