from datetime import date

import pytest

from connectors.council.files.dates import format_problem, parse_date, parse_instant
from schemas.instants import london_day

BLADE = "%Y-%b-%d %H:%M:%S"


@pytest.mark.parametrize(
    ("text", "format", "day"),
    [
        ("07/08/2015", "%d/%m/%Y", date(2015, 8, 7)),
        ("07/08/2015", "%m/%d/%Y", date(2015, 7, 8)),
        ("20080920", "%Y%m%d", date(2008, 9, 20)),
        ("2022-Sep-28 00:00:00", BLADE, date(2022, 9, 28)),
        ("2022-SEP-28 00:00:00", BLADE, date(2022, 9, 28)),
        ("2022-09-28 00:00:00.000", "%Y-%m-%d %H:%M:%S.%f", date(2022, 9, 28)),
        ("2026-06-30T23:30:00Z", "%Y-%m-%dT%H:%M:%S%z", date(2026, 7, 1)),
        ("29/02/2024", "%d/%m/%Y", date(2024, 2, 29)),
        ("46023", "excel-serial", date(2026, 1, 1)),
        ("46023.0", "excel-serial", date(2026, 1, 1)),
    ],
)
def test_a_date_is_read_by_its_format_alone(text: str, format: str, day: date) -> None:
    assert parse_date(text, format) == day


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("1/7/80", "%d/%m/%Y"),
        ("1/7/1980", "%d/%m/%Y"),
        ("31/04/2026", "%d/%m/%Y"),
        ("29/02/2026", "%d/%m/%Y"),
        ("13/13/2026", "%d/%m/%Y"),
        ("05/31/2026", "%d/%m/%Y"),
        ("46023", "%d/%m/%Y"),
        ("46023", "%Y%m%d"),
        ("2026-1-1", "%Y-%m-%d"),
        ("01/01/1899", "%d/%m/%Y"),
        ("01/01/2150", "%d/%m/%Y"),
        ("45", "excel-serial"),
        ("46023.75", "excel-serial"),
        ("-5", "excel-serial"),
        ("²²²²²", "excel-serial"),
        ("01/01/2026", "excel-serial"),
        ("tomorrow", "%d/%m/%Y"),
    ],
)
def test_anything_else_is_refused_without_repeating_it(text: str, format: str) -> None:
    with pytest.raises(ValueError, match=r"not|year") as caught:
        parse_date(text, format)
    assert text not in str(caught.value)


def test_an_instant_without_zone_is_london_time() -> None:
    assert parse_instant("01/07/2026 00:00", "%d/%m/%Y %H:%M").utcoffset().total_seconds() == 3600
    assert london_day(parse_instant("2026-07-01", "%Y-%m-%d")) == date(2026, 7, 1)


@pytest.mark.parametrize("format", ["%d/%m/%y", "%d/%m", "%m-%Y", "", "dd/mm/yyyy"])
def test_a_format_that_leaves_something_to_guess_is_refused(format: str) -> None:
    assert format_problem(format)


@pytest.mark.parametrize("format", ["%d/%m/%Y", "%Y%m%d", BLADE, "%d %B %Y", "excel-serial"])
def test_an_explicit_format_is_accepted(format: str) -> None:
    assert format_problem(format) is None
