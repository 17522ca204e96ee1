"""A thin reader of a BaRS message bundle over plain JSON. It judges nothing but that the parts it needs are there.

Elements of a wrong type read as absent: the connector has let fhir.resources judge the types before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from schemas.bars import codes
from schemas.bars.fault import Fault, Faulty

Resource = dict[str, Any]

_UUID = re.compile(r"urn:uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the bundle. `url` is its fullUrl, by which the other entries refer to it."""

    url: str
    resource: Resource

    @property
    def kind(self) -> str:
        """The resource's type."""
        return text_of(self.resource.get("resourceType")) or ""

    @property
    def guid(self) -> str | None:
        """The GUID of a fullUrl of the form `urn:uuid:`, in lower case."""
        match = _UUID.fullmatch(self.url)
        return match[1].lower() if match else None

    @property
    def status(self) -> str:
        """The resource's status, empty when it has none."""
        return text_of(self.resource.get("status")) or ""

    @property
    def last_updated(self) -> str | None:
        """meta.lastUpdated as written: up to seven fractional digits, of which an instant keeps six."""
        return text_of(mapping(self.resource.get("meta")).get("lastUpdated"))

    def reference(self, name: str) -> str | None:
        """Where the element of that name points to."""
        return text_of(mapping(self.resource.get(name)).get("reference"))

    def identifiers(self) -> Iterator[Resource]:
        """The resource's own business identifiers."""
        yield from mappings(self.resource.get("identifier"))


