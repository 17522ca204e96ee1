"""Orders and agreements: what answers them, and what becomes of them when the plan moves."""

import pytest

from tests.unit.casework.facts import COUNCIL, codes, deadlines, fact, on_day, requested

REQUEST = requested("2026-01-05")
OLD_PLAN = fact("plan.issued", "2025-03-10", "PLAN-1", subject={"plan": "PLAN-1"})


def about(kind, on, data=None, **subject):
    """A fact about something."""
    return fact(kind, on, next(iter(subject.values()), "R"), subject=subject, data=data or {})


def clock(name, facts, day):
    return deadlines(on_day(facts, day)).get(name)


def order(type_, on="2026-03-02"):
    return about("order.made", on, {"type": type_}, order="ORD-1", request="REQ-1")


MEDIATION = about("mediation.requested", "2026-03-02", {"issues": "both"}, mediation="M-1")


def test_a_case_sent_back_has_no_ten_weeks():
    assert clock("order-decision-10w", [REQUEST, order("reconsider")], "2026-04-01") is None


def test_an_agreement_on_health_alone_is_the_icb_s_to_keep():
    agreed = about("mediation.agreed", "2026-03-02", mediation="M-1", request="REQ-1", data={"type": "other"})
    asked_for = about("mediation.requested", "2026-02-02", mediation="M-1", request="REQ-1", data={"issues": "health"})
    for facts, role in (
        ([agreed], "own-authority"),
        ([agreed, asked_for], "icb"),
        ([agreed, MEDIATION], "own-authority"),
    ):
        assert clock("mediation-agreement-2w", [REQUEST, *facts], "2026-03-03")["responsible"]["role"] == role


OF_A_PLAN = ["amend-plan", "name-school", "keep-and-amend", "reassess"]
ORDERED = {"amend-plan": "order-amend-5w", "name-school": "order-school-2w", "keep-and-amend": "order-amend-5w",
           "reassess": "order-plan-14w"}  # fmt: skip


def of_the_plan(type_, on="2026-03-02"):
    return about("order.made", on, order="ORD-1", plan="PLAN-1", data={"type": type_})


@pytest.mark.parametrize("type_", OF_A_PLAN)
@pytest.mark.parametrize("named", [{"plan": "PLAN-1"}, {}])
def test_an_order_about_a_plan_that_moves_away_is_void_and_says_why(type_, named):
    moved = about("transfer.area", "2026-03-09", transfer="T-1", data={"direction": "out"}, **named)
    passed = about("transfer.plan-passed", "2026-03-20", transfer="T-1")
    assert clock(ORDERED[type_], [OLD_PLAN, of_the_plan(type_)], "2026-03-10")["state"] == "running"
    value = clock(ORDERED[type_], [OLD_PLAN, of_the_plan(type_), moved, passed], "2026-12-01")
    assert value["state"] == "void"
    assert "to whose authority the plan then belongs (reg 15(3)) (plan.moved-away)" in value["explanation"][-1]
    assert clock("area-out-15wd", [OLD_PLAN, of_the_plan(type_), moved], "2026-12-01")["state"] == "overdue"


def test_what_was_done_before_a_move_stays_done_and_a_move_before_the_order_ends_nothing():
    moved = about("transfer.area", "2026-03-09", transfer="T-1", plan="PLAN-1", data={"direction": "out"})
    amended = about("plan.amended", "2026-03-06", plan="PLAN-1")
    assert (
        clock("order-amend-5w", [OLD_PLAN, of_the_plan("amend-plan"), amended, moved], "2026-12-01")["state"] == "met"
    )
    later = of_the_plan("amend-plan", "2026-03-16")
    assert clock("order-amend-5w", [OLD_PLAN, moved, later], "2026-03-17")["state"] == "running"


def test_an_order_about_a_plan_that_another_area_here_takes_over_is_void_too():
    moved = about("transfer.area", "2026-03-09", transfer="T-1", plan="PLAN-1", data={"direction": "out"})
    into = about("transfer.area", "2026-03-09", transfer="T-9", data={"direction": "in"})
    into |= {"source": "liquidlogic:921:2024", "subject": {"transfer": "T-9", "plan": f"{COUNCIL}/PLAN-1"}}
    value = clock("order-amend-5w", [OLD_PLAN, of_the_plan("amend-plan"), moved, into], "2026-12-01")
    assert value["state"] == "void"
    assert "plan.moved-in" in value["explanation"][-1]


def test_a_recommendation_to_an_icb_is_still_to_be_answered_after_a_move():
    moved = about("transfer.area", "2026-03-09", transfer="T-1", plan="PLAN-1", data={"direction": "out"})
    value = clock(
        "order-health-care-reply-5w", [OLD_PLAN, of_the_plan("health-care-recommendation"), moved], "2026-12-01"
    )
    assert value["state"] == "overdue"


@pytest.mark.parametrize("of", [{"reassessment": "REA-1"}, {"reassessment": "REA-1", "plan": "PLAN-1"}])
def test_an_ordered_reassessment_is_answered_by_what_is_about_one_and_no_other_order_is(of):
    told = about("reassessment.decided", "2026-03-10", {"outcome": "reassess"}, **of)
    amended = about("plan.amended", "2026-05-20", **of)
    ordered = [OLD_PLAN, of_the_plan("reassess"), told, amended]
    assert clock("order-assess-notify-2w", ordered, "2026-12-01")["state"] == "met"
    assert clock("order-plan-14w", ordered, "2026-12-01")["state"] == "met"
    assert (
        clock("order-amend-5w", [OLD_PLAN, of_the_plan("amend-plan"), told, amended], "2026-12-01")["state"]
        == "overdue"
    )
    elsewhere = [told | {"subject": told["subject"] | {"plan": "PLAN-2"}}]
    assert (
        clock("order-assess-notify-2w", [OLD_PLAN, of_the_plan("reassess"), *elsewhere], "2026-12-01")["state"]
        == "overdue"
    )


@pytest.mark.parametrize("kind", ["assessment.decided", "order.notified"])
def test_nothing_answers_an_order_before_it_was_made(kind):
    subject = {"order": "ORD-1"} if kind == "order.notified" else {"request": "REQ-1"}
    early = about(kind, "2026-03-01", {"outcome": "refuse"} if kind == "assessment.decided" else {}, **subject)
    found = on_day([REQUEST, order("assess"), early], "2026-03-10")
    assert deadlines(found)["order-assess-notify-2w"]["state"] == "running"
    # a decision before the order is what the order is about; word of what follows from it cannot be
    assert codes(found) == (["ends-before-start"] if kind == "order.notified" else [])
    same_day = early | {"effective_on": "2026-03-02", "received_at": "2026-03-02T09:00:00Z"}
    assert clock("order-assess-notify-2w", [REQUEST, order("assess"), same_day], "2026-03-10")["state"] == "met"
