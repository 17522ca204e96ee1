"""OperationOutcome: how BaRS says no. Diagnostics name elements and never repeat what was received."""

from collections.abc import Sequence
from typing import Any, Final

from schemas.bars import Fault, codes

REC: Final = {
    400: "REC_BAD_REQUEST",
    401: "REC_UNAUTHORIZED",
    403: "REC_FORBIDDEN",
    404: "REC_NOT_FOUND",
    405: "REC_METHOD_NOT_ALLOWED",
    406: "REC_NOT_ACCEPTABLE",
    408: "REC_TIMEOUT",
    409: "REC_CONFLICT",
    413: "REC_UNPROCESSABLE_ENTITY",
    415: "REC_UNSUPPORTED_MEDIA_TYPE",
    422: "REC_UNPROCESSABLE_ENTITY",
    425: "REC_TOO_EARLY",
    500: "REC_SERVER_ERROR",
    501: "REC_NOT_IMPLEMENTED",
    503: "REC_SERVICE_UNAVAILABLE",
}
"""HTTP status to the code of a receiver (API 1.4.0). 413 and 415 have none of their own there: for 413 we use that of
the issue type too-costly, for 415 one of the same form."""

ISSUES: Final = {
    401: "security",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "processing",
    408: "timeout",
    409: "duplicate",
    413: "too-costly",
    415: "not-supported",
    425: "transient",
    500: "exception",
    501: "not-supported",
    503: "transient",
}
"""The FHIR issue type that goes with a status where no fault says better."""

_PROFILE: Final = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-OperationOutcome"
_MOST_ISSUES: Final = 20


def outcome(status: int, faults: Sequence[Fault]) -> dict[str, Any]:
    """The OperationOutcome for a status, with one issue for each fault, at most twenty."""
    issues = [_issue(status, fault.issue, fault.text, fault.element) for fault in faults[:_MOST_ISSUES]]
    return {"resourceType": "OperationOutcome", "meta": {"profile": [_PROFILE]}, "issue": issues}


def plain_outcome(status: int, text: str) -> dict[str, Any]:
    """The OperationOutcome of a status that is about no element."""
    issue = _issue(status, ISSUES.get(status, "invalid"), text, "")
    return {"resourceType": "OperationOutcome", "meta": {"profile": [_PROFILE]}, "issue": [issue]}


def _issue(status: int, issue: str, text: str, element: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "severity": "error",
        "code": issue,
        "details": {"coding": [{"system": codes.HTTP_ERRORS, "code": REC[status]}]},
        "diagnostics": f"{element}: {text}" if element else text,
    }
    return found | ({"expression": [element]} if element.startswith("Bundle") else {})
