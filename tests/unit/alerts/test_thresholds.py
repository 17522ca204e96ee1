"""Each threshold: when it stands, whom it is told to, and why it clears."""

from datetime import date, timedelta

import pytest

from hub.core.alerts.occasions import WEEK_12
from hub.core.alerts.rules import RULES
from hub.core.casework.policy import Policy
from schemas.alerts import AlertRows, Tell, ToldRow
from tests.unit.casework.facts import (
    LAW,
    POLICY,
    SOURCES,
    TRUST,
    about_advice,
    about_request,
    asked,
    fact,
    on_day,
    requested,
)
from tests.unit.casework.stage import Bench, reached

REQUEST = requested("2026-09-01", data={"case_reference": "EHC-1"})
ASSESS = about_request("assessment.decided", "2026-10-01", data={"outcome": "assess"})
ADVICE = [REQUEST, ASSESS, asked("2026-10-02")]  # due 13 November
ISSUED = about_request("plan.issued", "2026-11-10")
COORDINATOR = "coordinator"
COMPLETE = Policy(SOURCES, required_headings=frozenset({"medical"}))
"""A deployment where medical advice is all that is needed, so that a case is soon complete."""


def standing(threshold, facts, day, policy=POLICY):
    """The alerts of one threshold, as (audience, about)."""
    found = on_day(facts, day, policy).alerts
    return sorted((alert["audience"], alert["about"]) for alert in found if alert["threshold"] == threshold)


def told(threshold, bench):
    return [(alert["state"], alert["reason"]) for alert in bench.alerts if alert["threshold"] == threshold]


def clears(threshold, facts, end, policy=POLICY):
    """What is said of a threshold while the facts and then an end come in."""
    bench = Bench(policy)
    bench.feed([*facts, reached(end["effective_on"]), end, end])
    return told(threshold, bench)


CASE = "one-education:825:2022/REQ-1"


class TestExemptStillOpen:
    ABSENCE = about_advice(
        "exemption.claimed",
        "2026-10-20",
        data={"ground": "absence", "from": "2026-10-05", "to": "2026-11-08"},
    ) | {"record": "EX-1"}
    FACTS = (*ADVICE, ABSENCE)

    def test_it_stands_from_the_first_review_day_while_the_deadline_is_exempt(self):
        first_review = date(2026, 11, 13) + timedelta(days=28)
        before = (first_review - timedelta(days=1)).isoformat()
        assert standing("exempt-still-open", self.FACTS, before) == []
        assert len(standing("exempt-still-open", self.FACTS, first_review.isoformat())) == 3
        assert standing("overdue", self.FACTS, first_review.isoformat(), LAW) == []
        assert on_day(list(self.FACTS), before).next_on == first_review

    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            (about_advice("advice.received", "2026-12-15"), "met"),
            (about_advice("advice.cancelled", "2026-12-15"), "void"),
            (fact("exemption.refused", "2026-12-15", "EX-1-NO", data={"claim": "EX-1"}), "corrected"),
        ],
    )
    def test_it_clears(self, end, reason):
        said = clears("exempt-still-open", self.FACTS, end)
        assert said == [("open", None)] * 3 + [("cleared", reason)] * 3


class TestPlanWithoutAdvice:
    def test_it_stands_while_required_advice_is_missing_from_an_issued_plan(self):
        facts = [*ADVICE, ISSUED]
        assert standing("plan-without-advice", facts, "2026-11-09") == []
        assert standing("plan-without-advice", facts, "2026-11-10") == [(COORDINATOR, CASE)]
        optional = [REQUEST, ASSESS, asked("2026-10-02", required=False), ISSUED]
        assert standing("plan-without-advice", optional, "2026-11-12") == []
        in_time = [*ADVICE, about_advice("advice.received", "2026-11-10"), ISSUED]
        assert standing("plan-without-advice", in_time, "2026-11-12") == []

    def test_the_psychologist_s_is_a_hard_warning(self):
        (normal,) = [a for a in on_day([*ADVICE, ISSUED], "2026-11-10").alerts if a["threshold"].startswith("plan")]
        assert normal["severity"] == "normal"
        psychologist = asked("2026-10-02", "ADV-2", heading="psychological", asked={"role": "own-authority"})
        facts = [*ADVICE, psychologist, ISSUED]
        (hard,) = [a for a in on_day(facts, "2026-11-10").alerts if a["threshold"].startswith("plan")]
        assert (hard["severity"], hard["deadline"], hard["due_on"]) == ("hard", None, None)
        assert (hard["case_reference"], hard["area"]) == ("EHC-1", "825")

    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            (about_advice("advice.received", "2026-12-01"), "met"),
            (about_request("plan.amended", "2026-12-01"), "met"),
            (about_request("plan.ceased", "2026-12-01", data={"reason": 1}), "void"),
            (about_advice("advice.cancelled", "2026-12-01"), "void"),
            (about_request("plan.issued", "2026-11-10", version=2, received="2026-12-01", retracted=True), "corrected"),
        ],
    )
    def test_it_clears(self, end, reason):
        said = clears("plan-without-advice", [*ADVICE, ISSUED], end | {"effective_on": end["effective_on"]})
        assert said == [("open", None), ("cleared", reason)]


