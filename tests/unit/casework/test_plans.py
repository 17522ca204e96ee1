"""A plan that moves between areas, its reviews, and which of them an amendment is of."""

from datetime import date

import pytest

from tests.unit.casework.facts import COUNCIL, TRACKER, asked, deadlines, fact, on_day, requested

OTHER_AREA = "liquidlogic:921:2024"
ISSUED = fact("plan.issued", "2025-03-10", "PLAN-1", subject={"plan": "PLAN-1"})


def about(kind, on, data=None, source=COUNCIL, **subject):
    """A fact about the plan."""
    subject |= {"plan": f"{COUNCIL}/PLAN-1"}
    return fact(kind, on, next(iter(subject.values())), subject=subject, data=data or {}, source=source)


def moves(direction, on, source=COUNCIL):
    return about("transfer.area", on, {"direction": direction}, source, transfer=f"T-{direction}-{on}")


def held(on, review, source=COUNCIL):
    return about("review.held", on, None, source, review=review)


def decided(on, review, outcome="keep", source=COUNCIL):
    return about("review.decided", on, {"outcome": outcome}, source, review=review)


def found(clock, facts, day):
    """State and day met of a clock's deadlines, by the last part of their subjects."""
    return {
        deadline.subject.id.rpartition("/")[2]: (deadline.state, deadline.met_on)
        for deadline in on_day([ISSUED, *facts], day).deadlines
        if deadline.rule.clock == clock
    }


def state(clock, facts, day="2026-02-20"):
    return [state for state, _ in found(clock, facts, day).values()]


def test_only_its_own_area_can_say_that_a_plan_left_it():
    assert state("review-first-12m", [moves("out", "2026-01-12")]) == ["void"]
    assert state("review-first-12m", [moves("out", "2026-01-12", TRACKER)]) == ["void"]  # another feed of the area
    assert state("review-first-12m", [moves("out", "2026-01-12", OTHER_AREA)]) == ["running"]


@pytest.mark.parametrize("day", ["2026-01-12", "2026-01-15"])
def test_what_another_area_here_has_taken_over_goes_on_there(day):
    taken = [moves("out", "2026-01-12"), moves("in", day, OTHER_AREA), held("2026-02-02", "REV-1", OTHER_AREA)]
    assert state("review-decision-4w", taken) == ["running"]
    assert state("area-in-review", taken) == ["running"]
    assert state("review-first-12m", taken) == ["void"]


def test_what_came_in_before_it_left_is_gone():
    gone = [moves("in", "2026-01-11", OTHER_AREA), moves("out", "2026-01-12"), held("2026-01-05", "REV-1")]
    assert state("review-decision-4w", gone) == ["void"]


def test_what_left_came_back_and_left_again_is_gone():
    again = [moves("out", "2025-06-02"), moves("in", "2025-09-01"), moves("out", "2026-01-12")]
    assert state("review-decision-4w", [held("2025-12-22", "REV-1"), *again]) == ["void"]
    assert state("review-decision-4w", [held("2025-12-22", "REV-1"), *again[:2]], "2026-01-12") == ["running"]


@pytest.mark.parametrize(("came", "expected"), [("2026-01-11", "running"), ("2026-01-12", "void")])
def test_a_review_decided_after_the_plan_came_in_starts_the_next_year_of_this_area(came, expected):
    facts = [moves("in", came), held("2026-01-05", "REV-1"), decided("2026-01-12", "REV-1")]
    assert state("review-next-12m", facts) == [expected]


def test_an_amendment_that_names_no_review_is_of_the_last_one_held_before_it():
    facts = [
        held("2025-11-03", "REV-1"), decided("2025-11-10", "REV-1", "amend"),
        held("2025-12-01", "REV-2"), decided("2025-12-08", "REV-2", "amend"),
        held("2026-02-02", "REV-3"),
        about("plan.amended", "2026-01-20"),
    ]  # fmt: skip
    assert found("review-final-12w", facts, "2026-02-20") == {
        "REV-1": ("overdue", None),
        "REV-2": ("met", date(2026, 1, 20)),
        "REV-3": ("running", None),
    }
    named = [*facts[:-1], about("plan.amended", "2026-01-20", review="REV-1")]
    assert found("review-final-12w", named, "2026-02-20")["REV-2"] == ("running", None)


AGAIN = about("reassessment.requested", "2026-01-05", reassessment="REA-1")
REASSESS = about("reassessment.decided", "2026-01-15", {"outcome": "reassess"}, reassessment="REA-1")
ENDS = [
    about("reassessment.decided", "2026-02-02", {"outcome": "refuse"}, reassessment="REA-1"),
    about("plan.ceased", "2026-02-02", {"reason": 1}),
    moves("out", "2026-02-02"),
]


@pytest.mark.parametrize("named", [{"reassessment": "REA-1"}, {}])
def test_advice_for_a_reassessment_ends_with_it_and_with_its_plan(named):
    sent = asked("2026-01-20", request=None, purpose="reassessment")
    sent["subject"] |= named
    assert state("advice-6w", [AGAIN, REASSESS, sent], "2026-03-10") == ["overdue"]
    for end in ENDS:
        assert state("advice-6w", [AGAIN, sent, end], "2026-03-10") == ["void"]
        early = end | {"effective_on": "2026-01-19", "received_at": "2026-01-19T09:00:00Z"}
        assert state("advice-6w", [AGAIN, sent, early], "2026-03-10") == ["overdue"]  # asked for after it, all the same


def test_a_plans_end_ends_no_advice_for_an_assessment_nor_another_reassessments():
    for sent in (asked("2026-01-20"), asked("2026-01-20", request=None, purpose="reassessment")):
        other = sent | {"subject": sent["subject"] | {"reassessment": "REA-2"}}
        assert state("advice-6w", [requested("2026-01-05"), AGAIN, other, ENDS[0]], "2026-03-10") == ["overdue"]
    assert state("advice-6w", [requested("2026-01-05"), AGAIN, asked("2026-01-20"), ENDS[1]], "2026-03-10") == [
        "overdue"
    ]


def set_by(source, ods):
    return fact("commissioner.set", "2026-01-10", "C", data={"ods": ods, "why": "gp"}, source=source)


def test_of_two_sources_that_name_a_commissioner_from_one_day_the_one_with_precedence_is_believed():
    for facts in ([set_by(COUNCIL, "QHL"), set_by(TRACKER, "QU9")], [set_by(TRACKER, "QU9"), set_by(COUNCIL, "QHL")]):
        evaluation = on_day([requested("2026-01-05"), *facts], "2026-02-01")
        assert evaluation.record["commissioner"]["ods"] == "QHL"
        assert deadlines(evaluation)["section-g-before-final"]["responsible"]["ods"] == "QHL"


def test_another_case_reference_is_another_content_of_a_deadline():
    def said(reference):
        evaluation = on_day([requested("2026-01-05", data={"case_reference": reference})], "2026-02-01")
        return {deadline.id: deadline.digest() for deadline in evaluation.deadlines}

    one, other = said("EHC-1"), said("EHC-2")
    assert one.keys() == other.keys()
    assert not set(one.values()) & set(other.values())
