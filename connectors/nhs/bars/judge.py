"""Whether a message that is good FHIR is a BaRS message for us. Pure; faults name elements, never what was received."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.nhs.bars.callers import Caller
from connectors.nhs.bars.profile import Profile
from schemas.bars import Fault, Faulty, Meaning, Message, codes, meaning_of
from schemas.bars.message import instant_of, mappings, text_of
from schemas.instants import london_day
from schemas.scope import past_scope

_EVENTS = (codes.REQUEST, codes.RESPONSE)
_REASONS = ("new", "update", "delete")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No message is older than the systems that send them."""


class Refused(Exception):
    """The message is refused for good, with an HTTP status, a reason for the metric, and every fault found."""

    def __init__(self, status: int, reason: str, *faults: Fault) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Verdict:
    """A message that is taken. `out_of_scope` says why nothing of it is kept but its id."""

    message: Message
    meaning: Meaning
    record: str
    out_of_scope: str | None = None


def judge(value: object, profile: Profile, caller: Caller, now: datetime) -> Verdict:
    """Judge one bundle; raises Refused.

    Later questions are asked only when the earlier ones are answered: a message of another version, event or receiver
    is not searched for faults by our rules.
    """
    try:
        message = Message.of(value)
    except Faulty as error:
        raise Refused(400, "structure", *error.faults) from None
    _refuse(400, "header", _header_faults(message))
    _refuse(422, "version", _version_faults(message, profile))
    _refuse(422, "event", _event_faults(message))
    _refuse(403, "sender", _sender_faults(message, caller))
    _refuse(422, "receiver", _receiver_faults(message, profile))
    _refuse(422, "use-case", _use_case_faults(message, profile))
    _refuse(400, "content", _content_faults(message, profile, now))
    meaning, record = meaning_of(message, profile.rows), message.record
    if meaning is None or record is None:
        raise Refused(400, "workflow", _workflow_fault())
    born = message.birth_date
    out = "past-25" if born and past_scope(born, london_day(now)) else None
    return Verdict(message, meaning, record, out)


def _refuse(status: int, reason: str, faults: Iterator[Fault]) -> None:
    if found := tuple(faults):
        raise Refused(status, reason, *found)


def _header_faults(message: Message) -> Iterator[Fault]:
    header = message.header.resource
    if message.version_id is None:
        yield Fault("invariant", "Bundle.meta.versionId", "is required: it says which version of the standard is used")
    if message.event is None:
        yield Fault("invalid", "MessageHeader.eventCoding", "must be of the BaRS event system")
    if message.reason is None:
        yield Fault("required", "MessageHeader.reason", "is required, of the BaRS reason system")
    elif message.reason not in _REASONS:
        yield Fault("value", "MessageHeader.reason", f"must be one of {', '.join(_REASONS)}")
    if not (text_of(header.get("definition")) or "").startswith(codes.MESSAGE_DEFINITION):
        yield Fault("invariant", "MessageHeader.definition", "must name a BaRS MessageDefinition")
    if not list(mappings(header.get("destination"))):
        yield Fault("required", "MessageHeader.destination", "is required")
    if not list(mappings(header.get("focus"))):
        yield Fault("required", "MessageHeader.focus", "is required")


def _version_faults(message: Message, profile: Profile) -> Iterator[Fault]:
    if message.version_id not in profile.versions:
        supported = ", ".join(sorted(profile.versions))
        yield Fault("not-supported", "Bundle.meta.versionId", f"versions taken here: {supported}")


def _event_faults(message: Message) -> Iterator[Fault]:
    if message.event not in _EVENTS:
        yield Fault("not-supported", "MessageHeader.eventCoding", f"events taken here: {', '.join(_EVENTS)}")


def _sender_faults(message: Message, caller: Caller) -> Iterator[Fault]:
    if caller.ods and message.sender not in caller.ods:
        yield Fault("forbidden", "MessageHeader.sender", "is not a body that this caller may speak for")


def _receiver_faults(message: Message, profile: Profile) -> Iterator[Fault]:
    if profile.ods_codes and not profile.ods_codes & set(message.receivers):
        yield Fault("not-supported", "MessageHeader.destination.receiver", "is not this receiver")
    if profile.services and not profile.services & set(message.services):
        yield Fault("not-supported", "MessageHeader.destination.endpoint", "is no service of this receiver")


def _use_case_faults(message: Message, profile: Profile) -> Iterator[Fault]:
    if profile.use_cases and not profile.use_cases & set(message.use_cases):
        yield Fault("not-supported", "ServiceRequest.category", "the use case is not taken here")


def _content_faults(message: Message, profile: Profile, now: datetime) -> Iterator[Fault]:
    latest = now + timedelta(seconds=profile.clock_skew)
    if message.service_request is None:
        yield Fault("invariant", "Bundle.entry", "a ServiceRequest is required")
        return
    for item in mappings(message.header.resource.get("focus")):
        if message.find(text_of(item.get("reference"))) is None:
            yield Fault("invariant", "MessageHeader.focus", "points to no entry of the bundle")
    if message.event == codes.RESPONSE and message.response_to is None:
        yield Fault("required", "MessageHeader.response.identifier", "is required in a response")
    if message.record is None:
        yield Fault("invalid", "Bundle.entry.fullUrl", "the ServiceRequest's must be a urn:uuid")
    if message.updated is None:
        yield Fault("required", "ServiceRequest.meta.lastUpdated", "is required, with a time zone")
    if message.patient is None:
        yield Fault("invariant", "ServiceRequest.subject", "must point to a Patient of the bundle")
    if message.birth_date and message.birth_date > london_day(latest):
        yield Fault("value", "Patient.birthDate", "is in the future")
    for element, written in _instants(message):
        instant = instant_of(written)
        if instant and not _EARLIEST <= instant <= latest:
            yield Fault("value", element, "is in the future, or long past: is the sender's clock right?")


def _instants(message: Message) -> Iterator[tuple[str, str | None]]:
    """The instants that become the order of versions and the day of an event."""
    yield "meta.lastUpdated", message.updated[1] if message.updated else None
    if request := message.service_request:
        yield "ServiceRequest.authoredOn", text_of(request.resource.get("authoredOn"))
    for task in message.all("Task"):
        yield "Task.lastModified", text_of(task.resource.get("lastModified"))
    for appointment in message.all("Appointment"):
        if appointment.status == "noshow":
            yield "Appointment.start", text_of(appointment.resource.get("start"))


def _workflow_fault() -> Fault:
    """The parser does not check that a status is one of FHIR's codes, so none is repeated here."""
    return Fault(
        "invariant",
        "Bundle",
        "event, reason, and the statuses of ServiceRequest, CarePlan and Encounter are no combination of the standard",
    )
