"""A service that does not answer is left alone for a while; then one question tries whether it does again."""

from collections.abc import Awaitable, Callable

from connectors.nhs.pds.errors import Away, Busy, Garbled, Paused
from connectors.nhs.pds.port import Demographics, Reply, Sought

_TRIAL_SECONDS = 1.0
"""How soon to look again while another question tries."""


class Breaker:
    """Closed: questions pass. Open, after `failures` in a row that came to nothing: none passes for `pause` seconds.
    Then half open: one passes, and opens it again or closes it."""

    def __init__(self, inner: Demographics, failures: int, pause: float, monotonic: Callable[[], float]) -> None:
        self._inner = inner
        self._limit = failures
        self._pause = pause
        self._monotonic = monotonic
        self._failures = 0
        self._open_until: float | None = None
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether questions are held off, or one tries."""
        return self._open_until is not None

    async def retrieve(self, number: str) -> Reply:
        """See Demographics; raises Paused while open."""
        return await self._pass(lambda: self._inner.retrieve(number))

    async def search(self, sought: Sought) -> Reply:
        """As above."""
        return await self._pass(lambda: self._inner.search(sought))

    async def _pass(self, question: Callable[[], Awaitable[Reply]]) -> Reply:
        trial = self._admit()
        try:
            reply = await question()
        except (Away, Garbled, Busy) as fault:
            self._failed(trial, counts=not isinstance(fault, Busy))
            raise
        except Exception:
            # It answered, if not as we wished.
            self._close()
            raise
        finally:
            if trial:
                self._trying = False
        self._close()
        return reply

    def _admit(self) -> bool:
        """Whether this question is the one that tries; raises Paused."""
        if self._open_until is None:
            return False
        left = self._open_until - self._monotonic()
        if left > 0 or self._trying:
            raise Paused("the service did not answer: it is left alone for a while", max(left, _TRIAL_SECONDS))
        self._trying = True
        return True

    def _failed(self, trial: bool, *, counts: bool) -> None:
        self._failures += counts
        if trial or self._failures >= self._limit:
            self._open_until = self._monotonic() + self._pause

    def _close(self) -> None:
        self._failures, self._open_until = 0, None
