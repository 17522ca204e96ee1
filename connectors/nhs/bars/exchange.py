"""The HTTP side of one message: its ids, its media types, and what is echoed."""

import re
from dataclasses import dataclass

from starlette.requests import Request

from connectors.nhs.bars.judge import Refused
from connectors.nhs.bars.profile import Profile
from connectors.sdk.http import Refusal
from schemas.bars import Fault

MEDIA_TYPE = "application/fhir+json"
REQUEST_ID = "X-Request-Id"
CORRELATION_ID = "X-Correlation-Id"

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_VERSION = re.compile(r"version\s*=\s*\"?(\d+)(\.[\w.-]*)?\"?")
_NOT_WANTED = re.compile(r"q\s*=\s*0(\.0*)?")


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of one exchange, in lower case. The message's own is new for each message and the same in a repeat."""

    request: str
    correlation: str


def read_ids(request: Request) -> Ids:
    """Both ids; raises Refused 400: `required` when one is missing, `invalid` when it is no GUID."""
    faults = [fault for name in (REQUEST_ID, CORRELATION_ID) if (fault := _id_fault(name, request.headers.get(name)))]
    if faults:
        raise Refused(400, "ids", *faults)
    return Ids(request.headers[REQUEST_ID].lower(), request.headers[CORRELATION_ID].lower())


def _id_fault(name: str, value: str | None) -> Fault | None:
    if not value:
        return Fault("required", name, "is required")
    return None if _GUID.fullmatch(value) else Fault("invalid", name, "must be a GUID")


def echoed(request: Request) -> dict[str, str]:
    """The ids as they came, for the answer; one that is no GUID is not repeated."""
    found = {name: request.headers.get(name, "") for name in (REQUEST_ID, CORRELATION_ID)}
    return {name: value for name, value in found.items() if _GUID.fullmatch(value)}


def check_accept(request: Request, profile: Profile) -> None:
    """Refuse with 406 unless the sender takes FHIR JSON, of a major version of the standard that we speak."""
    ranges = [each.strip().lower() for each in request.headers.get("accept", "*/*").split(",")]
    if not any(_accepts(each, profile) for each in ranges):
        raise Refusal(406, "accept", f"the answer is {MEDIA_TYPE}, of versions {', '.join(sorted(profile.versions))}")


def _accepts(media_range: str, profile: Profile) -> bool:
    """Whether we can answer in this range: `version` is the standard's; `fhirVersion`, FHIR's own, is another."""
    media_type, *parameters = (part.strip() for part in media_range.split(";"))
    if media_type not in ("*/*", "application/*", MEDIA_TYPE) or any(map(_NOT_WANTED.fullmatch, parameters)):
        return False
    versions = {found[1] for each in parameters if (found := _VERSION.fullmatch(each))}
    return versions <= {each.partition(".")[0] for each in profile.versions}
