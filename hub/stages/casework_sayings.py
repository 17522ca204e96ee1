"""What casework keeps of sources, under SOURCES_KEY: what was said of them, and how far that is worked through."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import orjson

from hub.core.alerts.silence import NO_SILENCES, Saying, Silences, saying_of, sayings_of

SOURCES_KEY = "!sources"


@dataclass(frozen=True, slots=True)
class Sayings:
    """What is kept of sources: all that was said, the alerts about them that are open, and how far the last has been
    worked through. `working`: what has not been to its end (the last one, and what was given up half way before it);
    `done_to`: up to and with this child."""

    silences: Silences = NO_SILENCES
    told: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    working: tuple[Saying, ...] = ()
    done_to: str = ""
    _as_bytes: bytes | None = None

    @classmethod
    def of(cls, value: bytes | None) -> "Sayings":
        """From the state's bytes; raises ValueError for bytes that it did not write."""
        if value is None:
            return cls()
        try:
            said, told, working, done_to = orjson.loads(value)
            left = [saying_of(row) for row in working or ()]
            return cls(sayings_of(said), told, tuple(left), done_to, value)
        except (TypeError, ValueError):
            raise ValueError("not what is kept of sources") from None

    def now_as(self, value: bytes | None) -> "Sayings":
        """What the state's bytes hold: itself where it was read from these."""
        return self if value == self._as_bytes else Sayings.of(value)

    def dump(self) -> bytes:
        """As bytes, for the state."""
        return orjson.dumps([self.silences.to_json(), self.told, list(map(list, self.working)), self.done_to])

    def up_to(self, child_id: str) -> "Sayings":
        """With one more child done."""
        return replace(self, done_to=child_id)


def alerts_between(
    before: Mapping[str, dict[str, Any]], now: Mapping[str, dict[str, Any]], day: date
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The alerts about sources that clear and open, each with what it is about."""
    for id_, alert in before.items():
        if id_ not in now:
            yield alert["about"], alert | {"state": "cleared", "reason": "resolved", "since": day.isoformat()}
    for id_, alert in now.items():
        if id_ not in before:
            yield alert["about"], alert
