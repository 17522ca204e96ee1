"""A council's own return beside the hub's: what is joined, what is missing, what differs."""

from datetime import date

import pytest

from hub.core.sen2.comparing import Comparison, compared
from hub.core.sen2.entry import Entry, Stated
from hub.core.sen2.report import lines, to_json
from hub.core.sen2.returning import Return
from hub.core.sen2.rows import Assessment, Request
from tests.unit.casework.facts import COUNCIL
from tests.unit.sen2.making import YEAR

DAY = date(2026, 3, 2)
Y = Request(DAY, "Y", date(2026, 4, 10), "1", mediation=False, tribunal=False, unknown=frozenset({"RYA"}))
A = Request(DAY, "A")
PLAN = Assessment("Y", date(2026, 7, 20), False, False, False, False, False)


def ours(id_="REQ-1", reference="EHC-1", request=Y, assessment=PLAN, more=(), child_id="chd-1") -> Entry:
    ids = tuple(f"{COUNCIL}/{each}" for each in (id_, *more))
    return Entry(child_id, ids[0], ids, reference, request, assessment)


def theirs(*ids, request=Y, assessment=PLAN, place="row 2") -> Stated:
    return Stated(place, ids, request, assessment)


def compare(here, there, **fields) -> Comparison:
    return compared(Return(YEAR, tuple(here), frozenset({"825"}), True, 0), there, **fields)


def differing(here, there) -> list[tuple[str, str, str]]:
    return [(each.field, each.here, each.there) for each in compare([here], [there]).differences]


@pytest.mark.parametrize("name", ["REQ-1", f"{COUNCIL}/REQ-1", "EHC-1"])
def test_rows_are_joined_by_the_request_or_the_case_reference(name):
    found = compare([ours()], [theirs(name)])
    assert [pair.by for pair in found.pairs] == ["id"]
    assert found.is_equal


def test_two_requests_under_one_reference_are_told_apart_by_the_day_of_receipt():
    later = Y._replace(received_on=date(2026, 9, 1), outcome_on=date(2026, 10, 1))
    here = [ours(), ours("REQ-2", request=later)]
    there = [theirs("EHC-1", request=later, place="row 2"), theirs("EHC-1", place="row 3")]
    found = compare(here, there)
    assert found.is_equal
    assert {(pair.here.bare, pair.there.place) for pair in found.pairs} == {("REQ-1", "row 3"), ("REQ-2", "row 2")}


def test_a_reference_that_two_requests_of_one_day_share_joins_nothing_by_itself():
    found = compare([ours(), ours("REQ-2")], [theirs("EHC-1"), theirs("EHC-1", place="row 3")])
    # the day does; the rows say the same, so which is which makes no difference
    assert [pair.by for pair in found.pairs] == ["date", "date"]
    assert found.is_equal


def test_a_file_without_shared_ids_is_joined_by_the_day_where_one_is_left_on_each_side():
    moved = Y._replace(outcome_on=date(2026, 4, 11))
    found = compare([ours()], [theirs("17", request=moved)])
    assert [pair.by for pair in found.pairs] == ["date"]
    assert [(each.field, each.here, each.there) for each in found.differences] == [
        ("RequestOutcomeDate", "2026-04-10", "2026-04-11")
    ]


def test_what_the_day_cannot_tell_apart_is_joined_to_nothing():
    here = [ours(), ours("REQ-2", "EHC-2", request=A, assessment=None)]
    there = [
        theirs("17", request=Y._replace(outcome_on=date(2026, 4, 11))),
        theirs("18", request=Y._replace(outcome_on=date(2026, 4, 12)), place="row 3"),
    ]
    found = compare(here, there)
    assert (found.pairs, len(found.missing_here), len(found.missing_there)) == ([], 2, 2)


def test_once_ids_are_shared_the_day_joins_nothing():
    other = Y._replace(outcome_on=date(2026, 4, 11))
    found = compare([ours(), ours("REQ-2", "EHC-2")], [theirs("REQ-1"), theirs("17", request=other, place="row 3")])
    assert [each.place for each in found.missing_here] == ["row 3"]
    assert [each.bare for each in found.missing_there] == ["REQ-2"]


def test_a_second_row_of_a_request_that_runs_as_one_is_said_to_be_that():
    found = compare([ours(more=("REQ-2",))], [theirs("REQ-2", place="row 2"), theirs("REQ-1", place="row 3")])
    assert [(entry.bare, row.place) for entry, row in found.absorbed] == [("REQ-1", "row 2")]
    assert (found.missing_here, found.differences, found.is_equal) == ([], [], False)