class TestSentNotLogged:
    SENT = about_advice("advice.sent-by-body", "2026-10-30", source=TRUST) | {  # a Friday
        "subject": {"advice": "one-education:825:2022/ADV-1"}
    }

    def test_it_stands_after_three_working_days(self):
        facts = [*ADVICE, self.SENT]
        assert standing("sent-not-logged", facts, "2026-11-03") == []
        (alert,) = standing("sent-not-logged", facts, "2026-11-04")
        assert alert[0] == COORDINATOR
        assert on_day(facts, "2026-11-03").next_on == date(2026, 11, 4)

    @pytest.mark.parametrize("data", [{}, {"final": False}, {"usable": False}, {"not_known": True}])
    def test_a_receipt_of_any_kind_clears_it(self, data):
        facts = [*ADVICE, self.SENT, about_advice("advice.received", "2026-11-02", data=data)]
        assert standing("sent-not-logged", facts, "2026-11-04") == []
        end = about_advice("advice.received", "2026-11-06", data=data)
        reason = "closed" if "not_known" in data else "met"
        assert clears("sent-not-logged", [*ADVICE, self.SENT], end) == [("open", None), ("cleared", reason)]

    def test_a_draft_before_what_was_sent_is_no_receipt_of_it(self):
        facts = [*ADVICE, about_advice("advice.received", "2026-10-20", data={"final": False}), self.SENT]
        assert len(standing("sent-not-logged", facts, "2026-11-04")) == 1

    def test_what_was_sent_back_had_come(self):
        facts = [*ADVICE, self.SENT, about_advice("advice.returned", "2026-11-02")]
        assert standing("sent-not-logged", facts, "2026-11-04") == []


class TestAllAdviceIn:
    FACTS = (*ADVICE, about_advice("advice.received", "2026-10-20"))

    def test_it_stands_once_the_last_required_heading_is_complete(self):
        assert standing("all-advice-in", self.FACTS, "2026-10-19", COMPLETE) == []
        assert standing("all-advice-in", self.FACTS, "2026-10-20", COMPLETE) == [(COORDINATOR, CASE)]
        assert standing("all-advice-in", self.FACTS, "2026-10-20", POLICY) == []

    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            (about_request("plan.draft-sent", "2026-10-26", data={"method": "email"}), "met"),
            (about_request("plan.decided", "2026-10-26", data={"outcome": "issue"}), "met"),
            (about_request("plan.issued", "2026-10-26"), "met"),
            (about_request("assessment.withdrawn", "2026-10-26", data={"reason": "other"}), "void"),
            (about_advice("advice.returned", "2026-10-26"), "corrected"),
        ],
    )
    def test_it_clears(self, end, reason):
        assert clears("all-advice-in", self.FACTS, end, COMPLETE) == [("open", None), ("cleared", reason)]


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


