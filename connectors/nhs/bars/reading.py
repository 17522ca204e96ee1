"""Reading one message as FHIR R4: bytes to faults. Runs in a process of its own, since the parser may crash or be slow.

fhir.resources has no R4 model any more; its R4B differs in nothing that BaRS uses.
"""

from pydantic import ValidationError

from connectors.sdk.json_body import NotJson, parse_json
from schemas.bars import Fault

DEPTH = 64
"""Levels of nesting: FHIR messages have about ten. The parser itself dies near 150."""

_WORDS = {
    "model_field_validation.missing": "is required",
    "missing": "is required",
    "string_type": "must be a text",
    "list_type": "must be a list",
    "string_pattern_mismatch": "has a form that FHIR does not allow",
    "string_too_short": "must not be empty",
    "bool_parsing": "must be true or false",
    "date_from_datetime_parsing": "is no date of the calendar",
    "date_parsing": "is no date of the calendar",
    "datetime_parsing": "is no instant",
    "timezone_aware": "needs a time zone",
}
"""Words for the parser's own error types. Its messages are not used: they may repeat what was received."""

_UNKNOWN_ELEMENT = "extra_forbidden"


def read_faults(body: bytes) -> tuple[Fault, ...]:
    """What keeps these bytes from being a FHIR R4 Bundle; none when they are one. Never raises."""
    try:
        value = parse_json(body, DEPTH)
    except NotJson as error:
        return (Fault("structure", "Bundle", str(error)),)
    if not isinstance(value, dict) or value.get("resourceType") != "Bundle":
        return (Fault("structure", "Bundle", "not a Bundle"),)
    return _fhir_faults(body)


def _fhir_faults(body: bytes) -> tuple[Fault, ...]:
    from fhir.resources.R4B.bundle import Bundle

    try:
        Bundle.model_validate_json(body)
    except ValidationError as error:
        return tuple(_fault(item["type"], item["loc"]) for item in error.errors(include_url=False, include_input=False))
    except Exception:
        # The parser raises KeyError for an unknown resource type, TypeError and RecursionError for worse (8.3.0).
        return (Fault("structure", "Bundle", "not FHIR R4: a resource type, or an element, that cannot be read"),)
    return ()


def _fault(kind: str, path: tuple[int | str, ...]) -> Fault:
    if kind == _UNKNOWN_ELEMENT:
        # The element's name is the sender's own word: say only where it is.
        return Fault("structure", _path(path[:-1]), "has an element that FHIR R4 does not have")
    return Fault("required" if kind.endswith("missing") else "invalid", _path(path), _WORDS.get(kind, "is not valid"))


def _path(path: tuple[int | str, ...]) -> str:
    found = "Bundle"
    for part in path:
        found += f"[{part}]" if isinstance(part, int) else f".{part}"
    return found