def test_a_later_requests_row_alone_stands_for_the_case():
    found = compare([ours(more=("REQ-2",))], [theirs("REQ-2", request=Y._replace(received_on=date(2026, 3, 9)))])
    assert found.absorbed == []
    assert [(each.field, each.there) for each in found.differences] == [("ReceivedDate", "2026-03-09")]


def test_historical_rows_of_plans_that_the_hub_does_not_hold_are_counted_not_listed():
    old = Request(date(2019, 5, 1), "H")
    rows = [
        theirs("90", request=old, assessment=Assessment("H")),
        theirs("91", request=old, assessment=None),
        theirs("92", request=old, assessment=Assessment("A")),
    ]
    found = compare([], rows)
    assert (found.historical, [row.ids for row in found.missing_here]) == (2, [("92",)])


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        (Y, Y._replace(tribunal=True), [("RequestTribunal", "0", "1")]),
        (Y, Y._replace(tribunal=None), [("RequestTribunal", "0", "")]),
        (Y, Y._replace(rya=True), []),  # not known here
        (Y, Y._replace(source="2"), [("RequestSource", "1", "2")]),
        (Y, Y._replace(source=None, unknown=frozenset({"RequestSource"})), []),  # no such column there
        (Y, Y._replace(exported=True), [("Exported", "", "1")]),
        (
            Y,
            Request(DAY, "N", date(2026, 4, 12), "1", mediation=True),
            [("RequestOutcomeDate", "2026-04-10", "2026-04-12"), ("RequestOutcome", "Y", "N")],
        ),
        (
            Y,
            Request(DAY, "H", source="1"),
            [("RequestOutcomeDate", "2026-04-10", ""), ("RequestOutcome", "Y", "H")],
        ),
        (
            Request(DAY, "W", source="1"),
            Request(DAY, "W", date(2026, 3, 20), "1", mediation=False),
            [],  # the guide asks for no day and no flags with W
        ),
    ],
)
def test_requests_differ_in_what_the_guide_asks_for(here, there, expected):
    assert differing(ours(request=here), theirs("REQ-1", request=there)) == expected


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        (PLAN, PLAN._replace(week20=True), [("Week20", "0", "1")]),
        (PLAN, PLAN._replace(other_mediation=True), [("OtherMediation", "0", "1")]),
        (PLAN, None, [("AssessmentOutcome", "Y", ""), ("AssessmentOutcomeDate", "2026-07-20", "")]),
        (None, Assessment("A"), [("AssessmentOutcome", "", "A")]),
        (None, None, []),
        (Assessment("A"), Assessment("A", date(2026, 1, 1)), []),
        (
            Assessment("N", date(2026, 7, 1), False, False, False, False),
            Assessment("N", date(2026, 7, 1), False, False, False, False, True),
            [],  # Week20 is about a plan
        ),
    ],
)
def test_assessments_too(here, there, expected):
    assert differing(ours(assessment=here), theirs("REQ-1", assessment=there)) == expected


def test_without_the_assessment_module_none_is_compared():
    assert compare([ours()], [theirs("REQ-1", assessment=None)], with_assessments=False).is_equal


def test_the_report_names_the_councils_reference_and_never_a_value_of_the_files_ids():
    personal = "Zebedee A999999999999"
    found = compare(
        [ours(), ours("REQ-2", None, request=A, assessment=None)],
        [
            theirs("REQ-1", personal, request=Y._replace(tribunal=True), place="f.csv row 2"),
            theirs(personal, request=A._replace(received_on=date(2026, 5, 1)), assessment=None, place="f.csv row 3"),
        ],
    )
    text = list(lines(found, YEAR, date(2027, 1, 9)))
    assert text == [
        "SEN2 about 2026, as of 2027-01-09: 2 requests here, 2 in the file; 1 joined by id, 0 by the day of receipt",
        "Missing here: the hub has no such request (1)",
        "  f.csv row 3: ReceivedDate 2026-05-01, RequestOutcome A",
        "Missing in the file (1)",
        "  chd-1 (REQ-2): ReceivedDate 2026-03-02, RequestOutcome A",
        "Different (1)",
        "  EHC-1 (REQ-1), f.csv row 2: RequestTribunal here 0, there 1",
        "By field: RequestTribunal 1",
        "Not compared, because one side does not tell it: RYA 1",
    ]
    value = to_json(found, YEAR, date(2027, 1, 9))
    assert personal not in str(value)
    assert value["differences"] == [
        {
            "case_reference": "EHC-1",
            "request": f"{COUNCIL}/REQ-1",
            "child_id": "chd-1",
            "row": "f.csv row 2",
            "field": "RequestTribunal",
            "here": "0",
            "there": "1",
        }
    ]
    assert (value["equal"], value["joined"], value["by_field"]) == (False, {"id": 1, "date": 0}, {"RequestTribunal": 1})
