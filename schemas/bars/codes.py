"""Systems and codes: those of BaRS (implementation guide 1.2.2, API 1.4.0), of UK Core, and the hub's own.

No published BaRS use case covers advice for an education, health and care (EHC) needs assessment, so the use case, the
services and the reasons for a rejection are the hub's own, in a `urn:sendhub:` name space.
"""

from typing import Final

from schemas.people import NhsNumberStatus

EVENTS: Final = "https://fhir.nhs.uk/CodeSystem/message-events-bars"
REASONS: Final = "https://fhir.nhs.uk/CodeSystem/message-reason-bars"
CATEGORIES: Final = "https://fhir.nhs.uk/CodeSystem/message-category-servicerequest"
USE_CASES: Final = "https://fhir.nhs.uk/CodeSystem/usecases-categories-bars"
HTTP_ERRORS: Final = "https://fhir.nhs.uk/Codesystem/http-error-codes"
MESSAGE_DEFINITION: Final = "https://fhir.nhs.uk/MessageDefinition/"

REQUEST: Final = "servicerequest-request"
RESPONSE: Final = "servicerequest-response"

NHS_NUMBER: Final = ("https://fhir.nhs.uk/Id/nhs-number", "http://fhir.nhs.net/Id/nhs-number")
NHS_NUMBER_STATUS: Final = (
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus",
    "https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-NHSNumberVerificationStatus-1",
)
ODS_CODE: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
DOS_SERVICE: Final = "https://fhir.nhs.uk/Id/dos-service-id"

OWN_USE_CASES: Final = "urn:sendhub:bars-use-case"
EHC_ADVICE: Final = "ehc-advice"
SERVICES: Final = "urn:sendhub:advice-service"
HEADINGS: Final = "urn:sendhub:advice-heading"
OUTCOMES: Final = "urn:sendhub:advice-outcome"
OUR_ADVICE: Final = "urn:sendhub:advice-request"
OUR_REQUEST: Final = "urn:sendhub:request"

MISSED: Final = "missed-appointment"
NOT_KNOWN: Final = "not-known"
DECLINED: Final = {
    "s31-incompatible-with-duties": "incompatible-with-duties",
    "s31-harms-functions": "harms-functions",
}
"""The two grounds on which a body may decline to give advice: CFA 2014 s31(3)."""

VERIFICATION: Final[dict[str, NhsNumberStatus]] = {
    "number-present-and-verified": "01",
    "number-present-but-not-traced": "02",
    "trace-required": "03",
    "trace-attempted-no-match-or-multiple-match-found": "04",
    "trace-needs-to-be-resolved": "05",
    "trace-in-progress": "06",
    "number-not-present-and-trace-not-required": "07",
    "trace-postponed": "08",
}
"""The verification codes of UK Core STU1 as the numbers that came after them."""


def same_system(one: object, other: str) -> bool:
    """Whether two system addresses are the same but for http/https and case, as published examples mix them."""
    return isinstance(one, str) and _bare(one) == _bare(other)


def _bare(system: str) -> str:
    return system.lower().removeprefix("https://").removeprefix("http://")
