"""Builds BaRS message bundles about advice for EHC needs assessments, as a trust would send them to the hub.

The hub's own synthetic messages, in the shape of the published ones: UK Core patient, ServiceRequest, Encounter, Task,
CarePlan, DocumentReference. No trust returns such advice by BaRS today, and no published use case covers it: the use
case and the codes for service and outcome are the hub's own (docs/connectors/bars.md).

Every GUID is made from the conversation's, so the same arguments give the same bytes.
"""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from schemas.bars import codes
from schemas.people import Person

Bundle = dict[str, Any]
Resource = dict[str, Any]

STANDARD = "1.1.0"
"""The version of the standard that these messages follow: Bundle.meta.versionId."""

ACCEPT = "application/fhir+json; version=1.1.0"
_UK_CORE = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-"
_BARS = "https://fhir.nhs.uk/StructureDefinition/"


@dataclass(frozen=True, slots=True)
class Conversation:
    """What all messages about one piece of advice share. `guid` is the ServiceRequest's and stays the same.

    `advice` and `request` are the hub's own references (`source/id`), as the trust echoes them, or None.
    """

    guid: str
    person: Person
    trust: str
    hub: str = "X9Z01"
    dos_service: str = "2000099999"
    heading: str = "medical"
    service: str | None = "speech-and-language"
    advice: str | None = None
    request: str | None = None
    use_case: str = codes.EHC_ADVICE

    def url(self, role: str) -> str:
        """The fullUrl of one entry."""
        return f"urn:uuid:{self.guid if role == 'service-request' else uuid5(UUID(self.guid), role)}"


def conversation_guid(*parts: object) -> str:
    """A GUID for a conversation from whatever makes it the one it is."""
    return str(uuid5(NAMESPACE_URL, "/".join(map(str, parts))))


def acknowledged(about: Conversation, at: datetime) -> Bundle:
    """The trust has the request and has given it to nobody yet."""
    return _response(about, at, "active", "in-progress", [_task(about, at, "received")])


def allocated(about: Conversation, at: datetime) -> Bundle:
    """A team of the trust has the work."""
    team = _entry(
        about,
        at,
        "care-team",
        {"resourceType": "CareTeam", "status": "active", "name": "Children's therapy team"},
        f"{_UK_CORE}CareTeam",
    )
    owner = {"owner": {"reference": about.url("care-team")}}
    return _response(about, at, "active", "in-progress", [_task(about, at, "in-progress", **owner), team])


def sent(about: Conversation, at: datetime, document: bool = True) -> Bundle:
    """The trust has given its advice, with the document attached or (False) by another way."""
    others = [_task(about, at, "completed")]
    if document:
        others.append(_document(about, at))
    return _response(about, at, "completed", "finished", others)


def not_known(about: Conversation, at: datetime) -> Bundle:
    """The trust does not know the child."""
    task = _task(about, at, "completed", businessStatus=_concept(codes.OUTCOMES, codes.NOT_KNOWN))
    return _response(about, at, "completed", "finished", [task])


def missed(about: Conversation, at: datetime, appointment_at: datetime) -> Bundle:
    """The family did not come to an appointment, and the trust hands the request back."""
    participant = {"actor": {"reference": about.url("patient")}, "status": "accepted"}
    appointment = {
        "resourceType": "Appointment",
        "status": "noshow",
        "start": appointment_at.isoformat(),
        "end": (appointment_at + timedelta(minutes=45)).isoformat(),
        "participant": [participant],
    }
    role = f"appointment-{appointment_at.isoformat()}"
    return _rejection(about, at, codes.MISSED, _entry(about, at, role, appointment, f"{_UK_CORE}Appointment"))


def returned(about: Conversation, at: datetime, reason: str = "wrong-service") -> Bundle:
    """The trust sends the request back; `reason` is a code."""
    return _rejection(about, at, reason)


def declined(about: Conversation, at: datetime, ground: str = "s31-incompatible-with-duties") -> Bundle:
    """The trust declines on a ground of CFA 2014 s31(3), with reasons in writing."""
    note = {"note": [{"text": "The written reasons are on their way."}]}
    task = _task(about, at, "rejected", statusReason=_concept(codes.OUTCOMES, ground), **note)
    return _response(about, at, "revoked", "cancelled", [task])


