"""Who is told, and of several deadlines in one alert."""

from tests.unit.alerts.standing import ASSESS, CASE, COORDINATOR, REQUEST, standing
from tests.unit.casework.facts import LAW, about_advice, asked, fact, on_day
from tests.unit.casework.stage import Bench, reached

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
