"""The rows of the two modules, and the fields that they are made of (send-domain.md, section 2.1).

A row of the hub's and one of the council's file are of one type: None is a blank cell, `unknown` names the fields that
whoever made the row does not tell at all.
"""

from datetime import date
from typing import Literal, NamedTuple

Outcome = Literal["Y", "N", "A", "W", "H"]
OUTCOMES: tuple[Outcome, ...] = ("Y", "N", "A", "W", "H")
"""Yes, no, awaiting, withdrawn or ceased before the decision, decided in an earlier year (historical)."""

Value = date | str | bool | None
Kind = Literal["date", "outcome", "source", "flag", "moved"]

NOTHING: frozenset[str] = frozenset()


class Field(NamedTuple):
    """One field: its XML name, which is a blade's column in small letters, the row's attribute, and what it holds."""

    name: str
    attribute: str
    kind: Kind

    @property
    def column(self) -> str:
        """The column's name in a blade."""
        return self.name.lower()


class Request(NamedTuple):
    """A row of module 2. `exported`: moved out of the area before the assessment was finished."""

    received_on: date
    outcome: Outcome
    outcome_on: date | None = None
    source: str | None = None
    rya: bool | None = None
    mediation: bool | None = None
    tribunal: bool | None = None
    exported: bool | None = None
    unknown: frozenset[str] = NOTHING


class Assessment(NamedTuple):
    """A row of module 3, of which a request has at most one. `week20`: an exception lifts the 20 weeks."""

    outcome: Outcome
    outcome_on: date | None = None
    mediation: bool | None = None
    tribunal: bool | None = None
    other_mediation: bool | None = None
    other_tribunal: bool | None = None
    week20: bool | None = None
    unknown: frozenset[str] = NOTHING


REQUEST_FIELDS = (
    Field("ReceivedDate", "received_on", "date"),
    Field("RequestSource", "source", "source"),
    Field("RYA", "rya", "flag"),
    Field("RequestOutcomeDate", "outcome_on", "date"),
    Field("RequestOutcome", "outcome", "outcome"),
    Field("RequestMediation", "mediation", "flag"),
    Field("RequestTribunal", "tribunal", "flag"),
    Field("Exported", "exported", "moved"),
)

ASSESSMENT_FIELDS = (
    Field("AssessmentOutcome", "outcome", "outcome"),
    Field("AssessmentOutcomeDate", "outcome_on", "date"),
    Field("AssessmentMediation", "mediation", "flag"),
    Field("AssessmentTribunal", "tribunal", "flag"),
    Field("OtherMediation", "other_mediation", "flag"),
    Field("OtherTribunal", "other_tribunal", "flag"),
    Field("Week20", "week20", "flag"),
)

ALWAYS = frozenset({"ReceivedDate", "RequestSource", "RYA", "RequestOutcome", "Exported", "AssessmentOutcome"})
_DECIDED = frozenset({"RequestOutcomeDate", "RequestMediation", "RequestTribunal"})
_ASSESSED = frozenset(
    {"AssessmentOutcomeDate", "AssessmentMediation", "AssessmentTribunal", "OtherMediation", "OtherTribunal"}
)


def asked(module: Request | Assessment) -> frozenset[str]:
    """The fields that the guide asks for with the row's outcome: A, W and H need nothing more (SEN2 guide).

    Week20 is about a plan, so it goes with Y alone.
    """
    if module.outcome not in ("Y", "N"):
        return ALWAYS
    if isinstance(module, Request):
        return ALWAYS | _DECIDED
    return ALWAYS | _ASSESSED | ({"Week20"} if module.outcome == "Y" else NOTHING)


def value(module: Request | Assessment, field: Field) -> Value:
    """What a row has in a field."""
    found: Value = getattr(module, field.attribute)
    return found
