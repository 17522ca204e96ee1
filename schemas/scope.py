"""Whom the hub is about: a child or young person, to the end of the academic year of their 25th birthday."""

from datetime import date

YEARS = 25


def scope_ends(birth_date: date) -> date:
    """The last day somebody can be in scope: CFA 2014 s46, read at its longest.

    A plan may run to the end of the academic year in which its holder turns 25. The regulations let that year end
    earlier in some settings; 31 August is the latest reading. Too late keeps a message a few weeks longer than
    needed, too early would lose one.
    """
    year = birth_date.year + YEARS
    august = date(year, 8, 31)
    return august if (birth_date.month, birth_date.day) <= (8, 31) else august.replace(year=year + 1)


def past_scope(birth_date: date, on: date) -> bool:
    """Whether somebody born then is out of scope on a day."""
    age_at_new_year = on.year - birth_date.year
    return age_at_new_year >= YEARS and (age_at_new_year > YEARS + 1 or scope_ends(birth_date) < on)
