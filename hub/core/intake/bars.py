"""What a BaRS message says, as observations. Pure, over plain JSON: the connector has judged the message before.

Documented in docs/connectors/bars.md. What is chosen here, and why:

* The record is the GUID of the ServiceRequest's fullUrl, which BaRS keeps through a conversation (`Message.record`).
* The version is the newest meta.lastUpdated of the resources that carry the meaning, in microseconds. BaRS writes seven
  fractional digits: two messages within one microsecond have the same version, and then the rule for any two messages
  of one version holds. The raw message keeps all seven.
* The day of an event is the London day of Task.lastModified, when the trust's task changed its status; without a task
  it is that of the newest meta.lastUpdated. Not our own clock's: a repeat must not move the day.
* Free text is never carried over: a reason is a code.
"""

import re
from datetime import datetime
from typing import Any, get_args

import orjson

from hub.core.errors import Unreadable
from hub.core.intake.bars_person import person_of
from hub.core.intake.decoded import Decoded
from schemas.bars import Faulty, Meaning, Message, codes, meaning_of
from schemas.bars.message import Entry, codings, instant_of, mapping, mappings, text_of
from schemas.envelope import Envelope
from schemas.ids import digest
from schemas.instants import london_day, microseconds
from schemas.kinds import Heading, Service, data_errors
from schemas.people import Person
from schemas.references import reference_problem
from schemas.reviews import ReviewTask
from schemas.scope import past_scope
from schemas.sources import Source
from schemas.statements import Observation, Subject

_FULL_ID = re.compile(r"[^\s/]{1,120}/\S{1,79}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.-]{0,49}")
_ODS = re.compile(r"[A-Z0-9]{1,12}")
_ICB = re.compile(r"Q[A-Z0-9]{2}")
"""An integrated care board's ODS code: three characters that begin with Q, as QU9."""

_PERFORMERS = {"HealthcareService", "Practitioner", "PractitionerRole", "CareTeam"}

Said = tuple[str, dict[str, Any]]
"""A kind and its data."""


def decode(envelope: Envelope, value: bytes, source: Source) -> Decoded:
    """The observations in one message bundle.

    Raises Unreadable for a message that can never be read: the connector lets none through, but what is on the topic
    is read again years of versions later.
    """
    message = _read(value)
    born = message.birth_date
    if born and past_scope(born, london_day(envelope.time)):
        return Decoded(out_of_scope=True, reason="past-25")
    meaning = meaning_of(message)
    updated, record = message.updated, message.record
    if meaning is None or updated is None or record is None:
        raise Unreadable([("Bundle", "no meaning, no meta.lastUpdated, or no GUID as the ServiceRequest's fullUrl")])
    person, doubts = person_of(message)
    if _coded(message, codes.HEADINGS) and not _heading(message):
        doubts.append("the heading is none of regulation 6: ask the sender which it is")
    observations = tuple(
        _observation(envelope, source, message, said, record, updated[0], person, meaning)
        for said in _said(message, meaning)
    )
    reviews = tuple(_review(envelope, source, record, doubt) for doubt in doubts)
    return Decoded(observations=observations, reviews=reviews)


def _read(value: bytes) -> Message:
    try:
        return Message.of(orjson.loads(value))
    except orjson.JSONDecodeError as error:
        raise Unreadable([("Bundle", "not JSON")]) from error
    except Faulty as error:
        raise Unreadable([(fault.element, fault.text) for fault in error.faults]) from error


def _observation(
    envelope: Envelope,
    source: Source,
    message: Message,
    said: Said,
    record: str,
    updated: datetime,
    person: Person,
    meaning: Meaning,
) -> Observation:
    kind, data = said
    if errors := data_errors(kind, data):
        raise Unreadable(errors)
    missed = _missed(message) if kind == "advice.appointment-missed" else None
    return Observation(
        kind=kind,
        source=source.id,
        record=record,
        version=microseconds(updated),
        occurrence=_occurrence(missed),
        subject=_subject(message, kind, record, person),
        effective_on=data.get("appointment_on") or london_day(_happened(message, kind) or updated),
        recorded_at=updated,
        received_at=envelope.time,
        retracted=meaning in ("request-withdrawn", "response-withdrawn"),
        data=data,
        person=person,
        message=envelope.id,
    )


def _said(message: Message, meaning: Meaning) -> list[Said]:
    if meaning in ("requested", "request-withdrawn"):
        return [("health.referred", _some(service=_service(message), by=_by(message)))]
    if meaning == "interim":
        return [_acknowledged(message)]
    if meaning == "final":
        return _sent(message)
    if meaning == "rejected":
        return [_rejected(message)]
    return _taken_back(message)


def _acknowledged(message: Message) -> Said:
    kind = "advice.allocated" if _performer(message) else "advice.acknowledged"
    return kind, _answer(message)


def _sent(message: Message) -> list[Said]:
    """Sent by the body, and received too where the document, or word that the child is not known, came with it."""
    said: list[Said] = [("advice.sent-by-body", _answer(message))]
    documents = [each for each in message.all("DocumentReference") if each.status == "current" and _attached(each)]
    not_known = codes.NOT_KNOWN in _outcomes(message)
    if documents or not_known:
        preliminary = documents and all(each.resource.get("docStatus") == "preliminary" for each in documents)
        answer = _answer(message)
        received = {"from": answer.pop("by", None), **answer, "not_known": not_known, "final": not preliminary}
        said.append(("advice.received", _some(**received)))
    return said


