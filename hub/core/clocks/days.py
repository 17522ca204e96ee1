"""How days are counted. Dates only, never hours: a day on which the clocks change has 23 or 25 of them.

Statutory weeks are calendar weeks: weekends, bank holidays and school holidays neither pause nor extend them.
"""

from datetime import date, timedelta
from functools import lru_cache

import holidays

DAY = timedelta(days=1)


@lru_cache(maxsize=64)
def bank_holidays(year: int) -> frozenset[date]:
    """England's bank holidays of a year. They change by proclamation: the `holidays` library follows them."""
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def is_working_day(day: date) -> bool:
    """Monday to Friday, without England's bank holidays."""
    return day.weekday() < 5 and day not in bank_holidays(day.year)


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


def weeks_after(start: date, weeks: int) -> date:
    """The last day of "within N weeks of": the day of receipt is left out, so it falls on the same weekday."""
    return start + timedelta(weeks=weeks)
