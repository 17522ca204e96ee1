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
    "after": "The day it starts is left out; counting it as day 1 gives ",
    "beginning-with": "The day it starts counts as the first.",
    "before": "It has to be done before that, so the last day is the day before.",
    "back-from": "Counted back from that day.",
}
_STATES = {
    "running": "It is open and in time.",
    "overdue": "It is open and late: the last day has passed.",
    "exempt": "The last day has passed and an accepted exemption lifts the limit: it is still to be done as soon as "
    "practicable, and is looked at again by ",
    "met": "It was met in time, on ",
    "met-late": "It was met late, on ",
    "met-exempt": "It was met on ",
    "closed": "It ended without what was due",
    "lapsed": "The limit passed without that decision, which is no breach.",
    "void": "It no longer applies",
}
_LIFTED = ", after the last day, with an accepted exemption that lifts the limit"
_MET = frozenset({"met", "met-late", "met-exempt"})
_ENDED = _MET | {"closed", "void"}

Pieces = tuple[object, ...]
"""Words, dates and numbers: one after the other they are a sentence, or a part of one."""


def explain(deadline: "Deadline") -> list[str]:
    """The sentences: the rule, its start, its count, each exemption considered, and what became of it."""
    return ["".join(map(str, pieces)) for pieces in sentences(deadline)]


def sentences(deadline: "Deadline") -> list[Pieces]:
    """The same before it is put into words: enough to see whether anything of it has changed, in half the time."""
    subject, rule, started_by = deadline.subject, deadline.rule, deadline.started_by
    return [
        (rule.says, " Law: ", rule.law, "; row in force from ", rule.valid_from, "; status: ", rule.status, "."),
        ("It starts on ", deadline.starts_on, ": ", *_fact(started_by, subject.because.get(started_by)), "."),
        (
            *_limit(deadline),
            " ",
            *_count(deadline),
            " The last day is ",
            deadline.due_on,
            "; the last working day to act on is ",
            deadline.act_by,
            ".",
        ),
        *_advice(deadline),
        *(
            (
                "Exemption considered: ",
                exemption.ground,
                *_span(exemption.starts, exemption.ends),
                ", ",
                exemption.state,
                ". ",
                exemption.reason,
            )
            for exemption in deadline.exemptions
        ),
        _outcome(deadline),
        *_answering(deadline),
    ]


def _advice(deadline: "Deadline") -> Iterator[Pieces]:
    """What moved the start of an advice request's weeks, or reopened it."""
    chain = deadline.subject.chain
    if chain is None:
        return
    for link in chain.links[1:]:
        said = _REPLACED.get(link.because or "", "its first start and last day stand")
        yield "It was asked for again on ", link.requested_on, f" ({link.because or 'no reason given'}): {said}."
    returned = chain.dates.get("advice.returned")
    if returned is not None:
        yield "What had come was sent back on ", returned, ": only what comes after it counts; the last day stays."
    if chain.divided:
        yield ("It was divided into parts, and is answered when the last required part is in.",)


_REPLACED = {
    "wrong-body": "the first body was the wrong one, so the right body's own receipt starts its six weeks",
    "icb-changed": "the ICB changed, its first start and last day stand",
}


def _answering(deadline: "Deadline") -> Iterator[Pieces]:
    if deadline.responsible.ods is not None and deadline.answerable.ods is None:
        yield (
            deadline.responsible.ods,
            " was dissolved and its successor's code is not known: until somebody enters it, nobody is named who "
            "answers today.",
        )


def _count(deadline: "Deadline") -> Pieces:
    counts = "beginning-with" if _directed(deadline) else deadline.rule.counts
    return (_COUNTS[counts], deadline.due_on_day_one, ", by which to act.") if counts == "after" else (_COUNTS[counts],)


def _limit(deadline: "Deadline") -> Pieces:
    rule = deadline.rule
    if _directed(deadline):
        start = deadline.subject.because.get(deadline.started_by)
        if start is not None and start.kind == "mediation.agreed":
            return ("A date was agreed in writing, which takes the place of the rule's limit (reg 42(5)).",)
        return ("The tribunal set a date of its own, which takes the place of the rule's limit.",)
    if rule.day_of_year is not None:
        return "The limit is a fixed day of the year, ", _day_of_year(rule), "."
    limit, unit = rule.limit, UNITS[rule.unit]
    if rule.event is not None:
        return "It comes before ", _said(rule.event), ", or until then before ", limit, " ", unit, " have passed."
    if rule.or_later is not None and rule.or_later.moment in deadline.subject.moments:
        other, on = rule.or_later, deadline.subject.moments[rule.or_later.moment]
        later = f"{_span_of(other)} beginning with the day on which {_said(other.moment)}"
        return "The limit is ", limit, " ", unit, ". If that is later, ", later, ", ", on, "."
    return "The limit is ", limit, " ", unit, "."


def _span_of(other: OrLater) -> str:
    return "the day" if other.unit == "days" else f"{other.limit} {UNITS[other.unit]}"


def _directed(deadline: "Deadline") -> bool:
    return deadline.rule.directed and deadline.subject.directed is not None


def _day_of_year(rule: Rule) -> str:
    month, day = rule.day_of_year or (1, 1)
    return f"{day} {date(2000, month, day):%B}"


def _outcome(deadline: "Deadline") -> Pieces:
    state, ended_by = deadline.state, deadline.ended_by
    said: Pieces = (_STATES[state],)
    if state == "exempt":
        return *said, deadline.review_by, "."
    if state not in _ENDED:
        return said
    if state in _MET:
        said = (*said, deadline.met_on, _LIFTED if state == "met-exempt" else "")
    if ended_by is None:
        return *said, ": the days that were owed had passed."
    return *said, ": ", *_fact(ended_by, deadline.subject.because.get(ended_by)), "."


def _fact(moment: str, fact: Fact | None) -> Pieces:
    """The moment, and where it was stated. References only: a record's id, never what it holds."""
    said: Pieces = (_said(moment), " (", moment, ")")
    if fact is None:
        return said
    if moment == "plan.draft-served" and fact.data.get("method") == "post":
        said = *said, ", by post on ", fact.effective_on, " and so deemed served on the second working day after"
    return *said, ", stated by ", fact.source, " in record ", fact.record, ", received on ", fact.received_on


def _said(moment: str) -> str:
    """A moment in words; a row of one's own may use one that has none."""
    return MOMENTS.get(moment, moment)


def _span(starts: date | None, ends: date | None) -> Pieces:
    if starts is None:
        return (" until ", ends) if ends else ()
    return (" from ", starts, " to ", ends) if ends else (" from ", starts, " on")
