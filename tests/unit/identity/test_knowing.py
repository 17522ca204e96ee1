from datetime import date

import pytest

from hub.core.identity.knowing import school_year

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("born", "year"),
    [
        (date(2022, 9, 1), "Under 5"),
        (date(2022, 8, 31), "Reception"),
        (date(2021, 9, 1), "Reception"),
        (date(2021, 8, 31), "Year 1"),
        (date(2009, 9, 1), "Year 12"),
        (date(2008, 9, 1), "Year 13"),
        (date(2008, 8, 31), "Post 18"),
        (None, None),
    ],
)
def test_the_school_year_is_by_age_on_31_august(born, year):
    assert school_year(born, TODAY) == year


def test_it_changes_on_1_september():
    assert school_year(date(2016, 3, 4), date(2026, 8, 31)) == "Year 5"
    assert school_year(date(2016, 3, 4), date(2026, 9, 1)) == "Year 6"