def _rejected(message: Message) -> Said:
    missed, outcomes = _missed(message), _outcomes(message)
    if missed or codes.MISSED in outcomes:
        start = instant_of(missed.resource.get("start")) if missed else None
        on = london_day(start).isoformat() if start else None
        return "advice.appointment-missed", _some(appointment_on=on, made_by=_by(message))
    for outcome in outcomes:
        if ground := codes.DECLINED.get(outcome):
            return "advice.declined", {"ground": ground, "reasons_given": _gives_reasons(message)}
    return "advice.returned", _some(reason=next(iter(outcomes), None))


def _taken_back(message: Message) -> list[Said]:
    """What the withdrawn response had said: its encounter tells which kinds, and each may have been stated."""
    encounter = message.encounter
    status = encounter.status if encounter else ""
    if status in ("planned", "arrived", "in-progress"):
        kinds = ["advice.acknowledged", "advice.allocated"]
    elif status == "cancelled":
        return [_rejected(message)]
    else:
        kinds = ["advice.sent-by-body", "advice.received"]
    return [(kind, {}) for kind in kinds]


def _performer(message: Message) -> bool:
    """Whether somebody in particular has the work: a person, a team or a named service, not just the trust."""
    request = message.service_request
    references = [text_of(item.get("reference")) for item in mappings(request and request.resource.get("performer"))]
    references += [task.reference("owner") for task in message.all("Task")]
    found = (message.find(reference) for reference in references)
    return any(entry is not None and entry.kind in _PERFORMERS for entry in found)


def _answer(message: Message) -> dict[str, Any]:
    return _some(by=_by(message), heading=_heading(message), service=_service(message))


def _by(message: Message) -> dict[str, str] | None:
    ods = message.sender
    if not ods or not _ODS.fullmatch(ods):
        return None
    return {"role": "icb" if _ICB.fullmatch(ods) else "trust", "ods": ods}


def _heading(message: Message) -> str | None:
    found = _coded(message, codes.HEADINGS)
    return found if found in get_args(Heading) else None


def _service(message: Message) -> str | None:
    found = _coded(message, codes.SERVICES)
    return "other" if found and found not in get_args(Service) else found


def _coded(message: Message, system: str) -> str | None:
    request = message.service_request
    return next(codings(request.resource.get("code"), system), None) if request else None


def _outcomes(message: Message) -> list[str]:
    """Codes of the hub's own system in Task.statusReason and Task.businessStatus."""
    found = [
        code
        for task in message.all("Task")
        for element in ("statusReason", "businessStatus")
        for code in codings(task.resource.get(element), codes.OUTCOMES)
    ]
    return [code for code in found if _CODE.fullmatch(code) and not reference_problem(code)]


def _gives_reasons(message: Message) -> bool:
    """Whether reasons came along, as the task's note or its reason in words; the words are not carried over."""
    tasks = [task.resource for task in message.all("Task")]
    return any(
        list(mappings(task.get("note"))) or text_of(mapping(task.get("statusReason")).get("text")) for task in tasks
    )


def _missed(message: Message) -> Entry | None:
    return next((each for each in message.all("Appointment") if each.status == "noshow"), None)


def _occurrence(missed: Entry | None) -> str:
    """One missed appointment is told apart from the next by its GUID, else by its time."""
    return "" if missed is None else missed.guid or text_of(missed.resource.get("start")) or ""


def _attached(document: Entry) -> bool:
    contents = (mapping(content.get("attachment")) for content in mappings(document.resource.get("content")))
    return any(text_of(each.get("data")) or text_of(each.get("url")) for each in contents)


def _happened(message: Message, kind: str) -> datetime | None:
    request = message.service_request
    if kind == "health.referred" and request:
        return instant_of(request.resource.get("authoredOn"))
    found = [instant_of(task.resource.get("lastModified")) for task in message.all("Task")]
    return max((instant for instant in found if instant), default=None)


def _subject(message: Message, kind: str, record: str, person: Person) -> Subject:
    """Our own references as the sender echoes them; for advice without one, the sender's own record."""
    advice, request = _echoed(message, codes.OUR_ADVICE, person), _echoed(message, codes.OUR_REQUEST, person)
    if kind.startswith("advice."):
        return Subject(request=request, advice=advice or record)
    return Subject(request=request, advice=advice)


def _echoed(message: Message, system: str, person: Person) -> str | None:
    """Our reference, `source/id`, wherever a conversation may carry it.

    Anything of another form is no reference, nor is a number or name of the patient: it would be kept for ever.
    """
    known = person.model_dump(mode="json")
    for identifier in _identifiers(message):
        value = text_of(identifier.get("value"))
        if not value or not codes.same_system(identifier.get("system"), system) or not _FULL_ID.fullmatch(value):
            continue
        if not reference_problem(value, known) and not reference_problem(value.partition("/")[2], known):
            return value
    return None


def _identifiers(message: Message) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for kind in ("ServiceRequest", "Task", "Encounter"):
        for entry in message.all(kind):
            found += entry.identifiers()
            found.append(mapping(entry.resource.get("requisition")))
            found += [mapping(item.get("identifier")) for item in mappings(entry.resource.get("basedOn"))]
    return found


def _review(envelope: Envelope, source: Source, record: str, doubt: str) -> ReviewTask:
    return ReviewTask(
        id=digest("data", source.id, record, doubt),
        question="data",
        state="open",
        source=source.id,
        record=record,
        message=envelope.id,
        detail=doubt,
        opened_on=london_day(envelope.time),
        asked_at=envelope.time,
    )


def _some(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
