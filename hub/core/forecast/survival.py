"""How long advice takes: the chance that it comes on each day that a request has waited, learnt from spells.

Time is counted in days since the start; what comes on the very day counts as having taken one day. Where there are no
seasons this is the Kaplan-Meier estimate. A spell counts on exactly those days on which it was watched and had not
ended, so right censoring and left truncation need no correction afterwards.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, islice
from operator import mul

from hub.core.days import DAY
from hub.core.forecast.seasons import SEASONS, TERM, next_turn, season_of
from hub.core.forecast.spell import Spell

ROUNDS = 8
"""Seasons and waits are estimated in turn, each given the other; after a few rounds neither moves."""

DIGITS = 6
MOST_DELAY = 28
"""Days."""

Rows = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """By season, then by day of the wait (the first is day 1): how many waited and were watched, and how many came.

    `n`: how many requests were watched at all.
    """

    n: int
    waiting: Rows
    arrivals: Rows


@dataclass(frozen=True, slots=True)
class Curve:
    """`hazards`: by day of the wait (the first is day 1), the chance that what still waits comes on that day, in term.

    `seasons`: how many times that in each season.
    """

    hazards: tuple[float, ...]
    seasons: tuple[float, ...] = (1.0,) * len(SEASONS)

    @property
    def horizon(self) -> int:
        """The longest wait in days of which history shows enough."""
        return len(self.hazards)

    def survival(self, starts_on: date, days: int) -> list[float]:
        """The share of those that start on a day which take longer than 0, 1, ... days. It never rises."""
        return list(islice(self._survival(starts_on), max(days, 0) + 1))

    def chances(self, starts_on: date, by: int, untold: Sequence[float] = ()) -> list[float]:
        """By the days that passed with nothing heard, 0, 1, ... `by`: the chance that it comes by day `by`.

        1 - S(by) / S(passed), but that what has come may not have been told yet: `untold` is the share of arrivals not
        told within 0, 1, ... days. It never rises. Empty where history does not show so long a wait.
        """
        if not 0 <= by <= self.horizon:
            return []
        left = self.survival(starts_on, by)
        unheard = _unheard(left, untold) if untold else left
        return [1.0 - left[-1] / share if share else 1.0 for share in unheard]

    def median(self, starts_on: date, waited: int) -> int | None:
        """The day of its wait by which half of those that have waited so long have come; None beyond what is shown."""
        if waited >= self.horizon:
            return None
        half = 0.0
        for day, share in enumerate(self._survival(starts_on)):
            if day == waited:
                half = share / 2
            elif day > waited and share <= half:
                return day if half else None
        return None

    def _survival(self, starts_on: date) -> Iterator[float]:
        day, turn, pace, share = starts_on, starts_on, 1.0, 1.0
        yield share
        for hazard in self.hazards:
            day += DAY
            if day >= turn:
                pace, turn = self.seasons[season_of(day)], next_turn(day)
            share *= 1.0 - min(1.0, pace * hazard)
            yield share


def delays(spells: Iterable[Spell], since: date | None = None) -> tuple[float, ...]:
    """The share of arrivals not told within 0, 1, ... days. What is told later than MOST_DELAY is taken to be put right
    rather than told, and left out."""
    taken = [0] * (MOST_DELAY + 1)
    for spell in spells:
        first, end = _watched(spell, since)
        if spell.told_on is not None and first <= end and 0 <= (spell.told_on - spell.until).days <= MOST_DELAY:
            taken[(spell.told_on - spell.until).days] += 1
    arrivals = sum(taken)
    left = [arrivals - told for told in accumulate(taken)]
    return tuple(_digits(number / arrivals) for number in left if number)


def count(spells: Iterable[Spell], since: date | None = None) -> Counts:
    """What spells show, on the days from `since` on alone where that is said."""
    turns: list[dict[int, int]] = [{} for _ in SEASONS]
    came: list[dict[int, int]] = [{} for _ in SEASONS]
    n = last = 0
    for spell in spells:
        first, end = _watched(spell, since)
        if first > end:
            continue
        n, last = n + 1, max(last, end)
        season = _walk(spell, first, end, turns)
        if spell.ending == "arrived":
            came[season][end] = came[season].get(end, 0) + 1
    days = range(1, last + 1)
    return Counts(
        n,
        tuple(tuple(accumulate(row.get(day, 0) for day in days)) for row in turns),
        tuple(tuple(row.get(day, 0) for day in days) for row in came),
    )


def estimate(counts: Counts, at_risk_least: int, strength: float) -> Curve:
    """The curve of the counts, up to the first day through which fewer than `at_risk_least` waited. See `shrink`."""
    enough = [sum(column) >= at_risk_least for column in zip(*counts.waiting, strict=True)]
    shown = enough.index(False) if False in enough else len(enough)
    came = _came(counts, shown)
    curve = Curve((0.0,) * shown)
    for _ in range(ROUNDS):
        waiting = _waiting(counts, curve.seasons, shown)
        hazards = tuple(min(1.0, arrivals / number) for arrivals, number in zip(came, waiting, strict=True))
        curve = Curve(hazards, _seasons(counts, Curve(hazards), strength))
    return _rounded(curve)


def shrink(counts: Counts, towards: Curve, strength: float) -> Curve:
    """The curve of the counts, pulled towards another where they are few.

    Pace, each season and each day in turn: how much faster or slower than the other, as if `strength` arrivals (for a
    day, so many requests waiting) at the other's pace had been seen too. No counts give the other curve.
    """
    came, curve = _came(counts, towards.horizon), towards
    for _ in range(ROUNDS):
        waiting = _waiting(counts, curve.seasons, towards.horizon)
        expected = sum(number * hazard for number, hazard in zip(waiting, towards.hazards, strict=True))
        pull = strength * (sum(came) + strength) / (expected + strength)
        hazards = tuple(
            min(1.0, (arrivals + pull * hazard) / (number + strength))
            for arrivals, number, hazard in zip(came, waiting, towards.hazards, strict=True)
        )
        curve = Curve(hazards, _seasons(counts, Curve(hazards, towards.seasons), strength))
    return _rounded(curve)


def _unheard(left: Sequence[float], untold: Sequence[float]) -> list[float]:
    """The share of which nothing is heard by day 0, 1, ...: that which has not come, and that which is not told."""
    found = [left[0]]
    for day in range(1, len(left)):
        recent = range(max(1, day - len(untold) + 1), day + 1)
        waiting = sum((left[came - 1] - left[came]) * untold[day - came] for came in recent)
        found.append(min(found[-1], left[day] + waiting))
    return found


def _watched(spell: Spell, since: date | None) -> tuple[int, int]:
    """The first and the last day of its wait on which a spell was watched; none where the first is after the last."""
    first = max(1, spell.age(spell.seen_on) + 1)
    if since is not None:
        first = max(first, spell.age(since))
    same_day = spell.ending == "arrived" and spell.until == spell.starts_on
    return first, 1 if same_day else spell.age(spell.until)


def _walk(spell: Spell, first: int, end: int, turns: list[dict[int, int]]) -> int:
    """Note in each season how many more, or fewer, wait from a day of their wait on. Returns the last day's season."""
    while True:
        day = spell.starts_on + timedelta(days=first)
        season, stop = season_of(day), min(end + 1, spell.age(next_turn(day)))
        row = turns[season]
        row[first] = row.get(first, 0) + 1
        row[stop] = row.get(stop, 0) - 1
        if stop > end:
            return season
        first = stop