def response_withdrawn(about: Conversation, at: datetime, encounter: str = "finished") -> Bundle:
    """The trust takes back what it said while its encounter had the given status."""
    return _response(about, at, "entered-in-error", encounter, [_task(about, at, "entered-in-error")], reason="update")


def referral(about: Conversation, at: datetime, reason: str = "new") -> Bundle:
    """The trust tells of a referral of its own: a new request, or (`update`) a change to it."""
    plan = {
        "resourceType": "CarePlan",
        "status": "completed",
        "intent": "plan",
        "subject": _reference(about, "patient"),
    }
    others = [_entry(about, at, "care-plan", plan, f"{_UK_CORE}CarePlan")]
    return _message(about, at, codes.REQUEST, reason, "active", "finished", others)


def referral_withdrawn(about: Conversation, at: datetime, status: str = "revoked") -> Bundle:
    """The trust takes its referral back; `status` is revoked or entered-in-error."""
    return _message(about, at, codes.REQUEST, "update", status, "finished", [])


def headers(request_id: str, correlation_id: str, token: str | None = None) -> dict[str, str]:
    """The HTTP headers that go with a message."""
    software = base64.b64encode(b'{"vendor":"Synthetic","name":"Trust system","version":"1"}').decode()
    found = {
        "X-Request-Id": request_id,
        "X-Correlation-Id": correlation_id,
        "Content-Type": "application/fhir+json",
        "Accept": ACCEPT,
        "NHSD-Requesting-Software": software,
    }
    return found if token is None else found | {"Authorization": f"Bearer {token}"}


def _rejection(about: Conversation, at: datetime, reason: str, *others: Resource) -> Bundle:
    task = _task(about, at, "rejected", statusReason=_concept(codes.OUTCOMES, reason))
    return _response(about, at, "revoked", "cancelled", [task, *others])


def _response(
    about: Conversation,
    at: datetime,
    request: str,
    encounter: str,
    others: list[Resource],
    reason: str = "new",
) -> Bundle:
    return _message(about, at, codes.RESPONSE, reason, request, encounter, others)


def _message(
    about: Conversation,
    at: datetime,
    event: str,
    reason: str,
    request: str,
    encounter: str,
    others: list[Resource],
) -> Bundle:
    """Lay out one message: header first, then the request, the encounter, the people and bodies, and the rest."""
    entries = [
        _header(about, at, event, reason),
        _service_request(about, at, request),
        _encounter(about, at, encounter),
        _patient(about, at),
        _organisation(about, at, "trust", about.trust, "Synthetic NHS Trust"),
        _organisation(about, at, "hub", about.hub, "Synthetic Council SEND team"),
        *others,
    ]
    return {
        "resourceType": "Bundle",
        "id": str(uuid5(UUID(about.guid), f"bundle-{event}-{reason}-{request}-{encounter}-{at.isoformat()}")),
        "meta": {"versionId": STANDARD, "lastUpdated": _instant(at), "profile": [f"{_BARS}BARSBundleMessage"]},
        "type": "message",
        "timestamp": _instant(at),
        "entry": entries,
    }


def _header(about: Conversation, at: datetime, event: str, reason: str) -> Resource:
    response = event == codes.RESPONSE
    header: Resource = {
        "resourceType": "MessageHeader",
        "eventCoding": {"system": codes.EVENTS, "code": event},
        "destination": [
            {"endpoint": f"{codes.DOS_SERVICE}|{about.dos_service}", "receiver": _reference(about, "hub")},
        ],
        "sender": _reference(about, "trust"),
        "source": {"name": "Synthetic trust system", "endpoint": f"{codes.DOS_SERVICE}|2000011111"},
        "reason": _concept(codes.REASONS, reason),
        "focus": [_reference(about, "encounter" if response else "service-request")],
        "definition": f"{codes.MESSAGE_DEFINITION}bars-message-{event}-referral",
    }
    if response:
        header["response"] = {"identifier": str(uuid5(UUID(about.guid), "request")), "code": "ok"}
    return _entry(about, at, f"header-{event}-{at.isoformat()}", header, f"{_BARS}BARSMessageHeader-{event}")


