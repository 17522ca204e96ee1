"""To which calendar year's return a request belongs."""

import pytest

from hub.core.sen2.returning import returned
from hub.core.sen2.year import Year
from schemas.records import ChallengeRecord
from tests.unit.sen2.making import assessed, case, child, codes, day, deadline, entries, issued, refused


def by_year(case_, **fields):
    """The codes in the returns about 2024 to 2028."""
    found = {number: entries(child(case_, **fields), year=Year(number)) for number in range(2024, 2029)}
    return {number: codes(each[0]) for number, each in found.items() if each}


def test_an_open_request_is_carried_from_year_to_year():
    assert by_year(case("2025-06-01")) == {2025: "A", 2026: "A", 2027: "A", 2028: "A"}


def test_what_is_dated_after_the_year_has_not_happened_in_its_return():
    assert by_year(assessed("2026-01-05", received="2025-12-01")) == {2025: "A", 2026: "Y/A", 2027: "H/A", 2028: "H/A"}


def test_a_refusal_is_in_the_return_of_its_own_year_alone():
    assert by_year(refused("2026-01-05", received="2025-12-01")) == {2025: "A", 2026: "N"}


def test_a_withdrawal_too():
    withdrawn = case("2025-12-01", withdrawn_on="2026-01-05", ended_on="2026-01-05", outcome="withdrawn")
    assert by_year(withdrawn) == {2025: "A", 2026: "W"}


def test_assessed_over_two_years_then_historical_as_long_as_the_plan_is_in_force():
    plan = issued("2025-12-01", "2026-03-01", received="2025-11-01", ceased_on="2027-08-31")
    assert by_year(plan) == {2025: "Y/A", 2026: "H/Y", 2027: "H/H"}


def test_a_plan_decided_on_in_december_and_sent_in_january_is_counted_where_it_was_sent():
    plan = issued("2025-08-01", "2026-01-20", received="2025-07-01", plan_decided="issue", plan_decided_on="2025-12-10")
    assert by_year(plan) == {2025: "Y/Y", 2026: "H/Y", 2027: "H/H", 2028: "H/H"}
    (first,) = entries(child(plan), year=Year(2025))
    assert first.assessment is not None
    assert first.assessment.outcome_on is None


def test_no_plan_is_not_historical_in_the_next_year():
    told = assessed(
        "2025-12-01",
        received="2025-11-01",
        plan_decided="no-plan",
        plan_decided_on="2026-02-01",
        ended_on="2026-02-01",
        outcome="no-plan",
    )
    assert by_year(told) == {2025: "Y/A", 2026: "H/N"}


def test_first_told_no_plan_then_sent_one_keeps_the_first_outcome():
    overturned = assessed(
        "2025-06-01",
        received="2025-05-01",
        plan_decided="no-plan",
        plan_decided_on="2025-08-01",
        ended_on="2025-08-01",
        outcome="no-plan",
        issued_on="2026-03-01",
    )
    assert by_year(overturned) == {2025: "Y/N", 2026: "H/H", 2027: "H/H", 2028: "H/H"}


def test_refused_last_year_and_ordered_to_assess_is_historical_with_an_assessment_of_its_own():
    case_ = refused("2025-06-01", received="2025-05-01")
    running = deadline(case_.id, "order-plan-14w", subject={"order": "ORD-1"}, starts_on="2026-02-01", state="running")
    assert by_year(case_, deadlines=[running]) == {2025: "N", 2026: "H/A", 2027: "H/A", 2028: "H/A"}
    met = running.model_copy(update={"state": "met", "met_on": running.starts_on.replace(year=2027)})
    assert by_year(case_, deadlines=[met]) == {2025: "N", 2026: "H/A"}
    void = running.model_copy(update={"state": "void"})
    assert by_year(case_, deadlines=[void]) == {2025: "N"}


@pytest.mark.parametrize(("on", "year"), [("2025-12-31", 2025), ("2026-01-01", 2026)])
def test_the_year_ends_with_its_last_day(on, year):
    assert min(by_year(case(on))) == year


def test_only_the_area_asked_for():
    here, there = case(), case(id_="REQ-2", area="826")
    found = returned([child(here, there)], Year(2026), "826")
    assert [each.bare for each in found.entries] == ["REQ-2"]
    assert found.areas == {"825", "826"}


def test_rows_are_in_the_order_of_receipt_whatever_the_order_of_children():
    children = [child(case("2026-05-01", id_="REQ-2")), child(case("2026-04-01", id_="REQ-3"), child_id="chd-2")]
    forwards, backwards = entries(*children), entries(*reversed(children))
    assert [each.bare for each in forwards] == ["REQ-3", "REQ-2"]
    assert forwards == backwards


def test_a_plan_whose_request_is_not_known_has_no_row_and_is_counted():
    lone = child(other_plans=({"kind": "plan.amended", "plan": "P-1", "effective_on": "2026-02-01"},))
    found = returned([lone], Year(2026))
    assert (found.entries, found.loose_plans) == ((), 1)


def test_the_first_and_the_last_day_are_the_years_own():
    assert by_year(refused("2026-01-01", received="2026-01-01")) == {2026: "N"}
    assert by_year(refused("2025-12-31", received="2025-12-31")) == {2025: "N"}
    plan = issued("2026-01-01", "2026-12-31", received="2026-01-01", ceased_on="2027-01-01")
    assert by_year(plan) == {2026: "Y/Y", 2027: "H/H"}


@pytest.mark.parametrize(("on", "flag"), [("2026-12-31", True), ("2027-01-01", False), (None, True)])
def test_a_challenge_after_the_year_is_not_in_its_return(on, flag):
    told = tuple(
        ChallengeRecord(decision=decision, tribunal=tribunal, on=day(on))
        for decision in ("request", "assessment", "other")
        for tribunal in (False, True)
    )
    (found,) = entries(child(issued("2026-04-13", "2026-07-20", challenges=told)))
    request, plan = found.request, found.assessment
    assert plan is not None
    flags = {request.mediation, request.tribunal, plan.mediation, plan.tribunal, plan.other_mediation}
    assert flags | {plan.other_tribunal} == {flag}


def test_a_challenge_after_the_year_still_shows_that_sources_tell_of_them():
    """So the flags are 0, not blank."""
    late = ChallengeRecord(decision="other", tribunal=True, on=day("2027-02-01"))
    (found,) = entries(child(issued("2026-04-13", "2026-07-20", challenges=(late,))), told=False)
    assert found.assessment is not None
    assert (found.request.tribunal, found.assessment.other_tribunal) == (False, False)


@pytest.mark.parametrize(("on", "flag"), [("2026-12-31", True), ("2027-01-01", False)])
def test_an_order_after_the_year_is_not_in_its_return(on, flag):
    case_ = issued("2026-04-13", "2026-07-20")
    order = deadline(case_.id, "order-amend-5w", subject={"order": "ORD-1"}, starts_on=day(on))
    (found,) = entries(child(case_, deadlines=[deadline(case_.id), order]))
    assert found.assessment is not None
    assert found.assessment.other_tribunal is flag


def test_a_move_in_the_next_year_is_no_export_yet():
    moved = case("2025-12-01", ended_on="2026-01-05", outcome="moved-away")
    found = [entries(child(moved), year=Year(number))[0].request for number in (2025, 2026)]
    assert [(each.outcome, each.exported) for each in found] == [("A", None), ("W", True)]