@dataclass(frozen=True, slots=True)
class Message:
    """A message bundle whose first entry is its MessageHeader."""

    bundle: Resource
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, value: object) -> "Message":
        """Read a bundle; raises Faulty when it is no message with a header and a focus among its entries."""
        bundle = mapping(value)
        if bundle.get("resourceType") != "Bundle":
            raise Faulty(Fault("structure", "Bundle", "not a Bundle"))
        if bundle.get("type") != "message":
            raise Faulty(Fault("invariant", "Bundle.type", "only a bundle of type message is processed"))
        entries = tuple(
            Entry(text_of(entry.get("fullUrl")) or "", mapping(entry.get("resource")))
            for entry in mappings(bundle.get("entry"))
        )
        if not entries or entries[0].kind != "MessageHeader":
            raise Faulty(Fault("invariant", "Bundle.entry[0]", "the first entry must be the MessageHeader"))
        urls = [entry.url for entry in entries if entry.url]
        if len(set(urls)) != len(urls):
            raise Faulty(Fault("invariant", "Bundle.entry.fullUrl", "two entries have the same fullUrl"))
        return cls(bundle, entries)

    @property
    def header(self) -> Entry:
        """The MessageHeader."""
        return self.entries[0]

    def all(self, kind: str) -> tuple[Entry, ...]:
        """The entries of one resource type, in the bundle's order."""
        return tuple(entry for entry in self.entries if entry.kind == kind)

    def find(self, reference: str | None) -> Entry | None:
        """The entry that a reference means: by fullUrl, else by `Type/id`."""
        if not reference:
            return None
        for entry in self.entries:
            if entry.url == reference or f"{entry.kind}/{entry.resource.get('id')}" == reference:
                return entry
        return None

    @property
    def version_id(self) -> str | None:
        """Bundle.meta.versionId: the version of the standard that the message follows."""
        return text_of(mapping(self.bundle.get("meta")).get("versionId"))

    @property
    def event(self) -> str | None:
        """The event's code, None unless it is of the BaRS event system."""
        coding = mapping(self.header.resource.get("eventCoding"))
        return text_of(coding.get("code")) if codes.same_system(coding.get("system"), codes.EVENTS) else None

    @property
    def reason(self) -> str | None:
        """new, update or delete; None unless it is of the BaRS reason system."""
        return next(codings(self.header.resource.get("reason"), codes.REASONS), None)

    @property
    def response_to(self) -> str | None:
        """The message that a response answers."""
        return text_of(mapping(self.header.resource.get("response")).get("identifier"))

    @property
    def focus(self) -> tuple[Entry, ...]:
        """What the header points to, as far as it is in the bundle."""
        found = (self.find(text_of(item.get("reference"))) for item in mappings(self.header.resource.get("focus")))
        return tuple(entry for entry in found if entry)

    @property
    def service_request(self) -> Entry | None:
        """The ServiceRequest the message is about: the focus, else the only one there can be."""
        focused = [entry for entry in self.focus if entry.kind == "ServiceRequest"]
        return next(iter(focused or self.all("ServiceRequest")), None)

    @property
    def encounter(self) -> Entry | None:
        """The encounter that tells how far the sender has come.

        A request has one. A response carries the requester's, which the ServiceRequest names, and the responder's:
        the focus, else the one that the ServiceRequest does not name, else the one updated last.
        """
        found = self.all("Encounter")
        focused = [entry for entry in self.focus if entry.kind == "Encounter"]
        request = self.service_request
        named = request.reference("encounter") if request else None
        if self.event != codes.RESPONSE:
            return self.find(named) or next(iter(found), None)
        others = [entry for entry in found if entry.url != named]
        choice = focused or (others if named else []) or list(found)
        return max(reversed(choice), key=_updated_at, default=None)

    @property
    def patient(self) -> Entry | None:
        """The patient of the ServiceRequest, else the only one."""
        request = self.service_request
        subject = self.find(request.reference("subject")) if request else None
        if subject and subject.kind == "Patient":
            return subject
        patients = self.all("Patient")
        return patients[0] if len(patients) == 1 else None

    @property
    def birth_date(self) -> date | None:
        """The patient's date of birth when it is a whole date."""
        patient = self.patient
        return day_of(patient.resource.get("birthDate")) if patient else None

    @property
    def categories(self) -> tuple[str, ...]:
        """Message categories of the ServiceRequest: referral, validation."""
        return tuple(self._category(codes.CATEGORIES))

    @property
    def use_cases(self) -> tuple[str, ...]:
        """Use cases of the ServiceRequest, the published ones and the hub's own."""
        return (*self._category(codes.USE_CASES), *self._category(codes.OWN_USE_CASES))

    def _category(self, system: str) -> Iterator[str]:
        if request := self.service_request:
            for concept in mappings(request.resource.get("category")):
                yield from codings(concept, system)

    @property
    def record(self) -> str | None:
        """The GUID of the ServiceRequest's fullUrl, which BaRS keeps through a whole conversation.

        Not Bundle.id, which published conversations reuse, and not a case number: a sender may have put an NHS number
        there, and the record is kept right of identity.
        """
        request = self.service_request
        return request.guid if request else None

    @property
    def updated(self) -> tuple[datetime, str] | None:
        """The newest meta.lastUpdated among the resources that carry the message's meaning, and as it was written.

        Updates of a conversation may leave the ServiceRequest as it was and change the Encounter alone.
        """
        kinds = {"ServiceRequest", "Encounter", "Task", "Appointment", "DocumentReference"}
        written = [entry.last_updated for entry in self.entries if entry.kind in kinds]
        instants = [(instant, text) for text in written if text and (instant := instant_of(text))]
        return max(instants, default=None)

    def ods_of(self, reference: str | None) -> str | None:
        """The ODS code of an organisation in the bundle."""
        entry = self.find(reference)
        return next(identifier_values(entry, codes.ODS_CODE), None) if entry else None

    @property
    def sender(self) -> str | None:
        """The sender's ODS code."""
        return self.ods_of(self.header.reference("sender"))

    @property
    def receivers(self) -> tuple[str, ...]:
        """ODS codes of the receivers the header names, as far as they are in the bundle."""
        found = (self.ods_of(text_of(mapping(item.get("receiver")).get("reference"))) for item in self._destinations())
        return tuple(code for code in found if code)

    @property
    def services(self) -> tuple[str, ...]:
        """Directory of Services ids that the header is addressed to, of endpoints written `<system>|<id>`."""
        found = []
        for item in self._destinations():
            system, _, value = (text_of(item.get("endpoint")) or "").rpartition("|")
            if codes.same_system(system, codes.DOS_SERVICE) and value:
                found.append(value)
        return tuple(found)

    def _destinations(self) -> Iterator[Resource]:
        yield from mappings(self.header.resource.get("destination"))


def _updated_at(entry: Entry) -> datetime:
    return instant_of(entry.last_updated) or datetime.min.replace(tzinfo=UTC)


def mapping(value: object) -> Resource:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> Iterator[Resource]:
    """The JSON objects of a list; none when the value is no list."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def text_of(value: object) -> str | None:
    """The value if it is text that is not empty."""
    return value if isinstance(value, str) and value else None


def codings(concept: object, system: str) -> Iterator[str]:
    """The codes of a CodeableConcept that are of one system."""
    for coding in mappings(mapping(concept).get("coding")):
        code = text_of(coding.get("code"))
        if code and codes.same_system(coding.get("system"), system):
            yield code


def identifier_values(entry: Entry, *systems: str) -> Iterator[str]:
    """The values of a resource's identifiers that are of one of the systems."""
    for identifier in entry.identifiers():
        value = text_of(identifier.get("value"))
        if value and any(codes.same_system(identifier.get("system"), system) for system in systems):
            yield value


def instant_of(written: object) -> datetime | None:
    """A FHIR instant in UTC, cut to microseconds; None when it is none, or has no zone."""
    try:
        found = datetime.fromisoformat(str(written))
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def day_of(written: object) -> date | None:
    """A whole FHIR date; None for a year or a month alone."""
    try:
        return date.fromisoformat(written) if isinstance(written, str) and len(written) == 10 else None
    except ValueError:
        return None
