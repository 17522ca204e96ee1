"""The national measures and their like: which outcome counts where, on which basis, for which cohort."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from hub.core.casework.evaluate import evaluate
from hub.core.facts.fact import read_fact
from hub.core.measures.joining import outcomes_of
from hub.core.measures.look import Look
from hub.core.measures.tally import Tally
from tests.unit.casework.facts import POLICY, fact
from tests.unit.measures.rows import ACCEPTED, NOT_VALID, YEAR, case, child, day, deadline, figures, ratio

BASES = ("including", "excluding", "clock-only")


def planned(received_on="2026-01-05", issued_on="2026-05-25", exemptions=(), state="met", **said):
    """A case with its plan sent; the 20 weeks from 5 January end on 25 May."""
    known = {"issued_on": issued_on, "ended_on": issued_on, "outcome": "plan-issued"} | said
    return child(
        case(received_on, **known), deadline("final-plan-20w", received_on, state, exemptions=list(exemptions))
    )


def decided(decided_on, outcome="assess", state="met", exemptions=(), **said):
    """A request of 5 January, decided; the 6 weeks end on 16 February."""
    made = case("2026-01-05", decided=outcome, decided_on=decided_on, **said)
    return child(made, deadline("assessment-decision-6w", "2026-01-05", state, exemptions=list(exemptions)))


@pytest.mark.parametrize(("issued_on", "hits"), [("2026-05-25", 1), ("2026-05-26", 0)])
def test_the_last_day_of_twenty_weeks_is_in_time(issued_on, hits):
    for basis in BASES:
        for cohort in ("receipt", "outcome", "due"):
            assert ratio(planned(issued_on=issued_on), "plan-20w", cohort, basis) == (hits, 1)


def test_an_accepted_exemption_is_late_left_out_or_ignored_by_basis():
    late = planned(issued_on="2026-07-01", state="met-exempt", exemptions=ACCEPTED)
    for cohort in ("receipt", "outcome", "due"):
        assert [ratio(late, "plan-20w", cohort, basis) for basis in BASES] == [(0, 1), (0, 0), (0, 1)]
    assert figures(late, "plan-20w")["outcome", "excluding"].value is None


def test_an_accepted_exemption_leaves_out_what_was_in_time_as_well():
    """As the return does: the code says that an exception applied, not that it was needed."""
    assert [ratio(planned(exemptions=ACCEPTED), "plan-20w", "outcome", basis) for basis in BASES] == [
        (1, 1),
        (0, 0),
        (1, 1),
    ]


def test_a_claim_that_is_not_valid_leaves_nothing_out():
    late = planned(issued_on="2026-07-01", state="met-late", exemptions=NOT_VALID)
    assert ratio(late, "plan-20w", "outcome", "excluding") == (0, 1)


def test_receipt_and_issue_fall_into_different_years():
    late = planned("2025-11-03", "2026-06-01", state="met-late")
    last_year = YEAR._replace(from_on=date(2025, 1, 1), to_on=date(2025, 12, 31))
    assert (ratio(late, "plan-20w", "receipt", "including"), ratio(late, "plan-20w", "outcome", "including")) == (
        (0, 0),
        (0, 1),
    )
    assert ratio(late, "plan-20w", "receipt", "including", look=last_year) == (0, 1)
    assert ratio(late, "plan-20w", "outcome", "including", look=last_year) == (0, 0)


def test_a_plan_after_a_refusal_that_did_not_stand_is_a_new_plan():
    """Its 20 weeks' clock was void from the refusal, so nothing fell due; the outcome counts by its dates."""
    overturned = planned(issued_on="2026-08-03", outcome="refused", ended_on="2026-02-10", state="void")
    assert [ratio(overturned, "plan-20w", "outcome", basis) for basis in BASES] == [(0, 1)] * 3
    assert [ratio(overturned, "plan-20w", "due", basis) for basis in BASES] == [(0, 0)] * 3
    assert figures(overturned, "plan-uncounted")["outcome", "all"].value == 0


