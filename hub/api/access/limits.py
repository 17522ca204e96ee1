"""How often somebody may: a bucket of tokens for each, in bounded memory."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_KEPT = 10_000
"""How many are remembered; who was seen longest ago is forgotten first, and has a full bucket again."""


MANY = 20
"""A council's people come from one address, and from a few at once: so many times as much is theirs together."""


@dataclass(frozen=True)
class Rate:
    """`burst` at once, and then one more every `seconds`."""

    burst: int
    seconds: float

    @property
    def of_many(self) -> "Rate":
        """The same for an address that many people share."""
        return Rate(self.burst * MANY, self.seconds / MANY)


class Limiter:
    """Counts by key. `now` is a clock that only goes forward, in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic, most: int = MOST_KEPT) -> None:
        self._now = now
        self._most = most
        self._known: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, what: str, key: str, rate: Rate) -> int:
        """0 when it may be done now; else after how many seconds it may."""
        now = self._now()
        left, at = self._known.pop((what, key), (float(rate.burst), now))
        left = min(float(rate.burst), left + (now - at) / rate.seconds)
        allowed = left >= 1
        self._known[what, key] = (left - 1 if allowed else left, now)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - left) * rate.seconds))

    def __len__(self) -> int:
        return len(self._known)
