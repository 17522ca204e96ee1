"""The cases of send-domain.md, section 7, that touch the return; each from facts, by its number."""

from datetime import date

from hub.core.sen2.returning import returned
from hub.core.sen2.year import Year
from tests.unit.casework.facts import COUNCIL, about_advice, about_request, asked, fact, requested
from tests.unit.sen2.making import YEAR, child_of, codes, of_facts

ASSESSED = [requested("2026-03-02"), about_request("assessment.decided", "2026-04-10", data={"outcome": "assess"})]
REFUSED = [requested("2026-03-02"), about_request("assessment.decided", "2026-04-10", data={"outcome": "refuse"})]
NOTIFIED = fact("appeal.notified", "2026-05-20", "APP-1", subject={"request": "REQ-1", "appeal": "APP-1"})


def one(facts, **fields):
    (found,) = of_facts(facts, **fields)
    return found


def test_4_two_requests_days_apart_are_one_row_from_the_earliest_receipt():
    facts = [
        requested("2026-03-09", "REQ-2", data={"by": "school"}),
        requested("2026-03-02", data={"by": "parent"}),
        about_request("assessment.decided", "2026-04-10", "REQ-2", data={"outcome": "assess"}),
    ]
    found = one(facts)
    assert (found.request.received_on, found.request.source, codes(found)) == (date(2026, 3, 2), "1", "Y/A")
    assert found.ids == (f"{COUNCIL}/REQ-1", f"{COUNCIL}/REQ-2")


def test_6_a_request_withdrawn_is_w():
    found = one([requested("2026-03-02"), about_request("assessment.withdrawn", "2026-03-20")])
    assert (codes(found), found.request.outcome_on) == ("W", None)


def test_7_a_withdrawal_because_of_a_move_is_w_and_exported():
    moved = about_request("assessment.withdrawn", "2026-06-01", data={"reason": "moved"})
    found = one([*ASSESSED, moved])
    assert (codes(found), found.request.exported) == ("Y/W", True)


def test_9_an_appeal_after_the_year_is_a_flag_of_no_earlier_return():
    late = NOTIFIED | {"effective_on": "2027-01-04"}
    assert [one([*REFUSED, each]).request.tribunal for each in (NOTIFIED, late)] == [True, False]


def test_7_ceased_during_the_assessment_is_y_and_then_w():
    died = fact("child.died", "2026-06-01", "DEATH-1")
    found = one([*ASSESSED, died])
    assert (codes(found), found.request.outcome_on, found.request.exported) == ("Y/W", date(2026, 4, 10), None)


def test_7_ceased_before_the_decision_is_w():
    assert codes(one([requested("2026-03-02"), fact("child.died", "2026-03-20", "DEATH-1")])) == "W"


def test_8_withdrawn_then_revived_is_a_request_of_its_own():
    facts = [
        requested("2026-03-02"),
        about_request("assessment.withdrawn", "2026-03-20"),
        requested("2026-05-01", "REQ-2"),
    ]
    assert [(codes(found), found.bare) for found in of_facts(facts)] == [("W", "REQ-1"), ("A", "REQ-2")]


def test_a_request_again_after_a_refusal_is_a_row_of_its_own_and_the_first_stays():
    facts = [*REFUSED, requested("2026-09-01", "REQ-2")]
    assert [(codes(found), found.request.received_on) for found in of_facts(facts)] == [
        ("N", date(2026, 3, 2)),
        ("A", date(2026, 9, 1)),
    ]


def test_9_refused_then_conceded_stays_n_with_its_day_and_the_flag_and_gets_an_assessment():
    conceded = fact(
        "order.made", "2026-06-15", "ORD-1", subject={"request": "REQ-1", "order": "ORD-1"},
        data={"type": "assess", "unopposed": True},
    )  # fmt: skip
    found = one([*REFUSED, NOTIFIED, conceded])
    assert (codes(found), found.request.outcome_on) == ("N/A", date(2026, 4, 10))
    assert (found.request.tribunal, found.request.mediation) == (True, False)


def test_9_a_plan_that_follows_a_conceded_refusal_is_y_below_n():
    conceded = fact(
        "order.made", "2026-06-15", "ORD-1", subject={"request": "REQ-1", "order": "ORD-1"},
        data={"type": "assess", "unopposed": True},
    )  # fmt: skip
    found = one([*REFUSED, NOTIFIED, conceded, about_request("plan.issued", "2026-09-14")])
    assert codes(found) == "N/Y"
    assert found.assessment is not None
    assert (found.assessment.outcome_on, found.request.tribunal) == (date(2026, 9, 14), True)


