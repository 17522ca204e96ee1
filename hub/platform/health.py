"""What a process says of itself: live while its loop runs, ready while it can do its job."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Health:
    """`checks` by name answer None when well, else a sentence that says what is wrong."""

    checks: dict[str, Callable[[], str | None]] = field(default_factory=dict)

    def problems(self) -> dict[str, str]:
        """The checks that are not well, with their sentences."""
        found = {name: check() for name, check in self.checks.items()}
        return {name: problem for name, problem in found.items() if problem}
