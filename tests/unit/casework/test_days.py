"""How days are counted: every worked case of the reference, and the traps of the calendar."""

from datetime import date, timedelta

import pytest

from hub.core.days import bank_holidays, is_working_day, last_working_day, weeks_after, working_days_before
from tests.unit.casework.facts import LAW, deadlines, on_day, requested

WORKED = [  # request received, 6, 16 and 20 weeks; why it is a trap
    ("2026-01-05", "2026-02-16", "2026-04-27", "2026-05-25"),  # due on a bank holiday
    ("2026-07-01", "2026-08-12", "2026-10-21", "2026-11-18"),  # clocks change on 25 October
    ("2026-07-20", "2026-08-31", "2026-11-09", "2026-12-07"),  # the 6-week date is a bank holiday
    ("2026-08-03", "2026-09-14", "2026-11-23", "2026-12-21"),  # received while schools are closed
    ("2026-12-01", "2027-01-12", "2027-03-23", "2027-04-20"),  # Christmas gives no relief
    ("2028-02-01", "2028-03-14", "2028-05-23", "2028-06-20"),  # passes 29 February
]


@pytest.mark.parametrize(("received", "six", "sixteen", "twenty"), WORKED)
def test_worked_cases(received, six, sixteen, twenty):
    found = deadlines(on_day([requested(received)], received))
    for clock, due in (("assessment-decision-6w", six), ("no-plan-decision-16w", sixteen), ("final-plan-20w", twenty)):
        due_on = date.fromisoformat(due)
        assert found[clock]["starts_on"] == date.fromisoformat(received)
        assert found[clock]["due_on"] == due_on
        assert found[clock]["due_on_day_one"] == due_on - timedelta(days=1)
        assert found[clock]["act_by"] <= found[clock]["due_on_day_one"]
        assert is_working_day(found[clock]["act_by"])


ACT_BY = [
    ("2026-05-24", "2026-05-22"),  # Sunday before a bank holiday: the Friday
    ("2026-08-31", "2026-08-28"),  # a bank holiday Monday
    ("2026-12-28", "2026-12-24"),  # Christmas in lieu, the weekend, Christmas Day
    ("2027-12-28", "2027-12-24"),
    ("2026-04-06", "2026-04-02"),  # Easter
    ("2026-10-12", "2026-10-12"),
]


@pytest.mark.parametrize(("day", "expected"), ACT_BY)
def test_act_by_the_working_day_before(day, expected):
    assert last_working_day(date.fromisoformat(day)) == date.fromisoformat(expected)


CHECKED = {  # England and Wales, as published
    2026: ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"],
    2027: ["01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"],
    2028: ["01-03", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26"],
}


@pytest.mark.parametrize("year", CHECKED)
def test_bank_holidays_on_weekdays_are_those_published(year):
    found = sorted(day for day in bank_holidays(year) if day.weekday() < 5)
    assert [day.strftime("%m-%d") for day in found] == CHECKED[year]


def test_ten_working_days_before_leave_out_weekends_and_bank_holidays():
    assert working_days_before(date(2026, 11, 13), 10) == date(2026, 10, 30)
    assert working_days_before(date(2027, 1, 5), 10) == date(2026, 12, 17)


@pytest.mark.parametrize("start", ["2026-03-28", "2026-10-24", "2028-02-28", "2028-02-29"])
def test_weeks_keep_the_weekday_over_clock_changes_and_leap_days(start):
    day = date.fromisoformat(start)
    assert weeks_after(day, 6).weekday() == day.weekday()
    assert (weeks_after(day, 6) - day).days == 42


def test_a_day_is_a_london_day():
    late = requested("2026-07-02", received="2026-07-01T23:30:00Z")
    assert on_day([late], "2026-07-01").deadlines == []
    assert len(on_day([late], "2026-07-02", LAW).deadlines) == 3
    winter = requested("2026-01-05", received="2026-01-05T23:30:00Z")
    assert len(on_day([winter], "2026-01-05", LAW).deadlines) == 3
