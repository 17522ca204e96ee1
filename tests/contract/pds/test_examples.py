"""The published examples of the PDS FHIR API are read as what they are, and the twin answers like them."""

from pathlib import Path

import orjson
import pytest
from stdnum.gb import nhs

from connectors.nhs.pds.errors import Unfit
from connectors.nhs.pds.reading import Answered, read_patient, read_search
from connectors.nhs.pds.twin import MemoryPds
from schemas.traces import Result

ERRORS = "karate-tests/src/test/java/mocks/stubs/errorResponses"
PATIENTS = "karate-tests/src/test/java/mocks/stubs/patientResponses"
SEARCHES = "karate-tests/src/test/java/mocks/stubs/searchResponses"
SANDBOX = ("9000000009", "9000000025", "9000000033")


@pytest.fixture
def examples(shared: Path) -> Path:
    folder = shared / "fhir" / "pds-api-json"
    if not folder.is_dir():
        pytest.skip("third-party examples are absent: no fhir/pds-api-json")
    return folder


@pytest.mark.needs_shared
def test_every_published_patient_is_found_under_its_number(examples: Path) -> None:
    files = sorted((examples / PATIENTS).glob("*.json"))
    assert len(files) >= 10
    for file in files:
        number = orjson.loads(file.read_bytes())["id"]
        reply = read_patient(Answered(200, file.read_bytes()), number)
        assert (reply.result, reply.patient and reply.patient.number) == ("found", number), file.name
        assert reply.patient is not None
        assert reply.patient.version, file.name
        assert reply.patient.security, file.name


@pytest.mark.needs_shared
def test_every_published_searchset_is_one_none_or_many(examples: Path) -> None:
    for file in sorted((examples / SEARCHES).glob("*.json")):
        body = orjson.loads(file.read_bytes())
        if body["resourceType"] not in ("Bundle", "OperationOutcome"):
            continue
        total = body.get("total", 2)
        if not all(nhs.is_valid(entry["resource"]["id"]) for entry in body.get("entry", [])):
            # Two examples are about a number whose check digit is wrong: no number is taken that can't be one.
            with pytest.raises(Unfit):
                read_search(Answered(200, file.read_bytes()))
            continue
        expected: Result = "none" if total == 0 else "found" if total == 1 else "many"
        assert read_search(Answered(200, file.read_bytes())).result == expected, file.name


@pytest.mark.needs_shared
@pytest.mark.parametrize(
    ("name", "status", "result"),
    [
        ("INVALIDATED_RESOURCE", 404, "invalidated"),
        ("RESOURCE_NOT_FOUND", 404, "not-found"),
        ("INVALID_RESOURCE_ID", 400, "invalid-number"),
    ],
)
def test_published_refusals_are_told_apart(examples: Path, name: str, status: int, result: str) -> None:
    body = (examples / ERRORS / f"{name}.json").read_bytes()
    assert read_patient(Answered(status, body), "9990000018").result == result


@pytest.mark.needs_shared
async def test_the_twin_answers_like_the_sandbox(examples: Path) -> None:
    patients = {n: orjson.loads((examples / PATIENTS / f"patient_{n}.json").read_bytes()) for n in SANDBOX}
    twin = MemoryPds.of(patients.values())
    for number in SANDBOX:
        published = (examples / PATIENTS / f"patient_{number}.json").read_bytes()
        assert await twin.retrieve(number) == read_patient(Answered(200, published), number)
    assert (await twin.retrieve("9111231130")).result == "not-found"
    restricted = orjson.loads(twin.get("9000000025").body)
    assert {"address", "telecom", "generalPractitioner"}.isdisjoint(restricted)
    query = {"family": "Smythe", "given": "Jan*", "birthdate": "eq2010-10-22", "_history": "true"}
    assert read_search(twin.find(query)).result == "found"
    assert read_search(twin.find(query | {"address-postalcode": "LS*"})).result == "none"
    assert read_search(twin.find({"family": "Smythe", "birthdate": "eq2010-10-23"})).result == "none"


@pytest.mark.needs_shared
def test_the_published_superseded_answer_is_about_another_number(examples: Path) -> None:
    file = examples / SEARCHES / "cuff_superseded_searchset.json"
    found = orjson.loads(file.read_bytes())["entry"][0]["resource"]
    reply = read_patient(Answered(200, orjson.dumps(found), 'W/"7"'), "9990000018")
    assert (reply.result, reply.patient and reply.patient.version) == ("superseded", 7)
