"""Why a deadline's dates are what they are, in sentences that a person can check against the regulations."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from hub.core.clocks.rule import OrLater, Rule
from hub.core.clocks.words import MOMENTS
from hub.core.facts.fact import Fact

if TYPE_CHECKING:
    from hub.core.clocks.deadline import Deadline

UNITS = {
    "days": "days",
    "weeks": "weeks",
    "months": "months",
    "working-days": "working days",
    "tribunal-days": "working days that the tribunal counts",
}
_COUNTS = {
    "after": "The day it starts is left out; counting it as day 1 gives {day_one}, by which to act.",
    "beginning-with": "The day it starts counts as the first.",
    "before": "It has to be done before that, so the last day is the day before.",
    "back-from": "Counted back from that day.",
}
_STATES = {
    "running": "It is open and in time.",
    "overdue": "It is open and late: the last day has passed.",
    "exempt": "The last day has passed and an accepted exemption lifts the limit: it is still to be done as soon as "
    "practicable, and is looked at again by {review_by}.",
    "met": "It was met in time, on {met_on}",
    "met-late": "It was met late, on {met_on}",
    "met-exempt": "It was met on {met_on}, after the last day, with an accepted exemption that lifts the limit",
    "closed": "It ended without what was due",
    "lapsed": "The limit passed without that decision, which is no breach.",
    "void": "It no longer applies",
}
_ENDED = frozenset({"met", "met-late", "met-exempt", "closed", "void"})


def explain(deadline: "Deadline") -> list[str]:
    """The sentences: the rule, its start, its count, each exemption considered, and what became of it."""
    subject, rule = deadline.subject, deadline.rule
    return [
        f"{rule.says} Law: {rule.law}; row in force from {rule.valid_from}; status: {rule.status}.",
        f"It starts on {deadline.starts_on}: {_fact(deadline.started_by, subject.because.get(deadline.started_by))}.",
        f"{_limit(deadline)} {_COUNTS[_counted(deadline)].format(day_one=deadline.due_on_day_one)} "
        f"The last day is {deadline.due_on}; the last working day to act on is {deadline.act_by}.",
        *_advice(deadline),
        *(
            f"Exemption considered: {exemption.ground}{_span(exemption.starts, exemption.ends)}, {exemption.state}. "
            f"{exemption.reason}"
            for exemption in deadline.exemptions
        ),
        _outcome(deadline),
        *_answering(deadline),
    ]


def _advice(deadline: "Deadline") -> Iterator[str]:
    """What moved the start of an advice request's weeks, or reopened it."""
    chain = deadline.subject.chain
    if chain is None:
        return
    for link in chain.links[1:]:
        said = _REPLACED.get(link.because or "", "its first start and last day stand")
        yield f"It was asked for again on {link.requested_on} ({link.because or 'no reason given'}): {said}."
    returned = chain.dates.get("advice.returned")
    if returned is not None:
        yield f"What had come was sent back on {returned}: only what comes after it counts; the last day stays."
    if chain.divided:
        yield "It was divided into parts, and is answered when the last required part is in."


_REPLACED = {
    "wrong-body": "the first body was the wrong one, so the right body's own receipt starts its six weeks",
    "icb-changed": "the ICB changed, its first start and last day stand",
}


def _answering(deadline: "Deadline") -> Iterator[str]:
    if deadline.responsible.ods is not None and deadline.answerable.ods is None:
        yield (
            f"{deadline.responsible.ods} was dissolved and its successor's code is not known: until somebody enters "
            "it, nobody is named who answers today."
        )


def _counted(deadline: "Deadline") -> str:
    return "beginning-with" if _directed(deadline) else deadline.rule.counts


def _limit(deadline: "Deadline") -> str:
    rule = deadline.rule
    if _directed(deadline):
        start = deadline.subject.because.get(deadline.started_by)
        if start is not None and start.kind == "mediation.agreed":
            return "A date was agreed in writing, which takes the place of the rule's limit (reg 42(5))."
        return "The tribunal set a date of its own, which takes the place of the rule's limit."
    if rule.day_of_year is not None:
        return f"The limit is a fixed day of the year, {_day_of_year(rule)}."
    limit = f"The limit is {rule.limit} {UNITS[rule.unit]}."
    if rule.event is not None:
        return f"It comes before {_said(rule.event)}, or until then before {rule.limit} {UNITS[rule.unit]} have passed."
    if rule.or_later is not None and rule.or_later.moment in deadline.subject.moments:
        other, on = rule.or_later, deadline.subject.moments[rule.or_later.moment]
        limit += f" If that is later, {_span_of(other)} beginning with the day on which {_said(other.moment)}, {on}."
    return limit


def _span_of(other: OrLater) -> str:
    return "the day" if other.unit == "days" else f"{other.limit} {UNITS[other.unit]}"


def _directed(deadline: "Deadline") -> bool:
    return deadline.rule.directed and deadline.subject.directed is not None


def _day_of_year(rule: Rule) -> str:
    month, day = rule.day_of_year or (1, 1)
    return f"{day} {date(2000, month, day):%B}"


def _outcome(deadline: "Deadline") -> str:
    said = _STATES[deadline.state].format(met_on=deadline.met_on, review_by=deadline.review_by)
    if deadline.state not in _ENDED:
        return said
    if deadline.ended_by is None:
        return f"{said}: the days that were owed had passed."
    return f"{said}: {_fact(deadline.ended_by, deadline.subject.because.get(deadline.ended_by))}."


def _fact(moment: str, fact: Fact | None) -> str:
    """The moment, and where it was stated. References only: a record's id, never what it holds."""
    said = f"{_said(moment)} ({moment})"
    if fact is None:
        return said
    if moment == "plan.draft-served" and fact.data.get("method") == "post":
        said += f", by post on {fact.effective_on} and so deemed served on the second working day after"
    return f"{said}, stated by {fact.source} in record {fact.record}, received on {fact.received_on}"


def _said(moment: str) -> str:
    """A moment in words; a row of one's own may use one that has none."""
    return MOMENTS.get(moment, moment)


def _span(starts: date | None, ends: date | None) -> str:
    if starts is None:
        return f" until {ends}" if ends else ""
    return f" from {starts} to {ends}" if ends else f" from {starts} on"
