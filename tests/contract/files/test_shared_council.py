"""Published council CSV (people only), read beside the checkout and dropped in under names with an extract date."""

from pathlib import Path

import pytest

from tests.support.files import Desk, standing

DATE = "_2026-03-02.csv"


def drop(desk: Desk, shared: Path, stem: str) -> str:
    name = stem + DATE
    desk.take(name, (shared / "council" / f"{stem}.csv").read_bytes())
    return name


@pytest.mark.parametrize(
    ("stem", "people"),
    [
        ("reconciliation_test_data", 6),
        ("single_match", 1),
        ("single_match_from_dbs_headers", 1),
        ("single_match_low_confidence", 1),
        ("single_match_really_low_confidence", 1),
        ("sui_batch_search_queries_small", 299),
    ],
)
def test_each_list_is_taken(desk: Desk, shared: Path, stem: str, people: int) -> None:
    name = drop(desk, shared, stem)
    assert desk.listing("done") == [name]
    events = desk.events()
    assert len(events) == people
    assert {event["kind"] for event in events} == {"child.identified"}
    assert all(event["person"]["birth_date"] and event["person"]["id"] for event in events)
    drop(desk, shared, stem)
    assert len(desk.events()) == people


def test_the_one_bad_row_of_the_batch_search_is_told_by_line(desk: Desk, shared: Path) -> None:
    name = drop(desk, shared, "sui_batch_search_queries_small")
    report = desk.report("done", name)
    assert report["rows"]["all"] == 300
    assert [problem["line"] for problem in report["problems"]] == [301]


def test_two_people_under_one_source_id_come_out_as_one_persons_two_statements(desk: Desk, shared: Path) -> None:
    drop(desk, shared, "reconciliation_test_data")
    by_person: dict[str, list[str]] = {}
    for event in desk.events():
        by_person.setdefault(event["person"]["id"], []).append(event["person"]["given"])
    (shared_id,) = [own for own, names in by_person.items() if len(names) > 1]
    assert len(set(by_person[shared_id])) == 2
    assert [len(found) for found in standing(desk.events()).values() if len(found) > 1] == [2]


def test_dates_that_could_be_read_two_ways_are_rejected(desk: Desk, shared: Path) -> None:
    name = drop(desk, shared, "test_fail_validation")
    assert desk.listing("rejected") == [name]
    assert [(each["line"], each["column"]) for each in desk.report("rejected", name)["problems"]] == [(2, "DOB")]
    assert desk.events() == []
