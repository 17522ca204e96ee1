"""When a source was last heard, and so when it falls silent. Instants come in; what has to be said comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hub.core.alerts.silence import HEARD, SILENT
from schemas.sources import Sources


class Turn(NamedTuple):
    """A source fell silent (`kind` source.silent) or is heard again (source.heard)."""

    kind: str
    source: str


@dataclass(slots=True)
class Heard:
    """`at`: when something was last received from it, or from when it is watched. `silent_since`: what `at` was when it
    was said to be silent; None while it is not."""

    at: datetime
    silent_since: datetime | None = None


@dataclass(slots=True)
class Hearing:
    """The sources that are watched, by how long each may be silent; and what was heard of them."""

    limits: Mapping[str, timedelta]
    heard: dict[str, Heard] = field(default_factory=dict)

    @property
    def concerns_nobody(self) -> bool:
        """Whether there is nothing to listen for, and nothing to take back."""
        return not self.limits and not self.heard

    def note(self, source: str, at: datetime) -> None:
        """Something was received from a source."""
        if source not in self.limits:
            return
        known = self.heard.setdefault(source, Heard(at))
        known.at = max(known.at, at)

    def turns(self, now: datetime) -> list[Turn]:
        """What has to be said, given that all which was received by `now` has been noted."""
        found = []
        for source, limit in sorted(self.limits.items()):
            known = self.heard.get(source)
            if known is None:
                continue
            is_late = now - known.at >= limit
            if known.silent_since is None and is_late:
                found.append(Turn(SILENT, source))
            elif known.silent_since is not None and known.at > known.silent_since and not is_late:
                found.append(Turn(HEARD, source))
        for source, known in sorted(self.heard.items()):
            if source not in self.limits and known.silent_since is not None:
                found.append(Turn(HEARD, source))  # nobody watches it any more: it would stay silent for ever
        return found

    def after(self, turns: list[Turn], now: datetime) -> "Hearing":
        """With these said; a source that nothing was known of is watched from now on, and one that is not watched
        forgotten."""
        said = {turn.source: turn.kind for turn in turns}
        heard = {}
        for source in self.limits:
            known = self.heard.get(source, Heard(now))
            since = known.silent_since
            if source in said:
                since = known.at if said[source] == SILENT else None
            heard[source] = Heard(known.at, since)
        return Hearing(self.limits, heard)

    def to_json(self) -> dict[str, list[str | None]]:
        """What was heard, as a JSON object."""
        return {
            source: [known.at.isoformat(), known.silent_since.isoformat() if known.silent_since else None]
            for source, known in sorted(self.heard.items())
        }


def limits_of(sources: Sources) -> dict[str, timedelta]:
    """How long each source may be silent, of those that say it."""
    return {
        source.id: timedelta(hours=source.silent_after) for source in sources.sources if source.silent_after is not None
    }


def heard_of(value: Mapping[str, list[Any]]) -> dict[str, Heard]:
    """What `Hearing.to_json` wrote."""
    return {
        source: Heard(datetime.fromisoformat(at), datetime.fromisoformat(since) if since else None)
        for source, (at, since) in value.items()
    }
