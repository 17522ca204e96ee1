"""Feeds that have gone silent: while one is, no new alert rests on it. All of it follows from what was said of feeds.

A silence that became known during a day holds alerts back from the next day on, so that nothing which opened that
morning is taken back; the end of a silence counts at once. Without an instant of receipt it is as of the day's start.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from hub.core.alerts.rules import AlertRules
from hub.core.days import DAY
from schemas.alerts import Tell
from schemas.ids import digest
from schemas.instants import LONDON, london_day, microseconds
from schemas.sources import Sources

SILENT, HEARD = "source.silent", "source.heard"
KINDS = frozenset({SILENT, HEARD})


class Saying(NamedTuple):
    """That a source fell silent, or was heard again. `at` is microseconds since 1970 in UTC, by which sayings are in
    order; `known_on` its London day; `holds_from` the first day on which it counts."""

    source: str
    at: int
    silent: bool
    known_on: date
    holds_from: date


def read_saying(value: Mapping[str, Any]) -> Saying:
    """A saying from its JSON object; raises ValueError that names the field."""
    data = value.get("data")
    source = data.get("source") if isinstance(data, Mapping) else None
    if not isinstance(source, str) or not source:
        raise ValueError("data.source names no source")
    try:
        on = date.fromisoformat(value["effective_on"])
    except (KeyError, TypeError, ValueError):
        raise ValueError("effective_on is no day") from None
    received = _instant(value.get("received_at"))
    silent = value.get("kind") == SILENT
    if received is None:
        midnight = datetime.combine(on, time(), LONDON).astimezone(UTC)
        return Saying(source, microseconds(midnight), silent, on, on)
    known_on = london_day(received)
    holds_from = max(on, known_on + DAY) if silent else known_on
    return Saying(source, microseconds(received), silent, known_on, holds_from)


def _instant(text: Any) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (TypeError, ValueError, OverflowError):
        raise ValueError("received_at is no instant") from None


class Silences:
    """What has been said of sources, in any order and however often."""

    def __init__(self, sayings: Iterable[Saying] = ()) -> None:
        self.sayings = frozenset(sayings)
        self._of: dict[str, list[Saying]] = {}
        for saying in sorted(self.sayings, key=lambda saying: (saying.source, saying.at, saying.silent)):
            self._of.setdefault(saying.source, []).append(saying)
        self._on: dict[date, frozenset[str]] = {}

    def on(self, day: date) -> frozenset[str]:
        """The sources that are silent on a day, with what was known by its end. Worked out once for each day."""
        if not self._of:
            return NOBODY
        found = self._on.get(day)
        if found is None:
            found = self._on[day] = frozenset(source for source, said in self._of.items() if _holds(said, day))
        return found

    def next_heard(self, sources: Iterable[str], day: date) -> date | None:
        """The first day after `day` on which one of these was heard."""
        heard = (saying.known_on for source in sources for saying in self._of.get(source, ()) if not saying.silent)
        return min((on for on in heard if on > day), default=None)

    def standing(self, source: str, day: date) -> tuple[int, date] | None:
        """Of the silence that stands at the end of a day: its number among those that stood at the end of any day, and
        since when it does. None while the source is not silent."""
        at_end = {saying.known_on: saying.silent for saying in self._of.get(source, ()) if saying.known_on <= day}
        number, since, silent = 0, day, False
        for on, fell_silent in at_end.items():
            if fell_silent and not silent:
                number, since = number + 1, on
            silent = fell_silent
        return (number, since) if silent else None

    @property
    def sources(self) -> list[str]:
        """All that were ever spoken of."""
        return sorted(self._of)

    def to_json(self) -> list[list[Any]]:
        """As a JSON array, for a stage's state."""
        return [list(saying) for said in self._of.values() for saying in said]


def sayings_of(value: list[list[Any]]) -> Silences:
    """The silences that `to_json` wrote."""
    return Silences(map(saying_of, value))


def saying_of(row: list[Any]) -> Saying:
    """A saying from the JSON array of its fields."""
    source, at, silent, known_on, holds_from = row
    return Saying(source, at, silent, date.fromisoformat(known_on), date.fromisoformat(holds_from))


NOBODY: frozenset[str] = frozenset()
NO_SILENCES = Silences()


def _holds(said: list[Saying], day: date) -> bool:
    known = [saying for saying in said if saying.known_on <= day]
    last = max((n for n, saying in enumerate(known) if not saying.silent), default=-1)
    return any(saying.holds_from <= day for saying in known[last + 1 :])


def source_alerts(silences: Silences, day: date, rules: AlertRules, sources: Sources) -> dict[str, dict[str, Any]]:
    """The `source-silent` alerts that stand, by id, in the shape of `schemas.alerts.Alert`."""
    tells = rules.tells("source-silent")
    found = {}
    for source in silences.sources:
        standing = silences.standing(source, day)
        if standing is not None:
            for tell in tells:
                alert = _alert(source, *standing, tell, sources)
                found[alert["id"]] = alert
    return found


def _alert(source: str, number: int, since: date, tell: Tell, sources: Sources) -> dict[str, Any]:
    registered = sources.find(source)
    return {
        "id": digest(source, "source-silent", tell.audience, number),
        "child_id": None,
        "about": source,
        "deadline": None,
        "threshold": "source-silent",
        "audience": tell.audience,
        "state": "open",
        "reason": None,
        "since": since.isoformat(),
        "caused_by": "change",
        "severity": "normal",
        "service": None,
        "area": registered.area if registered is not None else None,
        "case_reference": None,
        "due_on": None,
        "act_by": None,
    }
