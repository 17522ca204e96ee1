"""Whole numbers into digits."""

from collections import Counter

import pytest

from hub.core.measures.catalogue import BASES, COHORTS, MEASURES
from hub.core.measures.counting import working_days_between
from hub.core.measures.figures import percentile, rounded
from hub.core.measures.tally import Tally
from tests.unit.measures.rows import YEAR, advice, case, child, day


@pytest.mark.parametrize(
    ("numerator", "denominator", "digits"),
    [
        (0, 7, "0.0"),
        (100, 3, "33.3"),
        (200, 3, "66.7"),
        (1, 4, "0.3"),
        (5, 20, "0.3"),
        (9, 20, "0.5"),
        (100, 1, "100.0"),
    ],
)
def test_halves_go_up(numerator, denominator, digits):
    assert str(rounded(numerator, denominator)) == digits


@pytest.mark.parametrize(
    ("values", "half", "nine_tenths"),
    [([], None, None), ([5], 5, 5), ([1, 2], 1, 2), ([3, 1, 2], 2, 3), (range(1, 11), 5, 9), ([7] * 9 + [90], 7, 7)],
)
def test_percentiles_are_values_that_were_observed(values, half, nine_tenths):
    assert (percentile(Counter(values), 50), percentile(Counter(values), 90)) == (half, nine_tenths)


def test_working_days_leave_out_the_first():
    assert working_days_between(day("2026-12-24"), day("2026-12-29")) == 1
    assert working_days_between(day("2026-12-29"), day("2026-12-24")) == 0


def test_every_report_has_every_figure_and_the_open_cases_first():
    report = Tally().report(YEAR)
    assert [measure for measure, _ in report.measures] == list(MEASURES)
    assert report.measures[0][0].id == "open-cases"
    for measure, figures in report.measures:
        bands = len(measure.bands.names) if measure.bands else 1
        assert len(figures) == len(measure.cohorts) * len(measure.bases) * bands
        assert {figure.numerator for figure in figures} <= {0, None}


def test_ids_are_unique_and_words_are_explained():
    assert len({measure.id for measure in MEASURES}) == len(MEASURES)
    for measure in MEASURES:
        assert set(measure.cohorts) <= set(COHORTS)
        assert set(measure.bases) <= set(BASES)
        assert measure.published <= {(cohort, basis) for cohort in measure.cohorts for basis in measure.bases}


def test_services_appear_where_something_was_counted():
    made = child(case("2026-01-05", advice("2026-12-02", service="physiotherapy")))
    found = {
        measure.id: {figure.service for figure in figures} for measure, figures in Tally([made]).report(YEAR).measures
    }
    assert found["advice-age"] == {None, "physiotherapy"}
    assert found["advice-on-time"] == {None}