class TestHeadingOpen:
    NOT_KNOWN = about_advice("advice.received", "2026-10-20", data={"not_known": True})
    DECLINED = about_advice("advice.declined", "2026-10-20", data={"ground": "harms-functions", "reasons_given": True})

    @pytest.mark.parametrize("end", [NOT_KNOWN, DECLINED])
    def test_it_stands_from_the_close_for_the_officer_per_heading_and_the_coordinator_per_case(self, end):
        assert standing("heading-open", [*ADVICE, end], "2026-10-19") == []
        told_of = [(COORDINATOR, CASE), ("designated-officer", f"{CASE}|medical")]
        assert standing("heading-open", [*ADVICE, end], "2026-10-20") == told_of
        assert standing("heading-open", [*ADVICE, end], "2027-06-01") == told_of

    def test_of_others_the_coordinator_alone_is_told(self):
        teacher = asked("2026-10-02", heading="education", service=None, asked={"role": "school"})
        facts = [REQUEST, ASSESS, teacher, self.NOT_KNOWN]
        assert standing("heading-open", facts, "2026-10-20") == [(COORDINATOR, CASE)]

    def test_several_of_one_heading_are_one(self):
        other = asked("2026-10-02", "ADV-2", service="physiotherapy")
        none = about_advice("advice.received", "2026-10-21", "ADV-2", data={"not_known": True})
        assert len(standing("heading-open", [*ADVICE, other, self.NOT_KNOWN, none], "2026-10-22")) == 2

    def test_what_no_plan_needs_leaves_nothing_open(self):
        optional = [REQUEST, ASSESS, asked("2026-10-02", required=False), self.NOT_KNOWN]
        assert standing("heading-open", optional, "2026-10-22") == []
        of_no_case = [asked("2026-10-02", request=None), self.NOT_KNOWN]
        assert standing("heading-open", of_no_case, "2026-10-22") == []
        assert standing("heading-open", [*ADVICE, ISSUED, self.NOT_KNOWN], "2026-11-10") == []

    def test_at_first_sight_it_is_old_news(self):
        old = [value | {"received_at": "2026-10-25T09:00:00Z"} for value in [*ADVICE, self.NOT_KNOWN]]
        assert standing("heading-open", old, "2026-10-26") == []

    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            (about_advice("advice.received", "2026-10-26"), "met"),
            (asked("2026-10-26", "ADV-2", replaces={"advice": "ADV-1", "because": "quality"}), "resolved"),
            (about_request("plan.issued", "2026-10-26"), "closed"),
            (about_request("assessment.withdrawn", "2026-10-26", data={"reason": "other"}), "void"),
            (about_advice("advice.cancelled", "2026-10-26"), "void"),
            (NOT_KNOWN | {"version": 2, "received_at": "2026-10-26T09:00:00Z", "retracted": True}, "corrected"),
            (asked("2026-10-02", version=2, received="2026-10-26", required=False), "corrected"),
        ],
    )
    def test_it_clears(self, end, reason):
        said = clears("heading-open", [*ADVICE, self.NOT_KNOWN], end | {"effective_on": end["effective_on"]})
        assert said == [("open", None)] * 2 + [("cleared", reason)] * 2

    def test_it_clears_with_the_last_request_of_the_heading(self):
        other = asked("2026-10-02", "ADV-2", service="physiotherapy")
        bench = Bench()
        bench.feed([*ADVICE, other, self.NOT_KNOWN, reached("2026-10-20")])
        bench.feed([about_advice("advice.received", "2026-10-21", "ADV-2")])
        assert told("heading-open", bench) == [("open", None)] * 2
        bench.feed([about_advice("advice.received", "2026-10-22")])
        assert told("heading-open", bench) == [("open", None)] * 2 + [("cleared", "met")] * 2


def claim(on, ground="other", **fields):
    data = {"ground": ground, "from": "2026-10-05", "to": "2026-10-10"}
    return fact("exemption.claimed", on, "EX-1", subject={"request": "REQ-1"}, data=data, **fields)


class TestExemptionNotValid:
    def test_a_claim_that_fits_none_of_its_limits_is_told(self):
        assert standing("exemption-not-valid", [REQUEST, claim("2026-10-05")], "2026-10-05") == [(COORDINATOR, CASE)]
        fits = [REQUEST, claim("2026-10-05", "exceptional-circumstances")]
        assert standing("exemption-not-valid", fits, "2026-10-05") == []

    def test_about_advice_it_names_the_advice(self):
        data = {"ground": "school-closure", "from": "2026-10-05"}
        facts = [*ADVICE, about_advice("exemption.claimed", "2026-10-05", data=data)]
        about = "one-education:825:2022/ADV-1"
        assert standing("exemption-not-valid", facts, "2026-10-05") == [(COORDINATOR, about)]

    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            (claim("2026-10-05", "exceptional-circumstances", version=2, received="2026-10-08"), "resolved"),
            (claim("2026-10-05", version=2, received="2026-10-08", retracted=True), "resolved"),
            (fact("exemption.refused", "2026-10-08", "NO", data={"claim": "EX-1"}), "resolved"),
            (about_request("assessment.withdrawn", "2026-10-08", data={"reason": "other"}), "void"),
        ],
    )
    def test_it_clears(self, end, reason):
        said = clears("exemption-not-valid", [REQUEST, claim("2026-10-05")], end)
        assert said == [("open", None), ("cleared", reason)]


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


SPEECH = asked("2026-10-02", "ADV-1")
THERAPY = asked("2026-10-05", "ADV-2", service="occupational-therapy")
TEACHER = asked("2026-10-06", "ADV-3", heading="education", service=None, asked={"role": "school"})


