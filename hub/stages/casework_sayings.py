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
    worked through. `working`: what has not been to its end (the last one, and what was given up before it); `done_to`:
    up to and with this child; `missed`: but for these, which raised."""

    silences: Silences = NO_SILENCES
    told: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    working: tuple[Saying, ...] = ()
    done_to: str = ""
    missed: tuple[str, ...] = ()
    _as_bytes: bytes | None = None

    @classmethod
    def of(cls, value: bytes | None) -> "Sayings":
        """From the state's bytes; raises ValueError for bytes that it did not write."""
        if value is None:
            return cls()
        try:
            said, told, working, done_to, missed = orjson.loads(value)
            return cls(sayings_of(said), told, tuple(map(saying_of, working)), done_to, tuple(missed), value)
        except (TypeError, ValueError):
            raise ValueError("not what is kept of sources") from None

    def now_as(self, value: bytes | None) -> "Sayings":
        """What the state's bytes hold: itself where it was read from these."""
        return self if value == self._as_bytes else Sayings.of(value)

    def dump(self) -> bytes:
        """As bytes, for the state."""
        working = list(map(list, self.working))
        return orjson.dumps([self.silences.to_json(), self.told, working, self.done_to, self.missed])

    def with_(self, silences: Silences, saying: Saying, told: Mapping[str, dict[str, Any]]) -> "Sayings":
        """With one more, which no child has heard. Whom another one missed is among those who now hear both."""
        return Sayings(silences, told, (*self.working, saying))

    def tried(self, child_id: str) -> "Sayings":
        """With one more child told, which counts as missed until it has heard."""
        missed = self.missed if child_id in self.missed else (*self.missed, child_id)
        return replace(self, done_to=max(self.done_to, child_id), missed=missed)

    def heard(self, child_id: str) -> "Sayings":
        """With one more child done."""
        return replace(self, missed=tuple(missed for missed in self.missed if missed != child_id))

    def finished(self) -> "Sayings":
        """All children know."""
        return Sayings(self.silences, self.told)


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