def _service_request(about: Conversation, at: datetime, status: str) -> Resource:
    coding = [
        {"system": codes.CATEGORIES, "code": "referral"},
        {"system": codes.OWN_USE_CASES, "code": about.use_case},
    ]
    code = [{"system": codes.HEADINGS, "code": about.heading}]
    if about.service:
        code.append({"system": codes.SERVICES, "code": about.service})
    request: Resource = {
        "resourceType": "ServiceRequest",
        "status": status,
        "intent": "plan",
        "category": [{"coding": coding}],
        "code": {"coding": code},
        "subject": _reference(about, "patient"),
        "authoredOn": at.isoformat(),
        "performer": [_reference(about, "trust")],
    }
    based_on = [(codes.OUR_ADVICE, about.advice), (codes.OUR_REQUEST, about.request)]
    echoed = [{"identifier": {"system": system, "value": value}} for system, value in based_on if value]
    if echoed:
        request["basedOn"] = echoed
    return _entry(about, at, "service-request", request, f"{_BARS}BARSServiceRequest-request-referral")


def _encounter(about: Conversation, at: datetime, status: str) -> Resource:
    encounter = {
        "resourceType": "Encounter",
        "identifier": [{"system": "urn:sendhub:synthetic:case-number", "value": f"T-{about.guid[:8]}"}],
        "status": status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": _reference(about, "patient"),
    }
    return _entry(about, at, "encounter", encounter, f"{_UK_CORE}Encounter")


def _task(about: Conversation, at: datetime, status: str, **others: Any) -> Resource:
    task = {
        "resourceType": "Task",
        "status": status,
        "intent": "order",
        "focus": _reference(about, "service-request"),
        "for": _reference(about, "patient"),
        "lastModified": at.isoformat(),
        **others,
    }
    return _entry(about, at, "task", task, f"{_UK_CORE}Task")


def _document(about: Conversation, at: datetime) -> Resource:
    attachment = {"contentType": "application/pdf", "url": "https://trust.example/advice.pdf", "title": "Health advice"}
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "docStatus": "final",
        "subject": _reference(about, "patient"),
        "date": at.isoformat(),
        "content": [{"attachment": attachment}],
    }
    return _entry(about, at, "document", document, f"{_UK_CORE}DocumentReference")


def _patient(about: Conversation, at: datetime) -> Resource:
    person = about.person
    patient: Resource = {"resourceType": "Patient"}
    identifiers = [_nhs_number(person)] if person.nhs_number else []
    if person.id:
        identifiers.append({"system": f"urn:sendhub:synthetic:{about.trust}:patient", "value": person.id})
    names = {"use": "official", "family": person.family, "given": [person.given] if person.given else None}
    patient |= {
        "identifier": identifiers,
        "name": [{key: value for key, value in names.items() if value}] if person.given or person.family else None,
        "gender": person.sex,
        "birthDate": person.birth_date.isoformat() if person.birth_date else None,
        "address": [{"use": "home", "postalCode": person.postcode}] if person.postcode else None,
    }
    patient = {key: value for key, value in patient.items() if value}
    return _entry(about, at, "patient", patient, f"{_UK_CORE}Patient")


def _nhs_number(person: Person) -> Resource:
    identifier: Resource = {"system": codes.NHS_NUMBER[0], "value": person.nhs_number}
    if person.nhs_number_status:
        system = "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatus"
        status = _concept(system, person.nhs_number_status)
        identifier["extension"] = [{"url": codes.NHS_NUMBER_STATUS[0], "valueCodeableConcept": status}]
    return identifier


def _organisation(about: Conversation, at: datetime, role: str, ods: str, name: str) -> Resource:
    organisation = {
        "resourceType": "Organization",
        "identifier": [{"system": codes.ODS_CODE, "value": ods}],
        "name": name,
    }
    return _entry(about, at, role, organisation, f"{_UK_CORE}Organization")


def _entry(about: Conversation, at: datetime, role: str, resource: Resource, profile: str) -> Resource:
    meta = {"lastUpdated": _instant(at), "profile": [profile]}
    kind = resource["resourceType"]
    return {"fullUrl": about.url(role), "resource": {"resourceType": kind, "meta": meta, **resource}}


def _reference(about: Conversation, role: str) -> Resource:
    return {"reference": about.url(role)}


def _concept(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def _instant(at: datetime) -> str:
    """With seven fractional digits, as senders of BaRS write them."""
    text = at.isoformat(timespec="microseconds")
    return f"{text[:26]}0{text[26:]}"