class TestGroups:
    FACTS = (REQUEST, ASSESS, SPEECH, THERAPY, TEACHER)

    def test_the_officer_has_one_for_a_heading_each_service_its_own_the_coordinator_the_case(self):
        found = standing("overdue", self.FACTS, "2026-12-01", LAW)
        ids = {d.subject.service: d.id for d in on_day(list(self.FACTS), "2026-12-01").deadlines if d.subject.chain}
        assert found == [
            (COORDINATOR, CASE),
            ("designated-officer", f"{CASE}|medical"),
            ("service:education", ids[None]),  # that names no service
            ("service:occupational-therapy", ids["occupational-therapy"]),
            ("service:speech-and-language", ids["speech-and-language"]),
        ]

    def test_it_opens_once_and_has_the_earliest_dates(self):
        bench = Bench(LAW)
        bench.feed([*self.FACTS, *(reached(f"2026-11-{day}") for day in range(13, 28))])
        (heading,) = [a for a in bench.alerts if (a["audience"], a["threshold"]) == ("designated-officer", "overdue")]
        assert (heading["deadline"], heading["due_on"], heading["since"]) == (None, "2026-11-13", "2026-11-14")
        assert heading["service"] == "speech-and-language"  # it alone was late then
        mine = [a for a in bench.alerts if a["audience"] == COORDINATOR and a["about"] == CASE]
        assert [(a["threshold"], a["reason"]) for a in mine] == [
            ("due-soon", None),
            ("overdue", None),
            ("due-soon", "overdue"),  # when the last of the three is late
        ]

    def test_it_clears_when_none_is_late_any_more_for_what_became_of_them(self):
        bench = Bench(LAW)
        bench.feed([*self.FACTS, reached("2026-11-20"), about_advice("advice.received", "2026-11-20", "ADV-1")])
        officer = [a for a in bench.alerts if (a["audience"], a["threshold"]) == ("designated-officer", "overdue")]
        assert [a["state"] for a in officer] == ["open"]
        bench.feed([about_advice("advice.cancelled", "2026-11-21", "ADV-2")])
        officer = [a for a in bench.alerts if (a["audience"], a["threshold"]) == ("designated-officer", "overdue")]
        assert [(a["state"], a["reason"]) for a in officer] == [("open", None), ("cleared", "void")]

    def test_where_one_was_done_and_another_fell_away_it_is_met(self):
        bench = Bench(LAW)
        ends = [
            about_advice("advice.received", "2026-11-20", "ADV-1"),
            about_advice("advice.cancelled", "2026-11-20", "ADV-2"),
        ]
        bench.feed([*self.FACTS, reached("2026-11-18"), *ends])
        officer = [a for a in bench.alerts if (a["audience"], a["threshold"]) == ("designated-officer", "overdue")]
        assert [(a["state"], a["reason"]) for a in officer] == [("open", None), ("cleared", "met")]

    def test_standing_advice_is_no_part_of_it(self):
        old = [value | {"received_at": "2026-12-20T09:00:00Z"} for value in self.FACTS]
        new = asked("2026-12-20", "ADV-4", service="physiotherapy")
        found = standing("due-soon", [*old, new], "2027-01-25", LAW)
        ids = [d.id for d in on_day([*old, new], "2027-01-25").deadlines if d.subject.service == "physiotherapy"]
        assert ("service:physiotherapy", ids[0]) in found
        assert (COORDINATOR, CASE) not in standing("overdue", [*old, new], "2027-01-25", LAW)

    def test_the_id_follows_from_the_case_not_from_the_body(self):
        trust = asked("2026-10-02", "ADV-1", asked={"role": "trust", "ods": "RXQ"})
        for facts in ([REQUEST, ASSESS, SPEECH], [REQUEST, ASSESS, trust]):
            assert ("designated-officer", f"{CASE}|medical") in standing("overdue", facts, "2026-12-01")


class TestWhoMustAct:
    def test_what_an_icb_must_do_is_told_to_the_officer(self):
        moved = fact("transfer.icb", "2026-09-01", "T-1", data={"cause": "other", "knew_on": "2026-09-01"})
        assert [who for who, _ in standing("overdue", [moved], "2026-10-01")] == ["designated-officer"]
        order = fact("order.made", "2026-09-01", "O-1", data={"type": "health-care-recommendation"})
        assert [who for who, _ in standing("overdue", [order], "2026-11-01")] == ["designated-officer"]
        other = fact("order.made", "2026-09-01", "O-1", data={"type": "name-school"})
        assert [who for who, _ in standing("overdue", [other], "2026-11-01")] == [COORDINATOR]

    def test_mediation_that_an_icb_arranges_is_its_officer_s(self):
        asked_for = fact("mediation.requested", "2026-09-01", "M-1", data={"issues": "health"})
        told_icb = fact("mediation.icb-told", "2026-09-02", "M-1", data={"issues": "health"})
        clocks = {d.rule.clock: d.id for d in on_day([asked_for, told_icb], "2026-11-01").deadlines}
        found = {about: who for who, about in standing("overdue", [asked_for, told_icb], "2026-11-01")}
        assert found[clocks["mediation-30d"]] == "designated-officer"
        other = fact("mediation.requested", "2026-09-01", "M-1", data={"issues": "other"})
        assert [who for who, _ in standing("overdue", [other], "2026-11-01")] == [COORDINATOR]


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
