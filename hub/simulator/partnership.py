"""A believable partnership from a seed: the children, and all that is true of them up to the last day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Self

from hub.simulator import rates
from hub.simulator.lives import write_life
from hub.simulator.pen import Pen
from hub.simulator.people import Child, make_children
from hub.simulator.truths import Life


@dataclass(frozen=True, slots=True)
class Partnership:
    """Cases open on `first_day` (the backlog) and those that families ask for after it, to `last_day`."""

    seed: int
    first_day: date
    last_day: date
    lives: tuple[Life, ...]

    @classmethod
    def make(cls, seed: int, children: int, first_day: date, last_day: date) -> Self:
        """The same arguments give the same partnership. Raises ValueError when the days are in the wrong order.

        Backlog and new requests stand to each other as 1,500 open cases to 35 requests a week.
        """
        if last_day <= first_day or children < 1:
            raise ValueError("a partnership needs a child, and a last day after its first")
        rng = Random(seed)  # noqa: S311 - repeatable, not secret
        pen = Pen(rng, first_day, last_day)
        made = make_children(rng, children, first_day)
        return cls(seed, first_day, last_day, tuple(_lives(pen, made)))


def full_size(weeks: int) -> int:
    """How many children Buckinghamshire has in so many weeks: those with an open case, and those who come."""
    return rates.OPEN_CASES + rates.REQUESTS_A_WEEK * weeks


def _lives(pen: Pen, children: list[Child]) -> Iterator[Life]:
    weeks = (pen.last_day - pen.first_day).days / 7
    new = round(len(children) * rates.REQUESTS_A_WEEK * weeks / (rates.OPEN_CASES + rates.REQUESTS_A_WEEK * weeks))
    season = _Season(pen)
    before: tuple[Child, date, bool] | None = None
    for number, child in enumerate(children):
        backlog = number < len(children) - new
        received_on = season.before_first_day() if backlog else season.new()
        if before and _twins(before[0], child) and before[2] == backlog:
            received_on = before[1]
        before = (child, received_on, backlog)
        yield write_life(pen, child, received_on, backlog)


def _twins(one: Child, other: Child) -> bool:
    return one.twin and other.twin and (one.family, one.birth_date) == (other.family, other.birth_date)


class _Season:
    """When families and schools ask: by month and weekday."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        span = (pen.last_day - pen.first_day).days
        self._days = [pen.first_day + timedelta(days=number) for number in range(span + 1)]
        self._weights = [_weight(day) for day in self._days]

    def new(self) -> date:
        """A day from the first to the last."""
        return self._pen.rng.choices(self._days, self._weights)[0]

    def before_first_day(self) -> date:
        """A day whose request is still open on the first: five in six are beyond 20 weeks."""
        pen = self._pen
        heaviest = max(rates.MONTHS) * max(rates.WEEKDAYS)
        while True:
            age = self._age()
            day = pen.first_day - timedelta(days=age)
            if age <= rates.OLDEST_DAYS and pen.chance(_weight(day) / heaviest):
                return day

    def _age(self) -> int:
        rng = self._pen.rng
        if self._pen.chance(rates.BEYOND_20_WEEKS):
            return 141 + round(rng.expovariate(1 / rates.BEYOND_MEAN_DAYS))
        return rng.randint(1, 140)


def _weight(day: date) -> float:
    return rates.MONTHS[day.month - 1] * rates.WEEKDAYS[day.weekday()]
