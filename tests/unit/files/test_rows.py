from datetime import date
from typing import Any

import pytest

from connectors.council.files.mapping import Mapping
from connectors.council.files.rows import RowFacts, RowRefused, read_row
from connectors.council.files.table import Row

KEY = b"k" * 32
DAY = date(2026, 3, 1)
DMY = "%d/%m/%Y"


def requests(**more: Any) -> Mapping:
    content = {
        "feed": "requests",
        "source": "one-education:825:2022",
        "kind": "requests",
        "files": r"r-(?P<date>\d{8})\.csv",
        "extract": {"format": "%Y%m%d"},
        "empty": ["01/01/1900"],
        "codes": {"Outcome": ["Y", "N", "A", "H"]},
        "id": {"column": "Number", "case_reference": True},
        "person": {
            "given": "Given",
            "family": "Family",
            "birth_date": {"column": "Born", "format": DMY},
            "nhs_number": "NHS",
            "nhs_number_status": "Status",
        },
        "facts": [
            {"kind": "assessment.requested", "date": {"column": "Received", "format": DMY}},
            {
                "kind": "assessment.decided",
                "date": {"column": "Decided", "format": DMY},
                "when": {"Outcome": ["Y", "N"]},
                "silent": {"Outcome": ["H"]},
                "data": {"outcome": {"column": "Outcome", "values": {"Y": "assess", "N": "refuse"}}},
            },
            {
                "kind": "review.scheduled",
                "date": {"column": "Arranged", "format": DMY},
                "data": {"meeting_on": {"column": "Meeting", "format": DMY, "may_be_future": True}},
            },
        ],
    }
    return Mapping.model_validate({**content, **more})


ROW = {
    "Number": "REQ-1",
    "Given": "Ada",
    "Family": "Example",
    "Born": "04/05/2018",
    "NHS": "9990000018",
    "Status": "01",
    "Received": "12/01/2026",
    "Outcome": "Y",
    "Decided": "20/02/2026",
    "Arranged": "",
    "Meeting": "",
}


def read(mapping: Mapping | None = None, **cells: str) -> RowFacts:
    return read_row(Row(7, {**ROW, **cells}), mapping or requests(), DAY, KEY)


def problems(mapping: Mapping | None = None, **cells: str) -> list[tuple[str, str]]:
    with pytest.raises(RowRefused) as caught:
        read(mapping, **cells)
    assert {problem.line for problem in caught.value.problems} == {7}
    for problem in caught.value.problems:
        assert not [value for value in cells.values() if len(value) > 3 and value in problem.what]
    return [(problem.column, problem.what) for problem in caught.value.problems]


def test_a_row_states_a_fact_for_each_date_that_is_filled() -> None:
    facts = read()
    assert facts.record == "REQ-1"
    assert facts.person == {
        "given": "Ada",
        "family": "Example",
        "birth_date": "2018-05-04",
        "nhs_number": "9990000018",
        "nhs_number_status": "01",
    }
    stated = {slot: (said.effective_on, said.data, said.subject) for slot, said in facts.stated.items()}
    assert stated == {
        "assessment.requested|": (date(2026, 1, 12), {}, {"request": "REQ-1"}),
        "assessment.decided|": (date(2026, 2, 20), {"outcome": "assess"}, {"request": "REQ-1"}),
    }


@pytest.mark.parametrize("blank", ["", "01/01/1900"])
def test_an_empty_date_states_nothing(blank: str) -> None:
    assert set(read(Decided=blank).stated) == {"assessment.requested|"}


def test_a_code_decides_whether_a_fact_is_stated_blank_or_not_spoken_of() -> None:
    assert "assessment.decided|" not in read(Outcome="A").stated
    assert read(Outcome="A").silent == frozenset()
    assert "assessment.decided|" not in read(Outcome="H").stated
    assert read(Outcome="H").silent == {"assessment.decided|"}


def test_only_a_date_that_may_be_future_may_lie_after_the_extract() -> None:
    assert read(Arranged="01/03/2026", Meeting="02/04/2026").stated["review.scheduled|"].data == {
        "meeting_on": "2026-04-02"
    }
    assert problems(Received="02/03/2026") == [("Received", "a date after the extract's own")]
    assert problems(Born="02/03/2026") == [("Born", "a date after the extract's own")]


