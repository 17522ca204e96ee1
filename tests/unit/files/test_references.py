from datetime import date

import pytest

from connectors.council.files.references import hashed_id, reference_problem

BORN = date(2018, 5, 4)


@pytest.mark.parametrize(
    "text", ["REQ-0001", "1234567", "SEN/2026/17", "a 9", "123456789", "12345678901", "EHC 20180101"]
)
def test_a_case_reference_passes(text: str) -> None:
    assert reference_problem(text, ["Ada", "Example"], BORN) is None


@pytest.mark.parametrize(
    "text",
    [
        "9990000018",
        "999 000 0018",
        "999-000-0019",
        "9276308686",
        "B801200005001",
        "b80120000500A",
        "A801200005001",
        "Ada Example",
        "EXAMPLE-7",
        "ada1",
        "20180504",
        "X-04/05/2018",
        "04052018-2",
        "1" * 41,
        "12\x0034",
    ],
)
def test_a_person_is_never_a_case_reference(text: str) -> None:
    problem = reference_problem(text, ["Ada1", "Example"], BORN)
    assert problem is not None
    assert text not in problem


def test_short_parts_of_names_are_not_searched_for() -> None:
    assert reference_problem("AL-7", ["Al", "Lo"]) is None


def test_a_hashed_id_needs_the_key_and_keeps_kinds_and_sources_apart() -> None:
    ids = {
        hashed_id(b"k" * 32, "a", "person", "7"),
        hashed_id(b"q" * 32, "a", "person", "7"),
        hashed_id(b"k" * 32, "b", "person", "7"),
        hashed_id(b"k" * 32, "a", "request", "7"),
    }
    assert len(ids) == 4
    assert hashed_id(b"k" * 32, "a", "person", "7") in ids
