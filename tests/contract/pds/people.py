"""Synthetic people as the national service would have them. Numbers are of the range that is kept for tests."""

from datetime import date
from typing import Any

from connectors.nhs.pds.port import Sought
from connectors.nhs.pds.reading import DEATH
from connectors.nhs.pds.twin import MemoryPds

AMY, RESTRICTED, REDACTED, SPARSE, DEAD = "9990000018", "9990000026", "9990000034", "9990000042", "9990000050"
TWIN_ONE, TWIN_TWO, NOBODY = "9990000069", "9990000077", "9990000085"
OLD, WITHDRAWN, RENAMED = "9990000093", "9990000107", "9990000115"
BORN = date(2016, 3, 4)


def patient(number: str, given: str, family: str, security: str = "U", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": number,
        "meta": {"versionId": "2", "security": [{"code": security}]},
        "name": [{"use": "usual", "given": given.split(), "family": family}],
        "birthDate": BORN.isoformat(),
        "gender": "female",
        "address": [{"use": "home", "postalCode": "HP19 8FF", "line": ["1 Marker Street"]}],
        "telecom": [{"system": "phone", "value": "01296000000"}],
        "generalPractitioner": [{"identifier": {"value": "Y99999"}}],
        **more,
    }


def death(notice: str) -> list[dict[str, Any]]:
    part = {"url": "deathNotificationStatus", "valueCodeableConcept": {"coding": [{"code": notice}]}}
    return [{"url": DEATH, "extension": [part]}]


def country() -> MemoryPds:
    """Everybody."""
    renamed = patient(RENAMED, "Cara", "Newname")
    renamed["name"].append({"use": "old", "given": ["Cara"], "family": "Formername"})
    renamed["address"] = [{"use": "old", "postalCode": "OX1 1AA", "period": {"end": "2020-01-01"}}]
    sparse = {"resourceType": "Patient", "id": SPARSE, "meta": {"versionId": "1", "security": [{"code": "U"}]}}
    twin = MemoryPds.of(
        [
            patient(AMY, "Amy Rose", "Example"),
            patient(RESTRICTED, "Rita", "Hidden", "R"),
            patient(REDACTED, "Nora", "Gone", "REDACTED"),
            sparse,
            patient(DEAD, "Dora", "Late", deceasedDateTime="2026-05-01T23:30:00+00:00", extension=death("2")),
            patient(TWIN_ONE, "James", "Double"),
            patient(TWIN_TWO, "Jamie", "Double"),
            renamed,
        ]
    )
    twin.superseded[OLD] = AMY
    twin.withdrawn.add(WITHDRAWN)
    return twin


def sought(given: str, family: str, postcode: str | None = "HP19 8FF", born: date = BORN) -> Sought:
    return Sought(given, family, born, postcode)
