"""Who is in scope: to the end of the academic year of the 25th birthday."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.scope import past_scope, scope_ends


@pytest.mark.parametrize(
    ("born", "ends"),
    [
        (date(2001, 8, 31), date(2026, 8, 31)),
        (date(2001, 9, 1), date(2027, 8, 31)),
        (date(2000, 2, 29), date(2025, 8, 31)),
        (date(2001, 12, 31), date(2027, 8, 31)),
    ],
)
def test_the_last_day(born, ends):
    assert scope_ends(born) == ends
    assert not past_scope(born, ends)
    assert past_scope(born, ends + timedelta(days=1))


@given(st.dates(), st.dates())
def test_nobody_under_25_is_out_and_nobody_over_26_is_in(born, on):
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    if years < 25:
        assert not past_scope(born, on)
    if years >= 26:
        assert past_scope(born, on)
