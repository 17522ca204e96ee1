"""One row of the worklist: what is owed, why it is on the list, what was heard last and what to do next. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from hub.api.pages import words
from schemas.ids import full_id

Json = Mapping[str, Any]

STEPS = (
    ("returned_on", "Sent back", "Ask when the corrected advice will come"),
    ("sent_by_body_on", "They say it was sent", "Look for it: they say it was sent, and it was not logged"),
    ("draft_on", "A draft came", "Ask for the final version"),
    ("allocated_on", "Given to somebody", "Ask when the report will come"),
    ("acknowledged_on", "Acknowledged", "Ask who has it"),
    ("delivered_on", "Arrived", "Ask them to acknowledge it"),
    ("requested_on", "Asked for", "Check that it arrived"),
)
"""What may be heard of a request, the furthest first: the day in its record, what to call it, and what comes next."""

REASONS: Mapping[str, str] = {
    "likely-late": "Likely to be late, by how this service answered before",
    "sent-not-logged": "They say it was sent, and it was not logged",
    "heading-open": "Other parts of this heading are in",
    "exemption-not-valid": "An exemption was claimed that does not fit the rule",
    "date-moved-back": "Its date was corrected to an earlier one",
    "due-soon": "Due soon",
    "overdue": "Overdue",
    "exempt-still-open": "Exempt from the limit, and still owed",
}
"""Open alerts about one deadline, in words."""


class Row(NamedTuple):
    """As it is shown. `heard` and `next_step` are None where the record does not hold the request."""

    key: str
    child_id: str
    case_reference: str | None
    reference: str | None
    heading: str | None
    service: str | None
    body: str
    asked_on: date
    due_on: date
    act_by: date
    state: str
    why: tuple[str, ...]
    heard: str | None
    heard_on: date | None
    next_step: str | None


def row(deadline: Json, record: Json | None, alerts: Iterable[Json]) -> Row:
    """The row of one deadline for advice, its child's record, and the child's open alerts."""
    advice = _advice(deadline, record)
    last = _last(advice)
    return Row(
        key=deadline["id"],
        child_id=deadline["child_id"],
        case_reference=deadline.get("case_reference"),
        reference=_reference(deadline),
        heading=deadline.get("heading"),
        service=deadline.get("service"),
        body=words.body(deadline["responsible"]["role"], deadline["responsible"].get("ods")),
        asked_on=_day(advice["requested_on"]) if advice else _day(deadline["starts_on"]),
        due_on=_day(deadline["due_on"]),
        act_by=_day(deadline["act_by"]),
        state=deadline["state"],
        why=tuple(_why(deadline, record, advice, alerts)),
        heard=last[1] if last else None,
        heard_on=last[0] if last else None,
        next_step=_next_step(deadline, last),
    )


def _advice(deadline: Json, record: Json | None) -> Json | None:
    named = (deadline.get("subject") or {}).get("advice")
    if record is None or named is None:
        return None
    wanted = full_id(deadline.get("source") or "", named)
    return next((each for each in advice_in(record) if wanted in (*each["ids"], each["latest"])), None)


def advice_in(record: Json) -> Sequence[Json]:
    """Every request for advice in a record."""
    return [each for case in record["cases"] for each in case["advice"]] + list(record["other_advice"])


def _last(advice: Json | None) -> tuple[date, str, str] | None:
    """What was heard last: of one day's, the furthest."""
    if advice is None:
        return None
    heard = [
        (_day(advice[name]), -number, said, then) for number, (name, said, then) in enumerate(STEPS) if advice.get(name)
    ]
    on, _, said, then = max(heard)
    return on, said, then


def _next_step(deadline: Json, last: tuple[date, str, str] | None) -> str | None:
    if deadline["state"] == "exempt":
        return f"See by {words.short_day(deadline['review_by'])} whether the exemption still holds"
    return last[2] if last else None


def _reference(deadline: Json) -> str | None:
    """The number that the recipient was asked under, which they echo."""
    named = (deadline.get("subject") or {}).get("advice")
    return _bare(named) if named else None


def _bare(reference: str) -> str:
    return reference.rpartition("/")[2]


def _why(deadline: Json, record: Json | None, advice: Json | None, alerts: Iterable[Json]) -> Iterable[str]:
    state = deadline["state"]
    if state == "overdue":
        yield "Overdue"
    if state == "exempt":
        grounds = [each["ground"] for each in deadline["exemptions"] if each["state"] == "accepted"]
        said = ", ".join(words.GROUNDS.get(ground, ground) for ground in grounds)
        yield f"Exempt: {said}" if said else "Exempt"
    reached = {each["threshold"] for each in alerts if deadline["id"] in (each["deadline"], each["about"])}
    told = {"overdue", "exempt-still-open"} if state != "running" else set()
    yield from (said for threshold, said in REASONS.items() if threshold in reached - told)
    if advice is not None and _is_missing(advice, record):
        yield "The plan went out without it"
    if deadline["questions"]:
        yield "There is a question about its facts"


def _is_missing(advice: Json, record: Json | None) -> bool:
    return record is not None and any(advice["id"] in case["issued_without"] for case in record["cases"])


def _day(value: str) -> date:
    return date.fromisoformat(value)
