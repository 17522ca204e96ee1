"""Whose a child is who has no case: somebody has to be asked about them."""

from typing import Any

import pytest

from tests.unit.casework.facts import COUNCIL, TRACKER, TRUST, asked, fact, on_day, requested

ELSEWHERE = "other:826:2022"


def told_by(*sources: str) -> list[dict[str, Any]]:
    return [asked("2026-09-01", f"ADV-{number}", None, source=source) for number, source in enumerate(sources, start=1)]


@pytest.mark.parametrize(
    ("sources", "area"),
    [
        ((COUNCIL,), "825"),
        ((COUNCIL, TRACKER, TRUST), "825"),
        ((COUNCIL, ELSEWHERE), None),
        ((TRUST,), None),
    ],
)
def test_without_a_case_it_is_the_one_area_whose_feeds_speak_of_them(sources, area):
    assert on_day(told_by(*sources), "2026-09-10").record["area"] == area


def test_a_case_says_it_whoever_else_speaks_of_them():
    record = on_day([requested("2026-09-01"), *told_by(ELSEWHERE)], "2026-09-10").record
    assert record["area"] == "825"


def test_that_somebody_is_restricted_says_nothing_of_whose_they_are():
    flag = fact("child.restricted", "2026-09-02", "S", source=ELSEWHERE)
    assert on_day([*told_by(COUNCIL), flag], "2026-09-10").record["area"] == "825"
