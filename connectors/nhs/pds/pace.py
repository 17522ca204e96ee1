"""At most so many questions in any one second; the others queue, first come first served."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from connectors.nhs.pds.port import Demographics, Reply, Sought

Sleep = Callable[[float], Awaitable[None]]

_SECOND = 1.0


class Paced:
    """The service behind a queue."""

    def __init__(
        self, inner: Demographics, per_second: int, monotonic: Callable[[], float], sleep: Sleep = asyncio.sleep
    ) -> None:
        self._inner = inner
        self._monotonic = monotonic
        self._sleep = sleep
        self._begun: deque[float] = deque(maxlen=per_second)
        self._queue = asyncio.Lock()

    async def retrieve(self, number: str) -> Reply:
        """See Demographics."""
        await self._turn()
        return await self._inner.retrieve(number)

    async def search(self, sought: Sought) -> Reply:
        """See Demographics."""
        await self._turn()
        return await self._inner.search(sought)

    async def _turn(self) -> None:
        async with self._queue:
            while len(self._begun) == self._begun.maxlen:
                wait = self._begun[0] + _SECOND - self._monotonic()
                if wait <= 0:
                    break
                await self._sleep(wait)
            self._begun.append(self._monotonic())
