"""Facts for tests, in the shape of hub.facts. Everything is synthetic."""

from datetime import date, datetime
from typing import Any

from hub.core.casework.evaluate import Evaluation, evaluate
from hub.core.casework.policy import Policy
from hub.core.clocks.rules import RULES
from hub.core.facts.fact import read_fact
from schemas.sources import Source, Sources

COUNCIL = "one-education:825:2022"
TRACKER = "council-tracker:825:2026"
TRUST = "bht-community:RXQ:2026"
CHILD = "chd-1"
ICB = {"role": "icb", "ods": "QU9"}

SOURCES = Sources(
    sources=(
        Source(id=COUNCIL, kind="council", area="825", creates_children=True, precedence=10),
        Source(id=TRACKER, kind="council", area="825", precedence=20),
        Source(id=TRUST, kind="nhs", precedence=50),
    )
)
POLICY = Policy(SOURCES)
LAW = Policy(SOURCES, rules=tuple(rule for rule in RULES if not rule.is_target))
"""Without the local targets."""


def fact(kind: str, effective_on: str | None, record: str = "REQ-1", **fields: Any) -> dict[str, Any]:
    """A fact stated at nine on its effective date unless `received` says when."""
    received = fields.pop("received", None) or f"{effective_on}T09:00:00Z"
    if len(received) == 10:
        received = f"{received}T09:00:00Z"
    recorded = fields.pop("recorded", None) or received
    said = {
        "kind": kind,
        "child_id": CHILD,
        "source": COUNCIL,
        "record": record,
        "version": 1,
        "subject": {},
        "effective_on": effective_on,
        "recorded_at": recorded,
        "received_at": received,
        "data": {},
    }
    return said | fields


def requested(on: str, request: str = "REQ-1", **fields: Any) -> dict[str, Any]:
    """A request for an assessment."""
    return fact("assessment.requested", on, **{"record": request, "subject": {"request": request}} | fields)


def about_request(kind: str, on: str, request: str = "REQ-1", **fields: Any) -> dict[str, Any]:
    """Something about a request."""
    return fact(kind, on, request, subject={"request": request}, **fields)


def asked(on: str, advice: str = "ADV-1", request: str | None = "REQ-1", **fields: Any) -> dict[str, Any]:
    """A body asked for advice; data fields may be given by name."""
    names = ("heading", "service", "asked", "replaces", "required", "part_of", "purpose")
    data = {"heading": "medical", "service": "speech-and-language", "asked": ICB}
    data |= {name: fields.pop(name) for name in names if name in fields}
    subject = {"advice": advice} | ({"request": request} if request else {})
    return fact("advice.requested", on, advice, subject=subject, data=data, **fields)


def about_advice(kind: str, on: str, advice: str = "ADV-1", **fields: Any) -> dict[str, Any]:
    """Something about an advice request."""
    return fact(kind, on, advice, subject={"advice": advice}, **fields)


def on_day(facts: list[dict[str, Any]], day: str, policy: Policy = POLICY, known_at: str | None = None) -> Evaluation:
    """The evaluation of one child's facts."""
    read = [read_fact(value) for value in facts]
    return evaluate(CHILD, read, date.fromisoformat(day), policy, date.fromisoformat(known_at) if known_at else None)


def deadlines(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """Deadlines as exchanged, by clock, or by clock and latest advice id for advice."""
    found = {}
    for deadline in evaluation.deadlines:
        value = deadline.to_json(CHILD, evaluation.day)
        advice = value["subject"].get("advice")
        found[f"{value['clock']} {advice}" if advice else value["clock"]] = value
    return found


def states(evaluation: Evaluation) -> dict[str, str]:
    """The state of each deadline, by the same names."""
    return {name: value["state"] for name, value in deadlines(evaluation).items()}


def alerts(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Threshold and audience of the alerts that stand."""
    return sorted((alert["threshold"], alert["audience"]) for alert in evaluation.alerts)


def codes(evaluation: Evaluation) -> list[str]:
    """The codes of the questions."""
    return sorted(question.code for question in evaluation.questions)


def day(text: str) -> date:
    """A date."""
    return date.fromisoformat(text)


def instant(text: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(text)