def test_10_an_ordered_assessment_stays_with_the_old_request_also_where_only_the_order_is_told():
    order = fact(
        "order.made", "2026-06-15", "ORD-1", subject={"request": "REQ-1", "order": "ORD-1"}, data={"type": "assess"}
    )
    found = one([*REFUSED, order])
    assert (codes(found), found.request.tribunal, found.request.mediation) == ("N/A", True, False)


def test_an_assessment_agreed_in_mediation_sets_the_other_flag():
    agreed = fact(
        "mediation.agreed", "2026-06-15", "MED-1", subject={"request": "REQ-1", "mediation": "MED-1"},
        data={"type": "assess"},
    )  # fmt: skip
    found = one([*REFUSED, agreed])
    assert (codes(found), found.request.tribunal, found.request.mediation) == ("N/A", False, True)


def test_12_an_extension_agreed_with_the_parent_is_no_exception():
    claim = about_request("exemption.claimed", "2026-06-01", data={"ground": "other"})
    found = one([*ASSESSED, claim | {"record": "CLAIM-1"}, about_request("plan.issued", "2026-09-14")])
    assert found.assessment is not None
    assert found.assessment.week20 is False


def test_an_absence_that_fits_is_an_exception_and_the_plan_is_still_y_with_its_day():
    data = {"ground": "absence", "from": "2026-05-01", "to": "2026-06-15"}
    claim = about_request("exemption.claimed", "2026-06-16", data=data) | {"record": "CLAIM-1"}
    found = one([*ASSESSED, claim, about_request("plan.issued", "2026-09-14")])
    assert found.assessment is not None
    assert (found.assessment.week20, found.assessment.outcome_on) == (True, date(2026, 9, 14))


def test_23_advice_after_the_plan_changes_no_row():
    plan = [*ASSESSED, asked("2026-04-11"), about_request("plan.issued", "2026-07-20")]
    late = about_advice("advice.received", "2026-10-01", data={"usable": True})
    assert of_facts([*plan, late]) == of_facts(plan)


def test_25_a_plan_issued_again_to_fix_a_typo_keeps_the_first_day():
    again = about_request("plan.issued", "2026-08-03") | {"record": "PLAN-2"}
    found = one([*ASSESSED, about_request("plan.issued", "2026-07-20"), again])
    assert found.assessment is not None
    assert found.assessment.outcome_on == date(2026, 7, 20)


def test_28_a_move_between_areas_ends_here_as_exported_and_starts_afresh_there():
    moved = fact("transfer.area", "2026-06-01", "MOVE-1", subject={"transfer": "TR-1"}, data={"direction": "out"})
    there = requested("2026-06-05", "REQ-9", source="council-tracker:826:2026")
    child = child_of([*ASSESSED, moved, there])
    here = returned([child], YEAR, "825").entries
    assert [(codes(found), found.request.exported) for found in here] == [("Y/W", True)]
    new = returned([child], YEAR, "826").entries
    assert [(codes(found), found.request.exported, found.request.received_on) for found in new] == [
        ("A", None, date(2026, 6, 5))
    ]


def test_48_a_copy_in_another_system_is_no_second_row():
    copy = requested("2026-03-04", "COPY-7", source="council-tracker:825:2026", subject={"request": "COPY-7"})
    assert len(of_facts([*ASSESSED, copy])) == 1


def test_66_the_day_is_that_of_sending_never_the_panels():
    agreed = about_request("plan.decided", "2026-06-22", data={"outcome": "issue"})
    found = one([*ASSESSED, agreed, about_request("plan.issued", "2026-07-20")])
    assert found.assessment is not None
    assert found.assessment.outcome_on == date(2026, 7, 20)


def test_a_plan_that_moves_in_is_no_request_of_this_area():
    facts = [
        fact(
            "transfer.area",
            "2026-06-01",
            "MOVE-1",
            subject={"transfer": "TR-1", "plan": "P-1"},
            data={"direction": "in"},
        ),
        fact("plan.issued", "2026-02-01", "P-1", subject={"plan": "P-1"}),
    ]
    assert returned([child_of(facts)], Year(2026)).entries == ()
