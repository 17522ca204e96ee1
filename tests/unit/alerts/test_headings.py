"""Headings that advice left open."""

import pytest

from tests.unit.alerts.standing import ADVICE, ASSESS, CASE, COORDINATOR, ISSUED, REQUEST, clears, standing, told
from tests.unit.casework.facts import about_advice, about_request, asked
from tests.unit.casework.stage import Bench, reached


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