@pytest.mark.parametrize("number", ["9990000019", "1111111111", "9276308686", "12", "QQ 123", "999 000 0018"])
def test_an_nhs_number_is_kept_as_received_whatever_it_is(number: str) -> None:
    assert read(NHS=number).person["nhs_number"] == number


def test_every_problem_of_a_row_is_found_at_once() -> None:
    assert problems(Born="2018-05-04", Received="31/04/2026", Outcome="Q", Status="99", Number="Ada 1") == [
        ("Outcome", "a code that the mapping does not know"),
        ("Born", "not a date of the form %d/%m/%Y"),
        ("Status", "person nhs_number_status: Input should be '01', '02', '03', '04', '05', '06', '07' or '08'"),
        ("Received", "not a date of the form %d/%m/%Y"),
    ]


@pytest.mark.parametrize(
    ("number", "what"),
    [
        ("9990000018", "ten digits"),
        ("9276308686", "ten digits"),
        ("B801200005001", "UPN"),
        ("Ada Example 1", "name"),
        ("REQ-04/05/2018", "date of birth"),
        ("REQ/1", "no '/'"),
        ("", "blank"),
    ],
)
def test_a_row_is_refused_when_its_reference_is_a_person(number: str, what: str) -> None:
    assert any(column == "Number" and what in text for column, text in problems(Number=number))


def test_any_other_key_becomes_a_keyed_hash() -> None:
    mapping = requests(id="Number")
    facts = read(mapping, Number="9990000018")
    assert "9990000018" not in facts.record
    assert facts.stated["assessment.requested|"].subject == {"request": facts.record}
    assert facts.record != read_row(Row(7, {**ROW, "Number": "9990000018"}), mapping, DAY, b"q" * 32).record


def test_another_sources_id_is_told_apart() -> None:
    mapping = requests(
        subject={"plan": {"column": "Arranged", "source": "social-care:825:2019", "case_reference": True}},
        facts=[{"kind": "assessment.requested", "date": {"column": "Received", "format": DMY}}],
    )
    said = read(mapping, Arranged="PL-9").stated["assessment.requested|"]
    assert said.subject == {"plan": "social-care:825:2019/PL-9", "request": "REQ-1"}


def test_data_that_a_kind_lacks_is_a_problem_of_its_column() -> None:
    assert problems(Arranged="01/02/2026") == [("Meeting", "review.scheduled meeting_on: Field required")]


def test_a_row_about_nobody_is_refused() -> None:
    nobody = {"Given": "", "Family": "", "Born": "", "NHS": "", "Status": ""}
    assert problems(**nobody) == [("", "nobody: every column of the person is blank")]


def test_text_has_a_limit() -> None:
    assert problems(Family="x" * 201) == [("Family", "longer than 200 characters")]


def people(**more: Any) -> Mapping:
    content = {
        "feed": "people",
        "source": "early-help:825:2021",
        "kind": "people",
        "files": r"p-(?P<date>\d{8})\.csv",
        "extract": {"format": "%Y%m%d"},
        "person": {"given": "Given", "family": "Family", "birth_date": {"column": "Born", "format": DMY}},
    }
    return Mapping.model_validate({**content, **more})


def test_without_ids_a_person_is_a_keyed_hash_of_all_that_describes_them() -> None:
    cells = {"Given": "Ada", "Family": "Example", "Born": "04/05/2018"}

    def record(**changed: str) -> str:
        facts = read_row(Row(2, {**cells, **changed}), people(), DAY, KEY)
        assert facts.person["id"] == facts.record
        return facts.record

    assert record() == record(Given="ADA", Family="example")
    assert len({record(), record(Given="Bea"), record(Family="Other"), record(Born="05/05/2018")}) == 4
    assert "ada" not in record().lower()


def test_with_ids_the_person_keeps_the_sources_own_and_the_record_is_hashed() -> None:
    facts = read_row(Row(2, {**ROW, "Number": "77"}), people(id="Number"), DAY, KEY)
    assert facts.person["id"] == "77"
    assert facts.record != "77"
    assert facts.stated["child.identified|"].effective_on == DAY


def test_the_extracts_own_date_is_no_part_of_what_a_person_row_says() -> None:
    early = read_row(Row(2, {**ROW}), people(id="Number"), DAY, KEY)
    late = read_row(Row(2, {**ROW}), people(id="Number"), date(2026, 4, 1), KEY)
    assert early.stated["child.identified|"].content == late.stated["child.identified|"].content
