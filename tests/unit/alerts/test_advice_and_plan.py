"""Alerts about advice beside its plan: missing from it, later than it, sent and not logged, all in."""

from datetime import date

import pytest

from tests.unit.alerts.standing import ADVICE, ASSESS, CASE, COMPLETE, COORDINATOR, ISSUED, REQUEST, clears, standing
from tests.unit.casework.facts import POLICY, TRUST, about_advice, about_request, asked, on_day


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
        assert standing("sent-not-logged", facts, "2026-11-04") == []  # the third: still the council's own
        (alert,) = standing("sent-not-logged", facts, "2026-11-05")
        assert alert[0] == COORDINATOR
        assert on_day(facts, "2026-11-03").next_on == date(2026, 11, 5)

    @pytest.mark.parametrize("data", [{}, {"final": False}, {"usable": False}, {"not_known": True}])
    def test_a_receipt_of_any_kind_clears_it(self, data):
        facts = [*ADVICE, self.SENT, about_advice("advice.received", "2026-11-02", data=data)]
        assert standing("sent-not-logged", facts, "2026-11-05") == []
        end = about_advice("advice.received", "2026-11-06", data=data)
        reason = "closed" if "not_known" in data else "met"
        assert clears("sent-not-logged", [*ADVICE, self.SENT], end) == [("open", None), ("cleared", reason)]

    def test_a_draft_before_what_was_sent_is_no_receipt_of_it(self):
        facts = [*ADVICE, about_advice("advice.received", "2026-10-20", data={"final": False}), self.SENT]
        assert len(standing("sent-not-logged", facts, "2026-11-05")) == 1

    def test_what_was_sent_back_had_come(self):
        facts = [*ADVICE, self.SENT, about_advice("advice.returned", "2026-11-02")]
        assert standing("sent-not-logged", facts, "2026-11-05") == []


class TestAllAdviceIn:
    FACTS = (*ADVICE, about_advice("advice.received", "2026-10-20"))

    def test_it_stands_once_the_last_required_heading_is_complete(self):
        assert standing("all-advice-in", self.FACTS, "2026-10-19", COMPLETE) == []
        assert standing("all-advice-in", self.FACTS, "2026-10-20", COMPLETE) == [(COORDINATOR, CASE)]
        assert standing("all-advice-in", self.FACTS, "2026-10-20", POLICY) == []

    @pytest.mark.parametrize(
        "gone",
        [
            about_advice("advice.cancelled", "2026-11-20", "ADV-2"),
            asked(
                "2026-10-03", "ADV-2", service=None, part_of="ADV-1", required=False, version=2, received="2026-11-20"
            ),
        ],
    )
    def test_it_is_not_in_while_a_whole_is_late_whose_parts_a_correction_took_away(self, gone):
        part = asked("2026-10-03", "ADV-2", service=None, part_of="ADV-1")
        other = [
            asked("2026-10-02", "ADV-3", service="audiology"),
            about_advice("advice.received", "2026-10-20", "ADV-3"),
        ]
        facts = [*ADVICE, part, *other, gone]
        assert standing("all-advice-in", facts, "2026-11-20", COMPLETE) == []
        assert ("designated-officer", f"{CASE}|medical") in standing("overdue", facts, "2026-11-20", COMPLETE)

    def test_a_draft_sent_again_since_will_do(self):
        early, again = (about_request("plan.draft-sent", f"2026-10-{day}") for day in (12, 26))
        assert len(standing("all-advice-in", [*self.FACTS, early], "2026-10-26", COMPLETE)) == 1
        facts = [*self.FACTS, early, again | {"occurrence": "2"}]
        assert standing("all-advice-in", facts, "2026-10-26", COMPLETE) == []

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
