"""The service's twin in memory: synthetic people, and the behaviour that the reference and the published examples show.

What it says, it says as the service does (status, ETag, FHIR), so that one reading serves both.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import orjson
from stdnum.gb import nhs

from connectors.nhs.pds.port import Reply, Sought
from connectors.nhs.pds.query import query_of
from connectors.nhs.pds.reading import CODES, Answered, read_patient, read_search

Resource = dict[str, Any]

_WITHHELD = ("address", "telecom", "generalPractitioner")
_RESTRICTED = frozenset({"R", "V", "REDACTED"})
_KNOWN = frozenset(
    {"given", "family", "birthdate", "address-postalcode", "general-practitioner", "gender"}
    | {"_fuzzy-match", "_exact-match", "_history", "_max-results"}
)


@dataclass
class MemoryPds:
    """`patients` by number; `superseded` numbers and those they became; `withdrawn` numbers."""

    patients: dict[str, Resource] = field(default_factory=dict)
    superseded: dict[str, str] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, patients: Iterable[Resource]) -> "MemoryPds":
        """With these Patient resources."""
        return cls({patient["id"]: patient for patient in patients})

    async def retrieve(self, number: str) -> Reply:
        """See Demographics."""
        return read_patient(self.get(number), number)

    async def search(self, sought: Sought) -> Reply:
        """See Demographics."""
        return read_search(self.find(dict(query_of(sought))))

    def get(self, number: str) -> Answered:
        """`GET /Patient/{number}`."""
        if len(number) != 10 or not number.isascii() or not nhs.is_valid(number):
            return _refused(400, "value", "INVALID_RESOURCE_ID")
        if number in self.withdrawn:
            return _refused(404, "processing", "INVALIDATED_RESOURCE")
        patient = self.patients.get(self.superseded.get(number, number))
        if patient is None or "REDACTED" in _security(patient):
            return _refused(404, "not-found", "RESOURCE_NOT_FOUND")
        return Answered(200, orjson.dumps(_shown(patient)), etag=f'W/"{patient["meta"]["versionId"]}"')

    def find(self, query: Mapping[str, str]) -> Answered:
        """`GET /Patient?…` for an application without a person: one match, or none."""
        if query.get("_max-results", "1") != "1":
            return _refused(403, "forbidden", "ACCESS_DENIED")
        if not query.get("family") or not query.get("birthdate"):
            return _refused(400, "required", "TOO_FEW_VALUES_SUBMITTED")
        if not query.keys() <= _KNOWN:
            return _refused(400, "value", "ADDITIONAL_PROPERTIES")
        found = [patient for patient in self.patients.values() if _fits(patient, query)]
        if len(found) > 1:
            return _refused(200, "multiple-matches", "TOO_MANY_MATCHES")
        entries = [{"resource": _shown(patient), "search": {"score": 1}} for patient in found]
        bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": entries}
        return Answered(200, orjson.dumps(bundle if found else {**bundle, "entry": []}))


def _refused(status: int, issue: str, code: str) -> Answered:
    coding = {"system": CODES, "version": "1", "code": code}
    found = {"severity": "error", "code": issue, "details": {"coding": [coding]}}
    return Answered(status, orjson.dumps({"resourceType": "OperationOutcome", "issue": [found]}))


def _shown(patient: Resource) -> Resource:
    """Of a restricted person nothing says where they are."""
    shown = deepcopy(patient)
    if _security(patient) & _RESTRICTED:
        for name in _WITHHELD:
            shown.pop(name, None)
    return shown


def _security(patient: Resource) -> set[str]:
    return {coding["code"] for coding in patient.get("meta", {}).get("security", [])}


def _fits(patient: Resource, query: Mapping[str, str]) -> bool:
    security = _security(patient)
    by_place = "address-postalcode" in query or "general-practitioner" in query
    if "REDACTED" in security or (by_place and security & _RESTRICTED):
        return False
    if patient.get("birthDate") != query["birthdate"].removeprefix("eq"):
        return False
    history = query.get("_history") == "true"
    return _named(patient, query, history) and _lives(patient, query, history)


def _named(patient: Resource, query: Mapping[str, str], history: bool) -> bool:
    """One and the same name has to fit; without history only the one in use."""
    names = [name for name in patient.get("name", []) if history or _in_use(name)]
    return any(
        _like(query["family"], name.get("family", ""))
        and ("given" not in query or any(_like(query["given"], given) for given in name.get("given", [])))
        for name in names
    )


def _lives(patient: Resource, query: Mapping[str, str], history: bool) -> bool:
    if "address-postalcode" not in query:
        return True
    places = [address for address in patient.get("address", []) if history or _in_use(address)]
    return any(_like(query["address-postalcode"], address.get("postalCode", "")) for address in places)


def _in_use(item: Resource) -> bool:
    return item.get("use") != "old" and "end" not in item.get("period", {})


def _like(wanted: str, value: str) -> bool:
    """Whole and without regard to case; `*` at the end stands for anything."""
    wanted, value = ("".join(text.split()).casefold() for text in (wanted, value))
    return value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted
