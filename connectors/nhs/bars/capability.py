"""GET /metadata: a CapabilityStatement of what exists here, and nothing else."""

from typing import Any

from connectors.nhs.bars.profile import Profile
from schemas.bars import codes

_DATE = "2026-11-01"
_MODE = "receiver"


def capability(profile: Profile, security: str) -> dict[str, Any]:
    """The statement. `security` says in words how callers are known."""
    return {
        "resourceType": "CapabilityStatement",
        "name": "SendHubBars",
        "title": "SEND integration hub: BaRS receiver",
        "status": "active",
        "date": _DATE,
        "kind": "instance",
        "software": {"name": "SEND integration hub"},
        "implementation": {"description": _description(profile)},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": security},
                "operation": [
                    {
                        "name": "process-message",
                        "definition": "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message",
                    }
                ],
            }
        ],
        "messaging": [{"supportedMessage": [_supported(event) for event in (codes.REQUEST, codes.RESPONSE)]}],
    }


def _description(profile: Profile) -> str:
    cases = ", ".join(sorted(profile.use_cases)) or "any"
    return f"BaRS versions {', '.join(sorted(profile.versions))}; use cases: {cases}."


def _supported(event: str) -> dict[str, str]:
    return {"mode": _MODE, "definition": f"{codes.MESSAGE_DEFINITION}bars-message-{event}-referral"}
