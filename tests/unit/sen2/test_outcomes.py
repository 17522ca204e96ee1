"""Each code of each module, and the fields that go with it."""

from datetime import date

import pytest

from hub.core.sen2.rows import Assessment, Request
from hub.core.sen2.year import Year
from schemas.records import ChallengeRecord
from tests.unit.sen2.making import assessed, case, child, codes, deadline, entries, entry, issued, refused

ON = date(2026, 4, 13)


def test_request_y_assess_with_the_day_the_family_was_told():
    found = entry(assessed("2026-04-13"))
    assert found.request == Request(
        received_on=date(2026, 3, 2), outcome="Y", outcome_on=ON, source="1", mediation=False, tribunal=False,
        unknown=frozenset({"RYA"}),
    )  # fmt: skip
    assert codes(found) == "Y/A"


def test_request_n_not_assess():
    found = entry(refused("2026-04-13"))
    assert (codes(found), found.request.outcome_on) == ("N", ON)


def test_request_a_awaiting_needs_nothing_more():
    found = entry(case())
    assert codes(found) == "A"
    assert found.request == Request(date(2026, 3, 2), "A", source="1", unknown=frozenset({"RYA"}))


@pytest.mark.parametrize("outcome", ["withdrawn", "moved-away", "died"])
def test_request_w_ended_before_the_decision_has_no_date(outcome):
    found = entry(case(ended_on="2026-04-01", outcome=outcome))
    assert (codes(found), found.request.outcome_on, found.request.mediation) == ("W", None, None)


def test_request_h_decided_in_an_earlier_year():
    found = entry(assessed("2025-12-31", received="2025-11-20"))
    assert (codes(found), found.request.outcome_on, found.request.tribunal) == ("H/A", None, None)


def test_assessment_y_with_the_day_the_plan_was_sent():
    found = entry(issued("2026-04-13", "2026-07-20"))
    assert found.assessment == Assessment("Y", date(2026, 7, 20), False, False, False, False, False)


def test_assessment_y_without_a_date_while_the_plan_is_to_come():
    found = entry(assessed("2026-04-13", plan_decided="issue", plan_decided_on="2026-06-22"))
    assert codes(found) == "Y/Y"
    assert found.assessment is not None
    assert (found.assessment.outcome_on, found.assessment.week20) == (None, False)


def test_assessment_n_has_no_week20():
    case_ = assessed(
        "2026-04-13", plan_decided="no-plan", plan_decided_on="2026-06-22", ended_on="2026-06-22", outcome="no-plan"
    )
    found = entry(case_, deadlines=[deadline(case_.id, exemptions=("accepted",))])
    assert found.assessment == Assessment("N", date(2026, 6, 22), False, False, False, False, None)


def test_assessment_n_also_after_it_had_been_decided_to_issue():
    found = entry(
        assessed(
            "2026-04-13", plan_decided="issue", plan_decided_on="2026-06-01", ended_on="2026-06-22", outcome="no-plan"
        )
    )
    assert found.assessment is not None
    assert (found.assessment.outcome, found.assessment.outcome_on) == ("N", date(2026, 6, 22))


def test_assessment_a_awaiting_needs_nothing_more():
    assert entry(assessed("2026-04-13")).assessment == Assessment("A")


def test_assessment_w_ended_before_the_decision():
    assert entry(
        assessed("2026-04-13", withdrawn_on="2026-05-01", ended_on="2026-05-01", outcome="withdrawn")
    ).assessment == (Assessment("W"))


def test_a_move_after_the_decision_to_issue_leaves_that_decision_without_a_date():
    moved = assessed(
        "2026-04-13", plan_decided="issue", plan_decided_on="2026-06-01", ended_on="2026-06-10", outcome="moved-away"
    )
    found = entry(moved)
    assert (codes(found), found.request.exported) == ("Y/Y", True)
    assert entries(child(moved), year=Year(2027)) == []


def test_assessment_h_where_the_plan_in_force_is_older():
    found = entry(issued("2025-04-01", "2025-09-01", received="2025-03-01"))
    assert found.assessment == Assessment("H")
    assert codes(found) == "H/H"


def test_a_plan_without_a_told_decision_to_assess_is_y_and_the_day_is_not_made_up():
    found = entry(case(issued_on="2026-07-20", ended_on="2026-07-20", outcome="plan-issued"))
    assert codes(found) == "Y/Y"
    assert found.request.outcome_on is None
    assert found.request.unknown == {"RYA", "RequestOutcomeDate"}


@pytest.mark.parametrize(
    ("states", "week20"),
    [((), False), (("accepted",), True), (("waiting", "refused", "not-valid", "unclaimed"), False)],
)
def test_only_an_accepted_exemption_makes_week20(states, week20):
    case_ = issued("2026-04-13", "2026-09-01")
    found = entry(case_, deadlines=[deadline(case_.id, exemptions=states)])
    assert found.assessment is not None
    assert found.assessment.week20 is week20


def test_an_exemption_of_another_request_is_not_this_ones():
    case_ = issued("2026-04-13", "2026-09-01")
    other = deadline("REQ-9", exemptions=("accepted",))
    found = entry(case_, deadlines=[other, deadline("REQ-1")])  # a bare id is the source's own
    assert found.assessment is not None
    assert found.assessment.week20 is False


def test_without_its_deadline_week20_is_blank_and_said_to_be():
    case_ = issued("2026-04-13", "2026-09-01")
    found = entry(case_, deadlines=[deadline("REQ-9")])
    assert found.assessment is not None
    assert (found.assessment.week20, found.assessment.unknown) == (None, {"Week20"})


