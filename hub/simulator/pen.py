"""Writes truths down: when somebody recorded them, and when and how the hub is told."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from hub.simulator import rates
from hub.simulator.truths import Slip, Telling, Truth
from schemas.instants import london_day

OFFICE_OPENS = time(7, 0, tzinfo=UTC)
_OFFICE_MICROSECONDS = 10 * 3600 * 1_000_000
_EXTRACT_EVERY = timedelta(days=7)
_CORRECTABLE = frozenset({"assessment.requested", "assessment.decided", "plan.issued"})


class Pen:
    """One for a whole partnership: all its chances come from `rng`. Nothing after `last_day` is written."""

    def __init__(self, rng: Random, first_day: date, last_day: date) -> None:
        self.rng = rng
        self.first_day = first_day
        self.last_day = last_day
        self._requests = 10_000
        self._advice = 20_000

    def request_id(self) -> str:
        """The council's next number for a request: also its case reference."""
        self._requests += 1
        return f"REQ-{self._requests}"

    def advice_id(self) -> str:
        """The next row of the advice tracker."""
        self._advice += 1
        return f"ADV-{self._advice}"

    def chance(self, share: float) -> bool:
        """Whether something happens that happens in this share of cases."""
        return self.rng.random() < share

    def days(self, least: int, most: int) -> timedelta:
        """A number of days, both ends included."""
        return timedelta(days=self.rng.randint(least, most))

    def wait(self, in_time: float, least: int, usual: int, limit: int, late_mean: float) -> timedelta:
        """How long something takes that is due in `limit` days: within it in that share, else with a long tail."""
        if self.chance(in_time):
            return timedelta(days=round(self.rng.triangular(least, limit, usual)))
        return timedelta(days=limit + 1 + round(self.rng.expovariate(1 / late_mean)))

    def council(
        self,
        kind: str,
        on: date,
        request: str,
        advice: str | None = None,
        *,
        webhook: bool = True,
        occurrence: str = "",
        not_before: date | None = None,
        latest: date | None = None,
        **data: Any,
    ) -> Truth | None:
        """What the council records; None when that is after the last day.

        `not_before` and `latest` bound the day of recording. Advice also stands in the tracker, of which an extract is
        taken each week; what was recorded before the first day is in the first extracts.
        """
        recorded_at = self._recorded(on, not_before, latest)
        day = london_day(recorded_at)
        if on > self.last_day or day > self.last_day:
            return None
        slip = None
        if kind in _CORRECTABLE and day >= self.first_day and self.chance(rates.CORRECTED):
            recorded_at, slip = self._corrected(on, recorded_at)
            day = london_day(recorded_at)
        tellings = self._council_tellings(day, advice is not None, webhook, prompt=slip is not None)
        return Truth(kind, on, recorded_at, request, advice, None, occurrence, data, tellings, slip)

    def trust(self, kind: str, on: date, request: str, advice: str, source: str, **data: Any) -> Truth | None:
        """What a trust says by BaRS on the day itself; None before the first day and after the last."""
        if not self.first_day <= on <= self.last_day:
            return None
        telling = Telling("bars", self._delivered(on))
        return Truth(kind, on, self._during(on), request, advice, source, "", data, (telling,))

    def _council_tellings(self, day: date, is_advice: bool, webhook: bool, prompt: bool) -> tuple[Telling, ...]:
        found = []
        if day < self.first_day and not is_advice:
            found.append(Telling("requests", self.first_day))
        if day >= self.first_day and webhook:
            found.append(Telling("webhook", day if prompt else self._delivered(day)))
        if is_advice and (extract := self._next_extract(day)) is not None:
            found.append(Telling("tracker", extract))
        return tuple(found)

    def _next_extract(self, day: date) -> date | None:
        """The first extract taken after a day: the early morning's shows what was recorded by the evening before."""
        if day < self.first_day:
            return self.first_day
        weeks = (day - self.first_day) // _EXTRACT_EVERY + 1
        extract = self.first_day + weeks * _EXTRACT_EVERY
        return extract if extract <= self.last_day else None

    def _delivered(self, day: date) -> date:
        later = day + self.days(1, 3)
        return later if later <= self.last_day and self.chance(rates.DELAYED) else day

    def _corrected(self, on: date, recorded_at: datetime) -> tuple[datetime, Slip | None]:
        """The instant of the correction, and the slip that it puts right."""
        day = london_day(recorded_at)
        corrected_on = office(day + self.days(1, 6))
        if corrected_on > self.last_day:
            return recorded_at, None
        wrong = min(on + self.days(1, 2), day)
        told = corrected_on + self.days(1, 2) if self.chance(0.3) else day
        slip = Slip(wrong if wrong != on else on - timedelta(days=1), recorded_at, min(told, self.last_day))
        return self._during(corrected_on), slip

    def _recorded(self, on: date, not_before: date | None, latest: date | None) -> datetime:
        lag = self.rng.choices((0, 1, 2, 4), (70, 20, 7, 3))[0]
        if self.chance(rates.BACKDATED):
            lag = self.rng.randint(5, 15)
        day = office(max(on + timedelta(days=lag), not_before or on))
        return self._during(min(day, latest) if latest else day)

    def _during(self, day: date) -> datetime:
        """An instant of office hours, told to the microsecond, so that it can be a version."""
        return datetime.combine(day, OFFICE_OPENS) + timedelta(microseconds=self.rng.randrange(_OFFICE_MICROSECONDS))


def extract_days(first_day: date, last_day: date) -> list[date]:
    """The days on which the advice tracker is extracted: the first, and every seventh after it."""
    return [first_day + _EXTRACT_EVERY * week for week in range((last_day - first_day) // _EXTRACT_EVERY + 1)]


def office(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= 5 else day


def friday(day: date) -> date:
    """The day itself, or the Friday before a weekend: whoever keeps a limit acts before it."""
    return day - timedelta(days=max(0, day.weekday() - 4))
