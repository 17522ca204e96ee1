"""Whom the hub is for: people up to the end of the academic year of their 25th birthday."""

from datetime import date

_LAST_AGE = 25
_YEAR_ENDS = (8, 31)


def last_day_in_scope(birth_date: date) -> date:
    """The 31 August on or after the 25th birthday: a plan may run to then (CFA 2014 s46, SEND Regs 2014 reg 30).

    A birthday of 29 February falls on 1 March in other years.
    """
    year = birth_date.year + _LAST_AGE
    ends = date(year, *_YEAR_ENDS)
    after = (birth_date.month, birth_date.day) > _YEAR_ENDS
    return ends.replace(year=year + 1) if after else ends


def past_scope(birth_date: date | None, on: date) -> bool:
    """Whether a person of that date of birth is out of scope on a day; never when the date is unknown."""
    return birth_date is not None and on > last_day_in_scope(birth_date)
