"""Alerts about time: week 12, and what a forecast says will be late."""

from datetime import date

import pytest

from hub.core.casework.policy import Policy
from tests.unit.alerts.standing import ADVICE, CASE, COMPLETE, COORDINATOR, clears, standing, told
from tests.unit.casework.facts import SOURCES, about_advice, about_request, on_day
from tests.unit.casework.stage import Bench, reached


class TestWeek12:
    def test_it_stands_once_the_target_has_passed_while_the_case_is_open(self):
        assert standing("week-12-incomplete", ADVICE, "2026-11-24") == []
        assert standing("week-12-incomplete", ADVICE, "2026-11-25") == [(COORDINATOR, CASE)]

    def test_the_target_itself_is_not_told_as_overdue(self):
        targets = {d.id for d in on_day(ADVICE, "2026-12-30").deadlines if d.rule.is_target and d.state == "overdue"}
        assert targets
        assert targets.isdisjoint(alert["about"] for alert in on_day(ADVICE, "2026-12-30").alerts)

    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            (about_advice("advice.received", "2026-12-01"), "met"),
            (about_request("plan.issued", "2026-12-01"), "closed"),
            (about_request("assessment.withdrawn", "2026-12-01", data={"reason": "other"}), "void"),
        ],
    )
    def test_it_clears(self, end, reason):
        assert clears("week-12-incomplete", ADVICE, end, COMPLETE) == [("open", None), ("cleared", reason)]

    def test_what_was_late_when_first_seen_is_standing(self):
        old = [value | {"received_at": "2026-12-20T09:00:00Z"} for value in ADVICE]
        assert standing("week-12-incomplete", old, "2027-01-10") == []


class LateFrom:
    """A forecast that says late from a day on, until another."""

    def __init__(self, starts, ends):
        self.starts, self.ends = date.fromisoformat(starts), date.fromisoformat(ends)

    def likely_late(self, deadline, day):
        return deadline.rule.clock == "advice-6w" and self.starts <= day < self.ends

    def next_change(self, deadline, day):
        return min((on for on in (self.starts, self.ends) if on > day), default=None)


class TestLikelyLate:
    def test_without_a_forecast_nothing_is(self):
        assert standing("likely-late", ADVICE, "2026-10-20") == []

    def test_it_stands_while_the_forecast_says_so(self):
        policy = Policy(SOURCES, forecast=LateFrom("2026-10-12", "2026-10-20"))
        assert on_day(ADVICE, "2026-10-10", policy).next_on == date(2026, 10, 12)
        assert len(standing("likely-late", ADVICE, "2026-10-12", policy)) == 3
        bench = Bench(policy)
        bench.feed([*ADVICE, reached("2026-10-12"), reached("2026-10-20")])
        assert told("likely-late", bench) == [("open", None)] * 3 + [("cleared", "eased")] * 3

    def test_what_was_told_as_likely_late_stands_until_it_is_met(self):
        policy = Policy(SOURCES, forecast=LateFrom("2026-10-12", "2026-12-31"))
        bench = Bench(policy)
        bench.feed([*ADVICE, reached("2026-10-12"), reached("2026-11-20")])
        bench.feed([about_advice("advice.received", "2026-11-21")])
        assert told("likely-late", bench) == [("open", None)] * 3 + [("cleared", "met")] * 3
