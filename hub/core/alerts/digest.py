"""Weekly digests: the backlog that raises no alert of its own, and what has been late for long.

Made from deadlines as they stand in the read model. Nothing in one but references, dates, service, state and counts.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from hub.core.alerts.rules import RESTRICTED, AlertRules
from hub.core.clocks.rule import LOCAL_TARGET
from schemas.ids import digest
from schemas.sources import Sources

WEEK = timedelta(weeks=1)
FOUR_WEEKS, TWELVE_WEEKS = timedelta(weeks=4), timedelta(weeks=12)

BANDS = ((4, "0-4"), (12, "4-12"), (26, "12-26"), (52, "26-52"))
BEYOND = "52+"
"""Weeks late: less than the first number is the band's; what reaches it belongs to the next."""


class Place(NamedTuple):
    """Whose digest it is: the audience, and the body that must act, by role and where known its code."""

    audience: str
    role: str
    ods: str | None


@dataclass(slots=True)
class Digest:
    """One audience's digest about one body, for the seven days that end on `day`.

    `standing` is the backlog: overdue when the hub first heard of it, or made so by a correction. `passed` are others
    that have been late for four or for twelve weeks since this week. `exempt` are those whose limit an accepted
    exemption lifts: nothing else says week by week that they still wait. `silent` are the sources that are not heard,
    with the open deadlines that rest on them; `imports` those that went live this week.
    """

    place: Place
    day: date
    standing: list[Mapping[str, Any]] = field(default_factory=list)
    passed: dict[int, list[Mapping[str, Any]]] = field(default_factory=lambda: {4: [], 12: []})
    exempt: list[Mapping[str, Any]] = field(default_factory=list)
    silent: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    imports: dict[str, tuple[date, int]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As it is exchanged; `id` is a hash of audience, body and day."""
        place = self.place
        return {
            "id": digest(place.audience, place.role, place.ods or "", self.day),
            "audience": place.audience,
            "body": {"role": place.role, "ods": place.ods},
            "day": self.day,
            "from": self.day - WEEK + timedelta(days=1),
            "standing": {
                "count": len(self.standing),
                "by_service_and_age": self._counted(self.standing, "weeks_late"),
                "deadlines": [_reference(row) for row in _in_order(self.standing)],
            },
            "late_for_4_weeks": [_reference(row) for row in _in_order(self.passed[4])],
            "late_for_12_weeks": [_reference(row) for row in _in_order(self.passed[12])],
            "exempt": {
                "count": len(self.exempt),
                "by_service_and_age": self._counted(self.exempt, "weeks_exempt"),
                "deadlines": [_reference(row) | _exempt_since(row) for row in _in_order(self.exempt)],
            },
            "silent_sources": [
                {"source": source, "count": len(rows), "deadlines": [_reference(row) for row in _in_order(rows)]}
                for source, rows in sorted(self.silent.items())
            ],
            "first_imports": [
                {"source": source, "live_from": live_from, "standing": standing}
                for source, (live_from, standing) in sorted(self.imports.items())
            ],
        }

    def _counted(self, rows: Iterable[Mapping[str, Any]], age: str) -> list[dict[str, Any]]:
        counts: dict[tuple[str | None, str], int] = {}
        for row in rows:
            key = (_service(row), band_of(self.day - _due_on(row)))
            counts[key] = counts.get(key, 0) + 1
        names = [name for _, name in BANDS] + [BEYOND]
        ordered = sorted(counts.items(), key=lambda item: (item[0][0] or "", names.index(item[0][1])))
        return [{"service": service, age: band, "count": count} for (service, band), count in ordered]


def digests(
    rows: Iterable[Mapping[str, Any]], day: date, rules: AlertRules, sources: Sources, silent: Collection[str] = ()
) -> list[Digest]:
    """The digests of a day, in the order of audience and body; none for whom there is nothing to say.

    `rows` are open deadlines in the shape of `schemas.deadlines.Deadline`, in any order; of a deadline that comes more
    than once the last. `silent` are the sources that are silent on the day.
    """
    found: dict[Place, Digest] = {}
    live = {source.id: source.live_from for source in sources.sources if source.live_from is not None}
    news = {source: on for source, on in live.items() if day - WEEK < on <= day}
    for row in {(row["child_id"], row["id"]): row for row in rows}.values():
        for place in _places(row, rules):
            _count(row, found.setdefault(place, Digest(place, day)), silent, news)
    said = [each for each in found.values() if each.standing or each.exempt or each.silent or any(each.passed.values())]
    return sorted(said, key=lambda each: (each.place.audience, each.place.role, each.place.ods or ""))


def _count(row: Mapping[str, Any], into: Digest, silent: Collection[str], news: Mapping[str, date]) -> None:
    late, source = into.day - _due_on(row), row.get("source") or ""
    if row["state"] == "overdue" and late > timedelta():
        if row.get("standing"):
            into.standing.append(row)
            if source in news:
                live_from, standing = into.imports.get(source, (news[source], 0))
                into.imports[source] = (live_from, standing + 1)
        elif FOUR_WEEKS <= late < FOUR_WEEKS + WEEK:
            into.passed[4].append(row)
        elif TWELVE_WEEKS <= late < TWELVE_WEEKS + WEEK:
            into.passed[12].append(row)
    elif row["state"] == "exempt" and late > timedelta():
        into.exempt.append(row)
    if source in silent:
        into.silent.setdefault(source, []).append(row)


def _places(row: Mapping[str, Any], rules: AlertRules) -> set[Place]:
    """Whoever is told when such a deadline is overdue; of a restricted child the restricted list alone."""
    body = row["responsible"]
    target = row["law"] == LOCAL_TARGET
    tells = rules.tells("overdue", row["clock"], _service(row), body["role"], target=target)
    audiences = {RESTRICTED if row.get("restricted") else tell.audience for tell in tells}
    return {Place(audience, body["role"], body.get("ods")) for audience in audiences}


def band_of(late: timedelta) -> str:
    """The age band of something that is late by so much."""
    return next((name for weeks, name in BANDS if late < weeks * WEEK), BEYOND)


def _in_order(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(rows, key=lambda row: (str(row["due_on"]), row["child_id"], row["id"]))


def _reference(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "child_id", "case_reference", "clock", "service", "due_on", "state", "source")
    return {"deadline" if name == "id" else name: row.get(name) for name in names}


def _service(row: Mapping[str, Any]) -> str | None:
    """The service asked; for advice that names none, its heading."""
    return row.get("service") or row.get("heading")


def _exempt_since(row: Mapping[str, Any]) -> dict[str, Any]:
    """A limit is lifted from the day after it, and looked at again on `review_by`."""
    return {"since": _due_on(row) + timedelta(days=1), "review_by": row.get("review_by")}


def _due_on(row: Mapping[str, Any]) -> date:
    found = row["due_on"]
    return found if isinstance(found, date) else date.fromisoformat(found)