@pytest.mark.parametrize(
    ("decision", "tribunal", "names"),
    [
        ("request", False, ["RequestMediation"]),
        ("request", True, ["RequestTribunal"]),
        ("assessment", False, ["AssessmentMediation"]),
        ("assessment", True, ["AssessmentTribunal"]),
        ("other", False, ["OtherMediation"]),
        ("other", True, ["OtherTribunal"]),
    ],
)
def test_a_challenge_sets_one_flag(decision, tribunal, names):
    found = entry(
        issued("2026-04-13", "2026-07-20", challenges=(ChallengeRecord(decision=decision, tribunal=tribunal),))
    )
    request, assessment = found.request, found.assessment
    assert assessment is not None
    flags = {
        "RequestMediation": request.mediation,
        "RequestTribunal": request.tribunal,
        "AssessmentMediation": assessment.mediation,
        "AssessmentTribunal": assessment.tribunal,
        "OtherMediation": assessment.other_mediation,
        "OtherTribunal": assessment.other_tribunal,
    }
    assert [name for name, flag in flags.items() if flag] == names


def test_flags_are_blank_where_no_source_tells_of_mediation_or_appeals():
    (found,) = entries(child(issued("2026-04-13", "2026-07-20")), told=False)
    assert found.assessment is not None
    assert (found.request.mediation, found.assessment.other_tribunal) == (None, None)
    assert found.request.unknown == {"RYA", "RequestMediation", "RequestTribunal"}
    assert len(found.assessment.unknown) == 4


@pytest.mark.parametrize(
    ("by", "source"),
    [("parent", "1"), ("young-person", "1"), ("school", "2"), ("representative", None), ("other", None), (None, None)],
)
def test_request_source_is_only_what_is_known(by, source):
    request = entry(case(by=by)).request
    assert request.source == source
    assert ("RequestSource" in request.unknown) is (source is None)


def test_exported_is_for_a_move_and_unknown_for_a_withdrawal():
    moved = entry(case(ended_on="2026-04-01", outcome="moved-away")).request
    withdrawn = entry(case(withdrawn_on="2026-04-01", ended_on="2026-04-01", outcome="withdrawn")).request
    died = entry(case(ended_on="2026-04-01", outcome="died")).request
    assert (moved.exported, withdrawn.exported, died.exported) == (True, None, None)
    assert ["Exported" in each.unknown for each in (moved, withdrawn, died)] == [False, True, False]


@pytest.mark.parametrize(
    ("reason", "exported", "is_known"),
    [
        ("moved", True, True),
        ("left-education", None, True),
        ("died", None, True),
        ("other", None, True),
        (None, None, False),
    ],
)
def test_exported_is_also_for_a_withdrawal_whose_reason_is_a_move(reason, exported, is_known):
    ended = {"withdrawn_on": "2026-05-01", "ended_on": "2026-05-01", "outcome": "withdrawn"}
    for case_ in (case(withdrawn_reason=reason, **ended), assessed("2026-04-13", withdrawn_reason=reason, **ended)):
        request = entry(case_).request
        assert request.exported is exported
        assert ("Exported" not in request.unknown) is is_known


def test_a_move_on_the_day_of_the_withdrawal_says_why():
    ended = {"withdrawn_on": "2026-05-01", "ended_on": "2026-05-01", "outcome": "withdrawn"}
    assert entry(case(moved_on="2026-05-01", **ended)).request.exported is True
    later = entry(case(moved_on="2026-05-02", **ended)).request
    assert (later.exported, "Exported" in later.unknown) == (None, True)


def test_what_ends_after_the_assessment_is_no_export():
    plan = issued("2026-04-13", "2026-07-20", withdrawn_on="2026-08-01", withdrawn_reason="moved")
    refusal = refused("2026-04-13", moved_on="2026-05-01")
    for case_ in (plan, refusal, issued("2026-04-13", "2026-07-20", withdrawn_on="2026-08-01")):
        request = entry(case_).request
        assert (request.exported, "Exported" in request.unknown) == (None, False)


def test_an_assessment_that_was_ordered_ends_with_a_move():
    case_ = refused("2026-04-13", moved_on="2026-11-01")
    order = deadline(case_.id, "order-plan-14w", subject={"order": "ORD-1"}, starts_on=date(2026, 9, 1))
    found = entry(case_, deadlines=[deadline(case_.id), order])
    assert (codes(found), found.request.exported) == ("N/W", True)


def test_a_decision_told_after_the_plan_is_not_the_one_that_led_to_it():
    found = entry(issued("2026-08-03", "2026-07-20"))
    assert (codes(found), found.request.outcome_on) == ("Y/Y", None)
    assert "RequestOutcomeDate" in found.request.unknown
    assert codes(entry(issued("2026-08-03", "2025-07-20", received="2025-03-01"))) == "H/H"


def test_a_decision_told_after_the_withdrawal_does_not_undo_it():
    assert codes(entry(assessed("2026-04-13", withdrawn_on="2026-04-12"))) == "W"
    assert codes(entry(assessed("2026-04-13", withdrawn_on="2026-04-13"))) == "Y/W"


def test_an_order_to_assess_again_is_about_the_plan_not_about_the_request():
    case_ = issued("2026-04-13", "2026-07-20")
    order = deadline(case_.id, "order-plan-14w", subject={"order": "ORD-1"})
    found = entry(case_, deadlines=[deadline(case_.id), order])
    assert found.assessment is not None
    assert (found.request.tribunal, found.assessment.other_tribunal) == (False, True)
