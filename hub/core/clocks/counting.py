"""The last day of a rule's limit, under both readings of its first day."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from hub.core.clocks.rule import Rule, Unit
from hub.core.days import (
    DAY,
    is_tribunal_day,
    is_working_day,
    months_after,
    weeks_after,
    working_days_after,
)

_COUNTED = {"working-days": is_working_day, "tribunal-days": is_tribunal_day}


class Limit(NamedTuple):
    """`due_on` is the last day; `day_one` the last day when the start counts as day 1, never the later of the two."""

    due_on: date
    day_one: date


def limit_of(
    rule: Rule, starts_on: date, moments: Mapping[str, date], year: int | None = None, directed: date | None = None
) -> Limit | None:
    """The limit of a row that has started. `year` is the subject's, for a fixed day of the year; `directed` the date
    that a tribunal set. None where the row needs a year that nobody has stated."""
    if directed is not None and rule.directed:
        return Limit(directed, directed)
    if rule.counts == "before":
        return _before(rule, starts_on, moments, year)
    if rule.counts == "back-from":
        back = _after(starts_on, -rule.limit, rule.unit)
        return Limit(back, back)
    last = _after(starts_on, rule.limit, rule.unit)
    first_counts = beginning_with(starts_on, rule.limit, rule.unit)
    limit = Limit(first_counts, first_counts) if rule.counts == "beginning-with" else Limit(last, first_counts)
    return _or_later(rule, limit, moments)


def beginning_with(start: date, limit: int, unit: Unit) -> date:
    """The inclusive last day of a period whose first day is the start itself."""
    if unit in _COUNTED:
        return working_days_after(start - DAY, limit, _COUNTED[unit])
    return _after(start, limit, unit) - DAY


def _before(rule: Rule, starts_on: date, moments: Mapping[str, date], year: int | None) -> Limit | None:
    if rule.day_of_year is not None:
        if year is None:
            return None
        last = date(year, *rule.day_of_year) - DAY
    else:
        happened = moments.get(rule.event or "")
        last = (happened or _after(starts_on, rule.limit, rule.unit)) - DAY
    return Limit(last, last)


def _or_later(rule: Rule, limit: Limit, moments: Mapping[str, date]) -> Limit:
    other = rule.or_later
    if other is None or other.moment not in moments:
        return limit
    later = beginning_with(moments[other.moment], other.limit, other.unit)
    return Limit(max(limit.due_on, later), max(limit.day_one, later))


def _after(start: date, limit: int, unit: Unit) -> date:
    if unit == "weeks":
        return weeks_after(start, limit)
    if unit == "days":
        return start + timedelta(days=limit)
    if unit == "months":
        return months_after(start, limit)
    return working_days_after(start, limit, _COUNTED[unit])
