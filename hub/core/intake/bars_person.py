"""The patient of a BaRS message as a person: as received, nothing corrected."""

from typing import Any

from hub.core.identity.numbers import nhs_number
from schemas.bars import Message, codes
from schemas.bars.message import Entry, identifier_values, mapping, mappings, text_of
from schemas.people import NhsNumberStatus, Person

_NUMBERED: tuple[NhsNumberStatus, ...] = ("01", "02", "03", "04", "05", "06", "07", "08")
_STATUSES = {code: code for code in _NUMBERED} | codes.VERIFICATION


def person_of(message: Message) -> tuple[Person, list[str]]:
    """The person as the message has them, nothing corrected, and what is doubtful about the NHS number."""
    patient = message.patient
    if patient is None:
        return Person(), []
    number, status, doubts = _nhs_number(patient)
    name = _first(patient.resource.get("name"), "official", "usual")
    address = _first(patient.resource.get("address"), "home")
    given = name.get("given")
    person = Person(
        id=_local_id(patient),
        nhs_number=number,
        nhs_number_status=status,
        given=" ".join(filter(None, map(text_of, given))) or None if isinstance(given, list) else None,
        family=text_of(name.get("family")),
        birth_date=message.birth_date,
        sex=text_of(patient.resource.get("gender")),
        postcode=text_of(address.get("postalCode")),
    )
    return person, doubts


def _nhs_number(patient: Entry) -> tuple[str | None, NhsNumberStatus | None, list[str]]:
    """Number, verification status and doubts. Of two different numbers neither is vouched for."""
    numbers = list(identifier_values(patient, *codes.NHS_NUMBER))
    if not numbers:
        return None, None, []
    if len(set(numbers)) > 1:
        return numbers[0], None, ["two different NHS numbers: ask the sender which is right"]
    doubt = [] if nhs_number(numbers[0]) else ["the NHS number fails its check: ask the sender for the right one"]
    return numbers[0], _verification(patient), doubt


def _verification(patient: Entry) -> NhsNumberStatus | None:
    for identifier in patient.identifiers():
        if not _is_nhs_number(identifier):
            continue
        for extension in mappings(identifier.get("extension")):
            if extension.get("url") not in codes.NHS_NUMBER_STATUS:
                continue
            for coding in mappings(mapping(extension.get("valueCodeableConcept")).get("coding")):
                if found := _STATUSES.get(text_of(coding.get("code")) or ""):
                    return found
    return None


def _local_id(patient: Entry) -> str | None:
    """The sender's own key for the person: an identifier with a system that is not the NHS number's."""
    for identifier in patient.identifiers():
        system, value = text_of(identifier.get("system")), text_of(identifier.get("value"))
        if system and value and not _is_nhs_number(identifier):
            return f"{system}|{value}"
    return None


def _is_nhs_number(identifier: dict[str, Any]) -> bool:
    return any(codes.same_system(identifier.get("system"), each) for each in codes.NHS_NUMBER)


def _first(items: Any, *uses: str) -> dict[str, Any]:
    found = [item for item in mappings(items) if item.get("use") != "old"]
    ranked = sorted(found, key=lambda item: uses.index(item["use"]) if item.get("use") in uses else len(uses))
    return ranked[0] if ranked else {}
