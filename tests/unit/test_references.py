"""Which texts of a statement are looked at as a stranger's own words: all that the models do not hold to a list."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from schemas.kinds import KINDS, Code
from schemas.references import FREE_TEXTS, reference_problem

ROLE = "role"
"""A body's role is a code that many kinds write; a number in it is refused as everywhere."""


def texts(annotation: Any, name: str) -> Iterator[str]:
    """The names of the fields below an annotation that hold any text."""
    if annotation in (str, Code):
        yield name
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for field, found in annotation.model_fields.items():
            yield from texts(found.annotation, found.alias or field)
    elif get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from texts(part, name)


@pytest.mark.parametrize("kind", KINDS)
def test_every_free_text_of_every_kind_is_looked_at(kind: str) -> None:
    assert set(texts(KINDS[kind], "")) - {ROLE} <= FREE_TEXTS


PERSON = {
    "nhs_number": "999 000 0018",
    "given": "Ada",
    "family": "Brook",
    "birth_date": "2017-05-04",
    "postcode": "ZZ99 3VZ",
}


@pytest.mark.parametrize(
    "text",
    ["9990000018", "REQ-999-000-0018", "9990000026", "x/9990000026", "Ada Brook", "A. Brook", "brook", "zz993vz",
     "SEN 2017-05-04", "04/05/2017", "G825400122001", "a\nb"],
)  # fmt: skip
def test_what_is_personal_is_no_reference(text: str) -> None:
    assert reference_problem(text, PERSON)


@pytest.mark.parametrize(
    "text", ["REQ-1", "SEN/26/17", "2026-001234", "BROOK-17", "QU9", "wrong body", "1f180438e5545a5bb379330d", ""]
)
def test_what_is_a_reference_is_taken(text: str) -> None:
    assert reference_problem(text, PERSON) is None


@pytest.mark.parametrize("person", [None, [], {}, {"birth_date": 5, "given": 7, "nhs_number": []}, {"birth_date": "x"}])
def test_a_person_of_any_shape_is_no_crash(person: Any) -> None:
    assert reference_problem("REQ-1", person) is None


def test_a_short_number_of_the_person_may_stand_inside_a_reference() -> None:
    assert reference_problem("child not known", {"nhs_number": "not known"}) is None
