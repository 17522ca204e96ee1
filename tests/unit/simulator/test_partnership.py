from collections import Counter
from datetime import date, timedelta

import pytest

from hub.simulator.deliveries import plan
from hub.simulator.oracle import ADVICE, DECISION, PLAN, truths_of
from hub.simulator.partnership import Partnership, full_size

FIRST, LAST = date(2026, 8, 3), date(2026, 11, 23)


@pytest.fixture(scope="module")
def full():
    return Partnership.make(825, full_size(16), FIRST, LAST)


@pytest.fixture(scope="module")
def truths(full):
    return truths_of(full)


def of(partnership, kind):
    return [truth for life in partnership.lives for case in life.cases for truth in case.truths if truth.kind == kind]


def share(deadlines, clock, *states, of=("met", "met-late")):
    found = Counter(each.state for each in deadlines if each.clock == clock)
    return sum(found[state] for state in states) / sum(found[state] for state in of)


def test_the_same_seed_gives_the_same_partnership_and_deliveries():
    one, other = (Partnership.make(3, 60, FIRST, LAST) for _ in range(2))
    assert one == other
    mine, theirs = plan(one).deliveries, plan(other).deliveries
    assert [(each.at, each.id, each.content()) for each in mine] == [
        (each.at, each.id, each.content()) for each in theirs
    ]


def test_another_seed_gives_another():
    assert Partnership.make(3, 60, FIRST, LAST) != Partnership.make(4, 60, FIRST, LAST)


@pytest.mark.parametrize(("children", "last"), [(0, LAST), (10, FIRST), (10, FIRST - timedelta(days=1))])
def test_impossible_partnerships_are_refused(children, last):
    with pytest.raises(ValueError, match="needs a child"):
        Partnership.make(1, children, FIRST, last)


def test_full_size_is_buckinghamshires():
    assert full_size(16) == 1_500 + 16 * 35


def test_backlog_and_new_requests_keep_their_proportion(full):
    received = [truth.on for truth in of(full, "assessment.requested")]
    new = sum(on >= FIRST for on in received)
    assert 16 * 35 * 0.9 < new < 16 * 35 * 1.25


def test_most_of_the_backlog_is_beyond_twenty_weeks_and_some_of_it_years_old(full):
    ages = [(FIRST - truth.on).days for truth in of(full, "assessment.requested") if truth.on < FIRST]
    assert 0.78 < sum(age > 140 for age in ages) / len(ages) < 0.88
    assert 42 < sum(ages) / len(ages) / 7 < 52


def test_requests_come_in_summer_too_but_fewer(full):
    months = Counter((truth.on.year, truth.on.month) for truth in of(full, "assessment.requested"))
    assert 0 < months[2026, 8] < months[2026, 10]


def test_decisions_are_mostly_in_time_and_plans_mostly_late(truths):
    assert 0.88 < share(truths.deadlines, DECISION, "met") < 0.97
    assert 0.2 < share(truths.deadlines, PLAN, "met") < 0.45


def test_the_backlog_is_mostly_overdue(truths):
    assert share(truths.deadlines, PLAN, "overdue", of=("overdue", "running")) > 0.55


def test_therapy_is_later_than_schools(full):
    def late(heading, service=None):
        asked = {
            each.id for life in full.lives for case in life.cases for each in case.advice
            if (each.heading, each.service) == (heading, service)
        }  # fmt: skip
        states = [each.state for each in truths_of(full).deadlines if each.subject.partition("/")[2] in asked]
        return sum(state in ("met-late", "overdue") for state in states) / len(states)

    assert late("medical", "occupational-therapy") > 2 * late("education")


def test_every_assessed_case_has_five_to_eight_requests_for_advice(full):
    counts = Counter(
        len([each for each in case.advice if not each.replaces]) for life in full.lives for case in life.cases
        if case.advice and case.truths[0].on < FIRST - timedelta(days=120)
    )  # fmt: skip
    assert set(counts) <= set(range(5, 9))


def test_every_kind_of_trouble_occurs(full, truths):
    kinds = {truth.kind for life in full.lives for case in life.cases for truth in case.truths}
    assert kinds >= {
        "assessment.withdrawn",
        "child.moved",
        "advice.returned",
        "advice.declined",
        "advice.cancelled",
        "advice.appointment-missed",
        "advice.sent-by-body",
        "plan.draft-sent",
    }
    assert any(truth.slip for truth in of(full, "assessment.requested"))
    assert any(each.replaces for life in full.lives for case in life.cases for each in case.advice)
    assert any(truth.data.get("not_known") for truth in of(full, "advice.received"))
    assert any(truth.data.get("final") is False for truth in of(full, "advice.received"))
    assert any(len(life.cases) > 1 for life in full.lives)
    assert any(len(case.requests) > 1 for life in full.lives for case in life.cases)
    states = Counter(each.state for each in truths.deadlines if each.clock == ADVICE)
    assert states.keys() >= {"running", "overdue", "met", "met-late", "closed", "void"}


def test_some_answers_are_told_before_the_question(full):
    early = 0
    for life in full.lives:
        for case in life.cases:
            asked = {t.advice: t.told("webhook", "tracker") for t in case.truths if t.kind == "advice.requested"}
            answers = [t for t in case.truths if t.kind == "advice.received" and asked[t.advice] and t.tellings]
            early += sum(t.told("webhook", "tracker", "bars") < asked[t.advice] for t in answers)
    assert early > 5


def test_some_advice_comes_after_the_plan_and_some_plans_lack_it(full):
    after = missing = 0
    for life in full.lives:
        for case in life.cases:
            issued = [truth.on for truth in case.truths if truth.kind == "plan.issued"]
            received = {t.advice: t.on for t in case.truths if t.kind == "advice.received"}
            after += sum(on > issued[0] for on in received.values()) if issued else 0
            missing += sum(each.id not in received for each in case.advice) if issued else 0
    assert after > 10
    assert missing > 10


def test_twins_are_born_together_and_called_differently(full):
    twins = [life.child for life in full.lives if life.child.twin]
    assert 0.01 < len(twins) / len(full.lives) < 0.02
    for one, other in zip(twins[::2], twins[1::2], strict=True):
        assert (one.family, one.birth_date, one.postcode) == (other.family, other.birth_date, other.postcode)
        assert one.given != other.given
        assert sum(a != b for a, b in zip(one.nhs_number[:9], other.nhs_number[:9], strict=True)) == 1


def test_nobody_has_a_real_number_or_lives_anywhere(full):
    children = [life.child for life in full.lives]
    assert all(child.nhs_number is None or child.nhs_number.startswith("999") for child in children)
    assert all(child.postcode.startswith("ZZ99 ") for child in children)
