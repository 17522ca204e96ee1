"""What a correction or a first import makes late raises one alert, or none."""

from datetime import date

import pytest

from hub.core.alerts.occasions import WEEK_12
from hub.core.alerts.rules import RULES
from hub.core.casework.policy import Policy
from schemas.alerts import AlertRows, Tell, ToldRow
from tests.unit.alerts.standing import ADVICE, CASE, COORDINATOR, ISSUED, claim, standing, told
from tests.unit.casework.facts import LAW, SOURCES, about_advice, about_request, asked, on_day, requested
from tests.unit.casework.stage import Bench, reached


class TestDateMovedBack:
    # From 1 July, decision due 12 August and advice of 3 July due 14 August: both late on 10 September.
    THREE = (
        requested("2026-09-01"),
        asked("2026-09-02", "ADV-1"),
        asked("2026-09-02", "ADV-2", service="occupational-therapy"),
    )
    BACK = (
        requested("2026-07-01", version=2, received="2026-09-10"),
        asked("2026-07-03", "ADV-1", version=2, received="2026-09-10"),
        asked("2026-07-03", "ADV-2", version=2, received="2026-09-10", service="occupational-therapy"),
    )

    FAR_BACK = requested("2026-06-15", version=2, received="2026-09-10")  # twelve weeks end on 7 September

    def test_several_at_once_raise_one_summary_and_are_standing(self):
        found = on_day([*self.THREE, *self.BACK], "2026-09-10", LAW)
        assert [(a["threshold"], a["about"], a["caused_by"]) for a in found.alerts] == [
            ("date-moved-back", CASE, "correction")
        ]
        late = [deadline for deadline in found.deadlines if deadline.state == "overdue"]
        assert [deadline.standing for deadline in late] == [True, True, True]
        (alert,) = found.alerts
        assert (alert["deadline"], alert["due_on"]) == (None, date(2026, 8, 12))

    def test_it_stays_one_when_they_become_no_earlier(self):
        found = on_day([*self.THREE, *self.BACK], "2026-12-30", LAW)
        assert {a["threshold"] for a in found.alerts if a["due_on"] < date(2026, 9, 1)} == {"date-moved-back"}

    def test_exactly_one_is_told_as_any_other(self):
        found = on_day([*self.THREE, self.BACK[1]], "2026-09-10", LAW)
        assert {a["threshold"] for a in found.alerts} == {"overdue"}
        assert {a["caused_by"] for a in found.alerts} == {"correction"}

    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            ((*THREE, FAR_BACK, *BACK[1:]), [(COORDINATOR, "date-moved-back")]),  # several limits and week 12
            ((THREE[0], FAR_BACK), [(COORDINATOR, "overdue")]),  # case 52: one limit and week 12
        ],
    )
    def test_with_the_targets_too_it_raises_one_alert(self, facts, expected):
        found = on_day(list(facts), "2026-10-01")
        late = {d.rule.clock: d.standing for d in found.deadlines if d.state == "overdue"}
        assert late["advice-all-in-12w"] is True
        alerts = [a for a in found.alerts if a["since"] == date(2026, 9, 10) and a["caused_by"] == "correction"]
        assert [(a["audience"], a["threshold"]) for a in alerts] == expected
        assert standing("week-12-incomplete", facts, "2026-12-30") == []

    def test_week_12_alone_is_told_as_ever(self):
        decided = about_request("assessment.decided", "2026-07-20", data={"outcome": "assess"})
        facts = [requested("2026-07-15"), decided, requested("2026-06-16", version=2, received="2026-09-10")]
        assert standing("week-12-incomplete", facts, "2026-09-10") == [(COORDINATOR, CASE)]
        assert standing("overdue", facts, "2026-09-10") == []

    def test_week_12_is_told_to_whom_the_one_overdue_is_not(self):
        row = ToldRow(name="week-12", thresholds=("week-12-incomplete",), clocks=(WEEK_12,), tell=(Tell(audience="x"),))
        policy = Policy(SOURCES, alerts=RULES.with_own(AlertRows(told=(row,))))
        facts = [self.THREE[0], self.FAR_BACK]
        assert [who for who, _ in standing("week-12-incomplete", facts, "2026-09-10", policy)] == ["x"]

    def test_it_clears_when_the_last_of_them_is_done(self):
        bench = Bench(LAW)
        bench.feed([*self.THREE, reached("2026-09-09"), *self.BACK, reached("2026-09-10")])
        bench.feed([about_request("assessment.decided", "2026-09-11", data={"outcome": "assess"})])
        bench.feed([about_advice("advice.received", "2026-09-12", "ADV-1")])
        assert told("date-moved-back", bench) == [("open", None)]
        bench.feed([about_advice("advice.received", "2026-09-13", "ADV-2")])
        assert told("date-moved-back", bench) == [("open", None), ("cleared", "met")]
        assert told("overdue", bench) == []

    def test_what_was_late_before_is_not_moved(self):
        facts = [*self.THREE, asked("2026-07-04", "ADV-1", version=2, received="2026-09-09"), *self.BACK]
        found = on_day(facts, "2026-09-10", LAW)
        assert {(a["threshold"], a["service"]) for a in found.alerts if a["audience"].startswith("service")} == {
            ("overdue", "speech-and-language")
        }


class TestOldNews:
    def test_a_first_import_raises_nothing_for_a_child(self):
        sent = about_advice("advice.sent-by-body", "2026-10-30", "ADV-2")
        facts = [
            *ADVICE, asked("2026-10-02", "ADV-2", service="occupational-therapy"), sent, ISSUED, claim("2026-10-05"),
            about_advice("advice.received", "2026-11-20"),
        ]  # fmt: skip
        imported = [value | {"received_at": "2027-01-10T09:00:00Z"} for value in facts]
        for day in ("2027-01-10", "2027-01-11", "2027-03-01"):
            assert on_day(imported, day).alerts == []

    def test_what_is_reached_again_is_news(self):
        imported = [value | {"received_at": "2027-01-10T09:00:00Z"} for value in [*ADVICE, ISSUED]]
        came = about_advice("advice.received", "2027-01-12")
        gone = about_advice("advice.received", "2027-01-12", version=2, received="2027-01-14", retracted=True)
        assert standing("plan-without-advice", [*imported, came, gone], "2027-01-14") == [(COORDINATOR, CASE)]
