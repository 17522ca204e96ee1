"""Laws of every synthetic life, whatever the seed, size and dates."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.gb import nhs

from hub.simulator.deliveries import plan
from hub.simulator.oracle import truths_of
from hub.simulator.partnership import Partnership
from schemas.instants import london_day
from schemas.kinds import KINDS, data_errors

PARTNERSHIPS = st.builds(
    lambda seed, children, first, weeks: Partnership.make(seed, children, first, first + timedelta(weeks=weeks)),
    seed=st.integers(0, 2**32),
    children=st.integers(20, 60),
    first=st.dates(date(2025, 1, 1), date(2028, 12, 31)),
    weeks=st.integers(2, 20),
)


def cases(partnership):
    return [(life.child, case) for life in partnership.lives for case in life.cases]


def first_on(case, kind):
    return min((truth.on for truth in case.truths if truth.kind == kind), default=None)


@given(PARTNERSHIPS)
@settings(max_examples=30, deadline=None)
def test_nothing_is_dated_or_told_after_the_last_day(partnership):
    for _, case in cases(partnership):
        for truth in case.truths:
            assert truth.on <= london_day(truth.recorded_at) <= partnership.last_day
            assert all(partnership.first_day <= each.day <= partnership.last_day for each in truth.tellings)
            assert all(london_day(truth.recorded_at) <= each.day for each in truth.tellings)
            if truth.slip:
                assert truth.slip.on != truth.on
                assert truth.slip.recorded_at < truth.recorded_at
                assert truth.slip.on <= london_day(truth.slip.recorded_at) <= truth.slip.day <= partnership.last_day


@given(PARTNERSHIPS)
@settings(max_examples=30, deadline=None)
def test_every_case_is_in_legal_order(partnership):
    order = ["assessment.requested", "assessment.decided", "plan.draft-sent", "plan.issued"]
    for _, case in cases(partnership):
        dates = [on for kind in order if (on := first_on(case, kind))]
        assert dates == sorted(dates)
        draft, issued = first_on(case, "plan.draft-sent"), first_on(case, "plan.issued")
        assert not (draft and issued) or (issued - draft).days >= 15
        outcomes = {truth.data["outcome"] for truth in case.truths if truth.kind == "assessment.decided"}
        if "refuse" in outcomes:
            assert not case.advice
            assert issued is None


@given(PARTNERSHIPS)
@settings(max_examples=30, deadline=None)
def test_every_advice_is_in_order(partnership):
    for _, case in cases(partnership):
        decided, withdrawn = first_on(case, "assessment.decided"), first_on(case, "assessment.withdrawn")
        for advice in case.advice:
            truths = [truth for truth in case.truths if truth.advice == advice.id]
            asked = next(truth.on for truth in truths if truth.kind == "advice.requested")
            assert decided is None or asked >= decided
            assert all(truth.on >= asked for truth in truths)
            assert withdrawn is None or all(truth.on < withdrawn for truth in truths)
            received = [t.on for t in truths if t.kind == "advice.received" and t.trust is None]
            returned = [t.on for t in truths if t.kind == "advice.returned" and t.trust is None]
            assert not returned or (received and min(received) < min(returned))


@given(PARTNERSHIPS)
@settings(max_examples=30, deadline=None)
def test_numbers_are_valid_and_nobody_elses(partnership):
    children = [life.child for life in partnership.lives]
    numbers = [child.nhs_number for child in children if child.nhs_number]
    assert all(nhs.is_valid(number) and number.startswith("999") for number in numbers)
    assert len(numbers) == len(set(numbers))
    upns = [child.upn for child in children if child.upn]
    assert len(upns) == len(set(upns))
    assert len({child.id for child in children}) == len(children)


@given(PARTNERSHIPS)
@settings(max_examples=30, deadline=None)
def test_everybody_is_born_before_their_request_and_under_25(partnership):
    for child, case in cases(partnership):
        for truth in case.truths:
            assert 0 <= child.age(truth.on) < 25


@given(PARTNERSHIPS)
@settings(max_examples=30, deadline=None)
def test_what_is_told_by_webhook_is_of_a_known_kind_with_its_data(partnership):
    for _, case in cases(partnership):
        for truth in case.truths:
            assert truth.kind in KINDS
            if truth.kind != "advice.requested":
                assert data_errors(truth.kind, dict(truth.data)) == []


@given(PARTNERSHIPS)
@settings(max_examples=15, deadline=None)
def test_deliveries_are_in_order_and_of_days_that_are_played(partnership):
    deliveries = plan(partnership).deliveries
    assert [each.at for each in deliveries] == sorted(each.at for each in deliveries)
    days = {london_day(each.at) for each in deliveries}
    assert partnership.first_day in days
    assert all(partnership.first_day <= day <= partnership.last_day for day in days)
    ids = [each.id for each in deliveries if each.via == "bars" and each.expect == "taken"]
    assert len(ids) == len(set(ids))


@given(PARTNERSHIPS)
@settings(max_examples=15, deadline=None)
def test_the_oracle_has_three_deadlines_for_each_case_and_one_for_each_chain(partnership):
    truths = truths_of(partnership)
    keys = [(each.clock, each.subject) for each in truths.deadlines]
    assert len(keys) == len(set(keys))
    for each in truths.deadlines:
        assert (each.met_on is not None) == (each.state in ("met", "met-late"))
        assert (each.state == "met") <= (each.met_on is not None and each.met_on <= each.due_on)
        if each.state in ("running", "overdue"):
            assert (each.state == "overdue") == (partnership.last_day > each.due_on)


def test_a_partnership_that_is_too_small_to_be_told_is_not_made_up():
    with pytest.raises(ValueError, match="needs a child"):
        Partnership.make(1, 0, date(2026, 8, 3), date(2026, 9, 3))
