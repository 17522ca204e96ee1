"""The national measures, counted from the return's rows as the department counts them, are those that the hub shows."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from hub.core.measures.joining import outcomes_of
from hub.core.measures.look import Look
from hub.core.measures.tally import Tally
from hub.core.sen2.entry import Entry
from hub.core.sen2.returning import CLOCKS, Child, returned
from hub.core.sen2.year import Year
from schemas.deadlines import Deadline
from schemas.records import ChildRecord
from tests.unit.measures.filling import evaluated

CHILDREN = 150
DAY = date(2027, 1, 15)


@pytest.fixture(scope="module")
def children():
    return evaluated(CHILDREN, DAY)


def from_measures(children, year: Year) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of the measures by outcome in the year; of the 20 weeks also without exceptions."""
    outcomes = [
        outcomes_of(each.child_id, each.record, [deadline.to_json(each.child_id, DAY) for deadline in each.deadlines])
        for each in children
    ]
    report = Tally(outcomes).report(Look(year.first, year.last, DAY, None))
    found = {}
    for measure, figures in report.measures:
        for figure in figures:
            if figure.cohort == "outcome" and figure.basis in ("including", "excluding"):
                found[f"{measure.id} {figure.basis}"] = figure.numerator, figure.denominator
    return found


def from_rows(entries: Iterable[Entry]) -> dict[str, tuple[int, int]]:
    """The same from the rows alone."""
    told = [each.request for each in entries if each.request.outcome in ("Y", "N")]
    results = [(each.request.received_on, each.assessment) for each in entries if each.assessment]
    refused = [(start, each) for start, each in results if each.outcome == "N"]
    sent = [(start, each) for start, each in results if each.outcome == "Y" and each.outcome_on]
    counted = [(start, each) for start, each in sent if each.week20 is False]

    def within(weeks, rows):
        days = [(each.outcome_on - start).days for start, each in rows if each.outcome_on]
        return sum(each <= timedelta(weeks=weeks).days for each in days), len(rows)

    return {
        "decision-6w including": within(6, [(each.received_on, each) for each in told]),
        "no-plan-16w including": within(16, refused),
        "plan-20w including": within(20, sent),
        "plan-20w excluding": within(20, counted),
    }


@pytest.mark.parametrize("number", [2025, 2026])
def test_rows_and_measures_count_the_same(children, number):
    year = Year(number)
    asked = (
        Child(
            ChildRecord.model_validate(each.record),
            [
                Deadline.model_validate(deadline.to_json(each.child_id, DAY))
                for deadline in each.deadlines
                if deadline.rule.clock in CLOCKS
            ],
        )
        for each in children
    )
    counted = from_rows(returned(asked, year).entries)
    shown = from_measures(children, year)
    assert counted == {name: shown[name] for name in counted}
    assert all(denominator for _, denominator in counted.values())