def _came(counts: Counts, length: int) -> list[float]:
    """By day of the wait, up to a day."""
    return _padded([sum(column) for column in zip(*counts.arrivals, strict=True)], length)


def _waiting(counts: Counts, seasons: Sequence[float], length: int) -> list[float]:
    """By day of the wait, how many waited, each worth as many of term as the season makes it."""
    columns = zip(*counts.waiting, strict=True)
    return _padded([sum(map(mul, seasons, column)) for column in columns], length)


def _padded(values: Sequence[float], length: int) -> list[float]:
    return [*values[:length], *[0.0] * (length - len(values))]


def _seasons(counts: Counts, curve: Curve, strength: float) -> tuple[float, ...]:
    """How the arrivals of each season compare with those that the waits alone would give; term is the measure."""
    found = [1.0]
    for season in range(TERM + 1, len(SEASONS)):
        prior = curve.seasons[season]
        expected = prior * sum(map(mul, counts.waiting[season], curve.hazards))
        came = sum(counts.arrivals[season][: curve.horizon])
        found.append(prior * (came + strength) / (expected + strength))
    return tuple(found)


def _rounded(curve: Curve) -> Curve:
    """So that the model's file stays small; nobody forecasts to more digits."""
    return Curve(tuple(map(_digits, curve.hazards)), tuple(map(_digits, curve.seasons)))


def _digits(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
