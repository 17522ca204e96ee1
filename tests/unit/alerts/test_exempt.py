"""Alerts about exemptions: deadlines that stand exempt, and claims that fit nothing."""

from datetime import date, timedelta

import pytest

from tests.unit.alerts.standing import ADVICE, CASE, COORDINATOR, REQUEST, claim, clears, standing
from tests.unit.casework.facts import LAW, about_advice, about_request, fact, on_day


class TestExemptStillOpen:
    ABSENCE = about_advice(
        "exemption.claimed", "2026-10-20", data={"ground": "absence", "from": "2026-10-05", "to": "2026-11-08"}
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