@pytest.mark.parametrize(
    "stopped",
    [
        {"outcome": "no-plan", "ended_on": "2026-04-01"},
        {"outcome": "withdrawn", "ended_on": "2026-04-01", "withdrawn_on": "2026-04-01"},
        {"outcome": "moved-away", "ended_on": "2026-04-01"},
        {"outcome": "refused", "ended_on": "2026-02-01", "withdrawn_on": "2026-04-01"},
        {
            "outcome": "refused",
            "ended_on": "2026-02-01",
            "plan_decided": "no-plan",
            "plan_decided_on": "2026-04-01",
        },
    ],
)
def test_a_plan_after_an_outcome_that_stays_counts_by_dates_alone(stopped):
    plan = planned(issued_on="2026-05-20", state="void", **stopped)
    assert [ratio(plan, "plan-20w", "outcome", basis) for basis in BASES] == [(0, 0), (0, 0), (1, 1)]
    assert figures(plan, "plan-uncounted")["outcome", "all"].value == 1


def test_how_late_plans_are():
    lengths = [("2026-05-25", 140), ("2026-05-26", 141), ("2027-01-04", 364), ("2027-01-05", 365)]
    plans = [planned(issued_on=on)._replace(child_id=on) for on, _ in lengths]
    look = Look(date(2026, 1, 1), date(2027, 12, 31), date(2027, 12, 31))
    for basis in BASES:
        assert ratio(plans, "plan-20w", "outcome", basis, look=look) == (1, 4)
        assert ratio(plans, "plan-20-52w", "outcome", basis, look=look) == (2, 4)
        assert ratio(plans, "plan-over-52w", "outcome", basis, look=look) == (1, 4)
        mean = figures(plans, "plan-mean-weeks", look)["outcome", basis]
        assert (mean.numerator, mean.denominator) == (1010, 4)
        assert mean.value == Decimal("36.1")  # 1010 / 28 = 36.07


@pytest.mark.parametrize(("decided_on", "hits"), [("2026-02-16", 1), ("2026-02-17", 0)])
@pytest.mark.parametrize("outcome", ["assess", "refuse"])
def test_a_decision_either_way_is_an_outcome(decided_on, hits, outcome):
    for cohort in ("receipt", "outcome", "due"):
        assert ratio(decided(decided_on, outcome), "decision-6w", cohort, "including") == (hits, 1)


def test_a_decision_told_after_the_request_was_withdrawn_is_no_outcome():
    withdrawn = {"outcome": "withdrawn", "withdrawn_on": "2026-02-01", "ended_on": "2026-02-01"}
    after = decided("2026-02-03", state="void", **withdrawn)
    assert [ratio(after, "decision-6w", "receipt", basis) for basis in BASES] == [(0, 0), (0, 0), (1, 1)]
    on_the_day = decided("2026-02-01", **withdrawn)
    assert ratio(on_the_day, "decision-6w", "receipt", "including") == (1, 1)


def test_a_request_without_an_outcome_is_seen_only_when_it_falls_due():
    undecided = child(case("2026-01-05"), deadline("assessment-decision-6w", "2026-01-05", "overdue"))
    assert ratio(undecided, "decision-6w", "receipt", "including") == (0, 0)
    assert ratio(undecided, "decision-6w", "due", "including") == (0, 1)


def test_on_its_last_day_a_limit_is_still_open():
    running = child(case("2026-01-05"), deadline("assessment-decision-6w", "2026-01-05"))
    assert ratio(running, "decision-6w", "due", "including", look=YEAR._replace(as_of=day("2026-02-16"))) == (0, 0)
    assert ratio(running, "decision-6w", "due", "including", look=YEAR._replace(as_of=day("2026-02-17"))) == (0, 1)
    in_time = decided("2026-02-01")
    assert ratio(in_time, "decision-6w", "due", "including", look=YEAR._replace(as_of=day("2026-02-16"))) == (0, 0)


def test_what_comes_after_the_day_has_not_happened():
    look = YEAR._replace(as_of=day("2026-02-10"))
    late = decided("2026-02-11", outcome="refuse")
    assert ratio(late, "decision-6w", "receipt", "clock-only", look=look) == (0, 0)
    assert figures(late, "open-cases", look)["open", "all", "0-6"].value == 1


