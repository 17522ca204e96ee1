"""What an HTTP answer of the service says. Pure; nothing of it is ever repeated in a fault's text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

import orjson
from stdnum.gb import nhs

from connectors.nhs.pds.errors import Away, Busy, Denied, Garbled, Stale, Unfit
from connectors.nhs.pds.port import Patient, Reply
from schemas.instants import london_day
from schemas.traces import KnownName, Result, Security

CODES: Final = "https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode"
DEATH: Final = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-DeathNotificationStatus"

_SECURITY: dict[str, Security] = {
    "U": "unrestricted",
    "R": "restricted",
    "V": "very-restricted",
    "REDACTED": "redacted",
}
_NOTICE: dict[str, Literal["formal", "informal"]] = {"1": "informal", "2": "formal"}
_REFUSED: dict[tuple[int, str], Result] = {
    (404, "INVALIDATED_RESOURCE"): "invalidated",
    (404, "RESOURCE_NOT_FOUND"): "not-found",
    (400, "INVALID_RESOURCE_ID"): "invalid-number",
}
_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TOO_MANY = "TOO_MANY_MATCHES"
_WAIT = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True, repr=False)
class Answered:
    """Status, the headers that matter, and the body. `retry_after` in seconds; `new_token`: made for this request."""

    status: int
    body: bytes
    etag: str | None = None
    retry_after: float | None = None
    new_token: bool = False


def read_patient(answered: Answered, asked: str) -> Reply:
    """The answer to a number; raises a PdsFault. 200 with another id than was asked: that number was superseded."""
    resource = _resource(answered)
    if answered.status != 200:
        return _refusal(answered.status, resource)
    patient = _patient(resource, answered.etag)
    return Reply("found" if patient.number == asked else "superseded", patient)


def read_search(answered: Answered) -> Reply:
    """The answer to a search; raises a PdsFault."""
    resource = _resource(answered)
    if answered.status != 200:
        return _refusal(answered.status, resource)
    if resource["resourceType"] == "OperationOutcome":
        if _TOO_MANY in _codes(resource):
            return Reply("many")
        raise Unfit("an OperationOutcome with 200 that says nothing known")
    if resource["resourceType"] != "Bundle" or resource.get("type") != "searchset":
        raise Unfit("the answer to a search is no searchset")
    found = [entry.get("resource") for entry in _objects(resource.get("entry"))]
    if len(found) != resource.get("total", len(found)):
        raise Unfit("a searchset whose total is not the number of its entries")
    if not found:
        return Reply("none")
    return Reply("many") if len(found) > 1 else Reply("found", _patient(found[0], None))


def _resource(answered: Answered) -> dict[str, Any]:
    """The resource in the body; raises the fault that the status, or a body that is no FHIR, comes to."""
    status, after = answered.status, answered.retry_after
    if status in _WAIT:
        raise Busy(f"the service asks us to wait ({status})", after)
    if status >= 500:
        raise Away(f"the service fails ({status})", after)
    if status == 401:
        raise (Denied if answered.new_token else Stale)("the service does not take our access token (401)")
    if status == 403:
        raise Denied("the service does not let us do this (403)", after)
    try:
        resource = orjson.loads(answered.body)
    except orjson.JSONDecodeError:
        raise Garbled(f"what answers ({status}) is not JSON") from None
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        raise Garbled(f"what answers ({status}) is not FHIR")
    return resource


def _refusal(status: int, resource: dict[str, Any]) -> Reply:
    if resource["resourceType"] != "OperationOutcome":
        raise Unfit(f"an answer ({status}) that is neither refusal nor resource")
    for code in _codes(resource):
        if result := _REFUSED.get((status, code)):
            return Reply(result)
    if status == 400:
        return Reply("refused")
    raise Garbled(f"what answers ({status}) is not the service: is the address right?")


def _patient(resource: Any, etag: str | None) -> Patient:
    if not isinstance(resource, dict) or resource.get("resourceType") != "Patient":
        raise Unfit("the answer is about no patient")
    number = resource.get("id")
    if not isinstance(number, str) or not re.fullmatch(r"\d{10}", number) or not nhs.is_valid(number):
        raise Unfit("a patient without an NHS number as id")
    meta = _object(resource.get("meta"))
    died = resource.get("deceasedDateTime")
    return Patient(
        number=number,
        version=_version(etag) or _version(f'"{meta.get("versionId")}"'),
        security=_security(meta),
        names=tuple(_names(resource)),
        birth_date=_day(resource.get("birthDate")),
        dead=died is not None or resource.get("deceasedBoolean") is True,
        died_on=_day(died),
        death=_notice(resource),
    )


def _version(etag: str | None) -> int | None:
    found = _ETAG.fullmatch(etag or "")
    return int(found[1]) if found else None


def _security(meta: dict[str, Any]) -> Security | None:
    """The strictest that is said; a code that is not known withholds too."""
    codes = [coding.get("code") for coding in _objects(meta.get("security"))]
    found = [_SECURITY.get(str(code), "restricted") for code in codes]
    return max(found, key=list(_SECURITY.values()).index, default=None)


def _names(resource: dict[str, Any]) -> Iterator[KnownName]:
    ranked = sorted(_objects(resource.get("name")), key=lambda name: name.get("use") != "usual")
    for name in ranked:
        given = name.get("given")
        words = [word for word in given if isinstance(word, str)] if isinstance(given, list) else []
        family = name.get("family")
        yield KnownName(given=" ".join(words) or None, family=family if isinstance(family, str) else None)


def _notice(resource: dict[str, Any]) -> Literal["formal", "informal"] | None:
    for extension in _objects(resource.get("extension")):
        if extension.get("url") == DEATH:
            for part in _objects(extension.get("extension")):
                for coding in _objects(_object(part.get("valueCodeableConcept")).get("coding")):
                    if notice := _NOTICE.get(str(coding.get("code"))):
                        return notice
    return None


def _day(value: Any) -> date | None:
    """A whole date, or the London day of an instant; a year or month alone is none."""
    if not isinstance(value, str):
        return None
    try:
        if _DATE.fullmatch(value):
            return date.fromisoformat(value)
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return london_day(instant) if instant.tzinfo is not None else None


def _codes(outcome: dict[str, Any]) -> list[str]:
    return [
        str(coding.get("code"))
        for issue in _objects(outcome.get("issue"))
        for coding in _objects(_object(issue.get("details")).get("coding"))
        if coding.get("system") == CODES
    ]


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
