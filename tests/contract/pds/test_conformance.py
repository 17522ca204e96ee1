"""What the national service answers: one suite, on the twin and on the adapter over HTTP."""

from datetime import date

import pytest

from connectors.nhs.pds.port import Demographics, Patient
from connectors.nhs.pds.twin import MemoryPds
from schemas.traces import KnownName
from tests.contract.pds.people import (
    AMY,
    BORN,
    DEAD,
    NOBODY,
    OLD,
    REDACTED,
    RENAMED,
    RESTRICTED,
    SPARSE,
    WITHDRAWN,
    sought,
)


async def found(port: Demographics, number: str) -> Patient:
    reply = await port.retrieve(number)
    assert reply.result == "found"
    assert reply.patient is not None
    return reply.patient


async def test_a_number_is_somebody_with_the_version_of_its_etag(port: Demographics, twin: MemoryPds) -> None:
    twin.patients[AMY]["meta"]["versionId"] = "41"
    assert await found(port, AMY) == Patient(
        AMY, 41, "unrestricted", (KnownName(given="Amy Rose", family="Example"),), BORN
    )


async def test_a_superseded_number_is_answered_under_the_one_it_became(port: Demographics) -> None:
    reply = await port.retrieve(OLD)
    assert reply.result == "superseded"
    assert reply.patient is not None
    assert reply.patient.number == AMY


@pytest.mark.parametrize(
    ("number", "result"),
    [
        (WITHDRAWN, "invalidated"),
        (NOBODY, "not-found"),
        (REDACTED, "not-found"),
        ("9990000017", "invalid-number"),
        ("99900000", "invalid-number"),
        ("../Patient", "invalid-number"),
        ("", "invalid-number"),
        ("٩٩٩٠٠٠٠٠١٨", "invalid-number"),
    ],
)
async def test_withdrawn_not_found_and_no_number_are_told_apart(port: Demographics, number: str, result: str) -> None:
    reply = await port.retrieve(number)
    assert (reply.result, reply.patient) == (result, None)


async def test_a_restricted_person_is_told_as_such(port: Demographics, twin: MemoryPds) -> None:
    assert (await found(port, RESTRICTED)).security == "restricted"
    twin.patients[RESTRICTED]["meta"]["security"] = [{"code": "V"}]
    assert (await found(port, RESTRICTED)).security == "very-restricted"


async def test_a_code_that_is_not_known_withholds_too(port: Demographics, twin: MemoryPds) -> None:
    twin.patients[AMY]["meta"]["security"] = [{"code": "U"}, {"code": "NEW"}]
    assert (await found(port, AMY)).security == "restricted"


async def test_a_sparse_record_says_only_what_it_has(port: Demographics) -> None:
    assert await found(port, SPARSE) == Patient(SPARSE, 1, "unrestricted")


async def test_a_death_comes_with_its_london_day_and_notice(port: Demographics) -> None:
    patient = await found(port, DEAD)
    assert (patient.dead, patient.died_on, patient.death) == (True, date(2026, 5, 2), "formal")


async def test_a_search_finds_the_one_who_fits(port: Demographics) -> None:
    reply = await port.search(sought("Amy", "example"))
    assert reply.result == "found"
    assert reply.patient is not None
    assert (reply.patient.number, reply.patient.birth_date) == (AMY, BORN)


@pytest.mark.parametrize(
    "person",
    [
        sought("Ann", "Example"),
        sought("Amy", "Exam"),
        sought("Amy", "Example", "OX1 1AA"),
        sought("Amy", "Example", born=date(2016, 3, 5)),
        sought("Nora", "Gone", None),
    ],
    ids=["given", "part of a family name", "elsewhere", "another day", "redacted"],
)
async def test_a_search_that_nobody_fits_finds_none(port: Demographics, person: object) -> None:
    assert (await port.search(person)).result == "none"  # type: ignore[arg-type]


async def test_of_more_than_one_nobody_is_given(port: Demographics) -> None:
    """Twins whose names begin alike: TOO_MANY_MATCHES, and no guess."""
    reply = await port.search(sought("James", "Double"))
    assert (reply.result, reply.patient) == ("many", None)


async def test_a_search_with_a_postcode_never_finds_a_restricted_person(port: Demographics) -> None:
    assert (await port.search(sought("Rita", "Hidden"))).result == "none"
    reply = await port.search(sought("Rita", "Hidden", None))
    assert reply.patient is not None
    assert (reply.patient.number, reply.patient.security) == (RESTRICTED, "restricted")


async def test_a_former_name_and_place_are_searched_too(port: Demographics) -> None:
    reply = await port.search(sought("Cara", "Formername", "OX1 1AA"))
    assert reply.patient is not None
    assert reply.patient.number == RENAMED
    assert reply.patient.names == (
        KnownName(given="Cara", family="Newname"),
        KnownName(given="Cara", family="Formername"),
    )


async def test_nothing_says_where_anybody_is_or_how_to_reach_them(port: Demographics) -> None:
    fields = set(Patient.__dataclass_fields__)
    assert fields == {"number", "version", "security", "names", "birth_date", "dead", "died_on", "death"}
    assert "Amy" not in repr(await port.retrieve(AMY))