def test_withdrawing_a_late_case_hides_it_from_the_clocks_but_not_from_the_dates():
    withdrawn = {"outcome": "withdrawn", "withdrawn_on": "2026-06-01", "ended_on": "2026-06-01"}
    late = child(case("2026-01-05", **withdrawn), deadline("final-plan-20w", "2026-01-05", "void"))
    assert [ratio(late, "plan-20w", "due", basis) for basis in BASES] == [(0, 0), (0, 0), (0, 1)]
    early = {"outcome": "withdrawn", "withdrawn_on": "2026-05-25", "ended_on": "2026-05-25"}
    stopped = child(case("2026-01-05", **early), deadline("final-plan-20w", "2026-01-05", "void"))
    assert ratio(stopped, "plan-20w", "due", "clock-only") == (0, 0)


@pytest.mark.parametrize(
    ("told_on", "said", "hits"),
    [
        ("2026-04-27", {"plan_decided": "no-plan", "plan_decided_on": "2026-04-27"}, 1),
        ("2026-04-28", {"plan_decided": "no-plan", "plan_decided_on": "2026-04-28"}, 0),
        ("2026-04-28", {"plan_decided": "issue", "plan_decided_on": "2026-03-01"}, 0),
    ],
)
def test_no_plan_counts_also_after_a_plan_was_first_decided_on(told_on, said, hits):
    made = case("2026-01-05", outcome="no-plan", ended_on=told_on, **said)
    told = child(made, deadline("no-plan-decision-16w", "2026-01-05", "void"))
    for cohort in ("receipt", "outcome"):
        assert ratio(told, "no-plan-16w", cohort, "including") == (hits, 1)


def test_reviews_count_when_they_are_decided():
    def review(number, held_on, **said):
        subject = {"review": f"REV-{number}"}
        due = {"due_on": (day(held_on) + timedelta(weeks=4)).isoformat()}
        return deadline("review-decision-4w", held_on, **({"id": f"dl-{number}", "subject": subject} | due | said))

    outcomes = child(
        None,
        review(1, "2026-03-02", state="met", met_on="2026-03-30"),
        review(2, "2026-03-02", state="met-late", met_on="2026-03-31"),
        review(3, "2026-03-02", state="overdue"),
        review(4, "2025-12-20", state="met", met_on="2026-01-10"),
        review(5, "2026-12-20", state="met", met_on="2027-01-10"),
    )
    look = YEAR._replace(as_of=date(2027, 2, 1))
    assert ratio(outcomes, "review-4w", "meeting", "all", look=look) == (2, 3)
    assert ratio(outcomes, "review-4w", "outcome", "all", look=look) == (2, 3)


def reviewed(state, **said):
    """A review held on 2 March: its four weeks end on 30 March."""
    subject, due_on = {"review": "REV-1"}, {"due_on": "2026-03-30"}
    return child(None, deadline("review-decision-4w", "2026-03-02", state, subject=subject, **(due_on | said)))


@pytest.mark.parametrize(
    ("state", "met_on", "due", "outcome"),
    [
        ("met", "2026-03-30", (1, 1), (1, 1)),
        ("met-late", "2026-03-31", (0, 1), (0, 1)),
        ("overdue", None, (0, 1), (0, 0)),
        ("void", None, (0, 0), (0, 0)),
    ],
)
def test_a_review_that_is_never_decided_was_not_kept_when_due(state, met_on, due, outcome):
    """Else a council that decides nothing would stand at 100%."""
    made = reviewed(state, met_on=met_on)
    assert ratio(made, "review-4w", "due", "all") == due
    for cohort in ("outcome", "meeting"):
        assert ratio(made, "review-4w", cohort, "all") == outcome


def test_a_review_is_due_only_once_its_last_day_has_passed():
    for as_of, expected in (("2026-03-30", (0, 0)), ("2026-03-31", (0, 1))):
        look = YEAR._replace(as_of=day(as_of))
        assert ratio(reviewed("overdue"), "review-4w", "due", "all", look=look) == expected
    april = YEAR._replace(from_on=day("2026-03-31"))
    assert ratio(reviewed("overdue"), "review-4w", "due", "all", look=april) == (0, 0)
    assert figures(reviewed("overdue"), "review-4w")["due", "all"].source == "local"


