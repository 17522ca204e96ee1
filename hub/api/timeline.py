"""A child's life as the hub knows it: what happened and what the clocks made of it, day by day, each in words.

It is worked out of the record and the limits as they are shown to whoever asks: what is not theirs is not in it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from hub.api.shapes import Moment, Timeline

_CASE: tuple[tuple[str, str], ...] = (
    ("decided_on", "the family was told whether there will be an assessment"),
    ("withdrawn_on", "the request was withdrawn"),
    ("moved_on", "the child moved to another area"),
    ("plan_decided_on", "the family was told whether there will be a plan"),
    ("draft_sent_on", "the draft plan was sent"),
    ("issued_on", "the plan was issued"),
    ("ceased_on", "the plan ended"),
)
_ADVICE: tuple[tuple[str, str], ...] = (
    ("requested_on", "was asked for"),
    ("delivered_on", "the request reached the body asked"),
    ("acknowledged_on", "the body acknowledged the request"),
    ("allocated_on", "was allocated"),
    ("sent_by_body_on", "the body says that it sent it"),
    ("draft_on", "a draft came"),
    ("returned_on", "was sent back"),
    ("received_on", "was received"),
    ("not_known_on", "the service does not know the child"),
    ("declined_on", "was declined"),
    ("cancelled_on", "the request was cancelled"),
)
_SAYS = {"assess": "there will be one", "refuse": "there will be none", "issue": "one", "no-plan": "none"}
_ORDER = {"fact": 0, "starts": 1, "met": 2, "due": 3, "review-by": 4}


def timeline(child_id: str, record: Mapping[str, Any], deadlines: Iterable[Mapping[str, Any]]) -> Timeline:
    """In order of days; on one day what happened comes first, then what it started, ended or let pass."""
    limits = list(deadlines)
    moments = [*_of_record(record), *(moment for each in limits for moment in _of_deadline(each))]
    moments.sort(key=lambda each: (each.on, _ORDER[each.kind], each.what, each.about or ""))
    known = [date.fromisoformat(each["as_of"]) for each in limits]
    return Timeline(
        child_id=child_id,
        case_reference=record["case_reference"],
        as_of=max(known, default=None),
        moments=tuple(moments),
        disagreements=tuple(record["disagreements"]),
    )


def _of_record(record: Mapping[str, Any]) -> Iterator[Moment]:
    for case in record["cases"]:
        for request in case["requests"]:
            words = f"a request for an assessment was received ({request['by'] or 'by whom is not said'})"
            yield _fact(request["received_on"], "request", request["id"], words)
        for name, words in _CASE:
            said = _SAYS.get(case.get(name.removesuffix("_on")) or "") if name.endswith("decided_on") else None
            yield from _dated(case.get(name), "case", case["id"], f"{words}: {said}" if said else words)
        for on in case["amended_on"]:
            yield _fact(on, "case", case["id"], "the plan was amended")
        for each in case["advice"]:
            yield from _of_advice(each)
        for each in case.get("satisfied", ()):
            words = f"existing {_called(each)} advice was agreed to be enough"
            yield _fact(each["agreed_on"], "advice", case["id"], words)
        for each in case["headings"]:
            yield from _dated(each.get("complete_on"), "advice", case["id"], f"{each['heading']} advice is complete")
        for each in case.get("challenges", ()):
            where = "the tribunal" if each["tribunal"] else "mediation"
            yield from _dated(each.get("on"), "case", case["id"], f"the decision was taken to {where}")
    for each in record["other_advice"]:
        yield from _of_advice(each)
    for each in record["other_plans"]:
        yield _fact(each["effective_on"], "plan", each["plan"], each["kind"].replace(".", " "))
    for each in record["exemptions_claimed"]:
        words = f"an exemption was claimed ({each['ground'] or 'no ground'}): {each['decision']}"
        yield from _dated(each["claimed_on"], "exemption", each["about"], words)


def _of_advice(advice: Mapping[str, Any]) -> Iterator[Moment]:
    for name, words in _ADVICE:
        yield from _dated(advice[name], "advice", advice["id"], f"{_called(advice)} advice: {words}")


def _of_deadline(deadline: Mapping[str, Any]) -> Iterator[Moment]:
    def moment(kind: str, on: str, words: str) -> Moment:
        return Moment(
            on=date.fromisoformat(on),
            kind=kind,
            what="clock",
            about=deadline["id"],
            words=words,
            clock=deadline["clock"],
            law=deadline["law"],
            explanation=tuple(deadline.get("explanation", ())) if kind == "due" else (),
        )

    clock, state = deadline["clock"], deadline["state"]
    yield moment("starts", deadline["starts_on"], f"{clock} begins")
    yield moment("due", deadline["due_on"], f"{clock} is due: {state}")
    if deadline.get("met_on"):
        yield moment("met", deadline["met_on"], f"{clock} ends: {state}")
    if deadline.get("review_by"):
        yield moment("review-by", deadline["review_by"], f"{clock}: the exemption is to be looked at again")


def _dated(on: str | None, what: str, about: str | None, words: str) -> Iterator[Moment]:
    if on is not None:
        yield _fact(on, what, about, words)


def _fact(on: str, what: str, about: str | None, words: str) -> Moment:
    return Moment(on=date.fromisoformat(on), kind="fact", what=what, about=about, words=words)


def _called(said: Mapping[str, Any]) -> str:
    return str(said["service"] or said["heading"] or "unnamed").replace("-", " ")
