"""Asking again what may be asked again: every question only reads, so repeating one does no harm."""

from collections.abc import Awaitable, Callable

import stamina

from connectors.nhs.pds.errors import Away, Busy, Garbled, PdsFault, Stale, Unfit
from connectors.nhs.pds.port import Demographics, Reply, Sought

LONGEST_WAIT = 30.0
"""Seconds that a question waits by itself when it is told to; longer is for the caller, who has others waiting."""


class Persistent:
    """The service, asked up to `attempts` times; pauses grow from `first` to `longest` seconds, or are as it says."""

    def __init__(self, inner: Demographics, attempts: int, first: float = 0.5, longest: float = 8.0) -> None:
        self._inner = inner
        self._attempts = attempts
        self._first = first
        self._longest = longest

    async def retrieve(self, number: str) -> Reply:
        """See Demographics. An answer that is never what was asked for ends as `unreadable`."""
        return await self._ask(lambda: self._inner.retrieve(number))

    async def search(self, sought: Sought) -> Reply:
        """As above."""
        return await self._ask(lambda: self._inner.search(sought))

    async def _ask(self, question: Callable[[], Awaitable[Reply]]) -> Reply:
        again = stamina.retry_context(
            on=_pause,
            attempts=self._attempts,
            timeout=None,
            wait_initial=self._first,
            wait_max=self._longest,
            wait_jitter=self._first,
        )
        try:
            async for attempt in again:
                with attempt:
                    return await question()
        except Unfit:
            return Reply("unreadable")
        raise AssertionError("the last attempt returns or raises")


def _pause(error: Exception) -> bool | float:
    """Whether to ask again, or after how many seconds."""
    if isinstance(error, Stale):
        return 0.0
    if not isinstance(error, Away | Busy | Garbled | Unfit):
        return False
    return _as_told(error)


def _as_told(fault: PdsFault) -> bool | float:
    if fault.retry_after is None:
        return True
    return fault.retry_after if fault.retry_after <= LONGEST_WAIT else False