@pytest.mark.parametrize(
    ("facts", "due", "outcome"),
    [
        ([], (0, 1), (0, 0)),
        ([("review.decided", "2026-03-20", {"outcome": "amend"})], (0, 1), (0, 0)),
        (
            [
                ("review.decided", "2026-03-20", {"outcome": "amend"}),
                ("review.amendment-notice-sent", "2026-04-10", {}),
            ],
            (0, 1),
            (0, 1),
        ),
        ([("review.decided", "2026-03-20", {"outcome": "keep"})], (1, 1), (1, 1)),
    ],
    ids=["never-decided", "amend-without-the-amendments", "amendments-sent-late", "kept"],
)
def test_amend_without_the_proposed_amendments_is_not_decided(facts, due, outcome):
    subject = {"review": "REV-1", "plan": "P-1"}
    known = [
        fact("plan.issued", "2025-03-02", "P-1", subject={"plan": "P-1"}),
        fact("review.held", "2026-03-02", "REV-1", subject=subject),
        *(fact(kind, on, "REV-1", subject=subject, data=data) for kind, on, data in facts),
    ]
    found = evaluate("chd-1", [read_fact(each) for each in known], YEAR.as_of, POLICY)
    made = outcomes_of("chd-1", found.record, [each.to_json("chd-1", YEAR.as_of) for each in found.deadlines])
    assert ratio(made, "review-4w", "due", "all") == due
    assert ratio(made, "review-4w", "outcome", "all") == outcome


def test_67_receipt_year_and_issue_year_are_both_published():
    """Case 67 of the reference: figures of two cohorts are never mixed, and each says whose definition it follows."""
    plans = [planned("2025-11-03", "2026-06-01", state="met-late"), planned()._replace(child_id="chd-2")]
    shown = {
        (measure["id"], figure["cohort"]): (figure["numerator"], figure["denominator"], figure["source"])
        for measure in Tally(plans).report(YEAR).to_json()["measures"]
        for figure in measure["figures"]
        if figure["basis"] == "including"
    }
    assert shown["plan-20w", "receipt"] == (1, 1, "local")
    assert shown["plan-20w", "outcome"] == (1, 2, "DfE")
    for id_, published in {
        "decision-6w": "receipt",
        "no-plan-16w": "outcome",
        "plan-20w": "outcome",
        "plan-20-52w": "outcome",
        "plan-over-52w": "outcome",
        "plan-mean-weeks": "outcome",
    }.items():
        sources = {cohort: shown[id_, cohort][2] for cohort in ("receipt", "outcome")}
        assert sources == dict.fromkeys(("receipt", "outcome"), "local") | {published: "DfE"}, id_


def test_the_age_profile_has_every_band_and_ends_as_deadlines_do():
    received = ["2026-11-19", "2026-11-18", "2026-09-10", "2026-09-09", "2026-08-12", "2026-01-01", "2025-12-31"]
    open_ = [child(case(on), id_=on) for on in received]
    ended = child(case("2026-05-01", outcome="refused", ended_on="2026-06-01"), id_="ended")
    found = figures([*open_, ended], "open-cases")
    assert {key[2]: figure.value for key, figure in found.items()} == {
        "0-6": 1,
        "6-16": 2,
        "16-20": 1,
        "20-52": 2,
        "52+": 1,
    }
    assert list(found) == [("open", "all", band) for band in ("0-6", "6-16", "16-20", "20-52", "52+")]


def test_areas_are_counted_apart():
    bucks, other = planned(), child(case("2026-01-05", area="826", issued_on="2026-03-01", outcome="plan-issued"))
    both = [bucks, other._replace(child_id="chd-2")]
    assert ratio(both, "plan-20w", "outcome", "clock-only") == (2, 2)
    assert ratio(both, "plan-20w", "outcome", "clock-only", look=YEAR._replace(area="826")) == (1, 1)
