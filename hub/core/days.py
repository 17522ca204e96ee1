"""How days are counted. Dates only, never hours: a day on which the clocks change has 23 or 25 of them.

Statutory weeks are calendar weeks: weekends, bank holidays and school holidays neither pause nor extend them.
"""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

import holidays

DAY = timedelta(days=1)
AUGUST = 8


BANK_HOLIDAYS_TO = date(2028, 12, 31)
"""The last day of the list that GOV.UK publishes with which the library was last compared. Days after it are worked out
by the rules alone: update the library, compare, and move this on."""


@lru_cache(maxsize=64)
def bank_holidays(year: int) -> frozenset[date]:
    """England's bank holidays of a year. They change by proclamation: the `holidays` library follows them."""
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def is_working_day(day: date) -> bool:
    """Monday to Friday, without England's bank holidays."""
    return day.weekday() < 5 and day not in bank_holidays(day.year)


def is_tribunal_day(day: date) -> bool:
    """A working day that the tribunal counts: not 25 December to 1 January and not in August (HESC Rules r21; that
    these do not count is from general knowledge)."""
    closed = day.month == AUGUST or (day.month, day.day) == (1, 1) or (day.month == 12 and day.day >= 25)
    return not closed and is_working_day(day)


@lru_cache(maxsize=8192)
def last_working_day(day: date) -> date:
    """The last working day not after a day: no rule moves a last day forward, so one acts by the working day before."""
    while not is_working_day(day):
        day -= DAY
    return day


@lru_cache(maxsize=8192)
def working_days_before(day: date, number: int) -> date:
    """The day from which `number` working days remain until `day`, that day not counted."""
    while number:
        day -= DAY
        number -= is_working_day(day)
    return day


@lru_cache(maxsize=8192)
def working_days_after(day: date, number: int, counted: Callable[[date], bool] = is_working_day) -> date:
    """The `number`th of the days `counted` after `day`, that day left out."""
    while number:
        day += DAY
        number -= counted(day)
    return day


def weeks_after(start: date, weeks: int) -> date:
    """The last day of "within N weeks of": the day of receipt is left out, so it falls on the same weekday."""
    return start + timedelta(weeks=weeks)


def months_after(start: date, months: int) -> date:
    """The corresponding date so many months later (earlier when negative); where there is none the month's last day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def served_by_post(sent: date) -> date:
    """First-class post is deemed served on the second working day after posting (Interpretation Act 1978 s7)."""
    return working_days_after(sent, 2)
