"""What a process says of itself: live while its loop runs, ready while it can do its job."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

LIVE_SECONDS = 60.0
"""A loop that did not come round for so long hangs: no batch and no slice of a day takes nearly as long."""


@dataclass
class Health:
    """`checks` by name answer None when well, else a sentence that says what is wrong."""

    checks: dict[str, Callable[[], str | None]] = field(default_factory=dict)
    _last_beat: float | None = None

    def problems(self) -> dict[str, str]:
        """The checks that are not well, with their sentences."""
        found = {name: check() for name, check in list(self.checks.items())}
        return {name: problem for name, problem in found.items() if problem}

    def beat(self) -> None:
        """The process's own loop came round."""
        self._last_beat = time.monotonic()

    def live(self) -> bool:
        """Whether the loop still comes round; that of a process whose loop never told counts as running."""
        return self._last_beat is None or time.monotonic() - self._last_beat < LIVE_SECONDS
