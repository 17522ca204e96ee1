"""Why an alert no longer stands. What nothing in the case explains is a correction of the facts."""

from collections.abc import Container, Iterable

from hub.core.alerts.headings import Headings, outcome
from hub.core.alerts.occasions import answered, came_after_plan, drafted_since, settled_since
from hub.core.cases.advice import Chain
from hub.core.cases.case import Case
from hub.core.clocks.deadline import Deadline
from schemas.alerts import Reason, Threshold

_OF_STATE: dict[str, Reason] = {
    "met": "met",
    "met-late": "met",
    "met-exempt": "met",
    "closed": "closed",
    "void": "void",
    "exempt": "exempt",
    "lapsed": "lapsed",
}
_FIRST: tuple[Reason, ...] = ("overdue", "met", "closed", "exempt", "eased", "lapsed", "void", "resolved")
"""Where several deadlines ended in different ways the first of these is said: what an alert of its own tells from now
on, then what was done, before what fell away."""


def of_deadlines(threshold: Threshold, members: Iterable[Deadline | None]) -> Reason:
    """Why an alert about deadlines cleared; one that is there no more is None."""
    return _first({_of_deadline(threshold, deadline) for deadline in members})


def of_headings(members: Iterable[Deadline | None], headings: Headings) -> Reason:
    """Why an alert about a heading left open cleared."""
    return _first({outcome(deadline, headings) if deadline is not None else None for deadline in members})


def _first(reasons: Container[Reason | None]) -> Reason:
    return next((reason for reason in _FIRST if reason in reasons), "corrected")


def _of_deadline(threshold: Threshold, deadline: Deadline | None) -> Reason:
    if deadline is None:
        return "corrected"
    if threshold == "advice-after-plan":
        settled = answered(deadline) if came_after_plan(deadline) else None
        return "met" if settled == "met" else "void" if settled else "corrected"
    if threshold == "sent-not-logged" and deadline.is_open:
        chain = deadline.subject.chain
        logged = chain is not None and any(link.facts.get("advice.received") for link in chain.links)
        return "met" if logged else "corrected"
    if threshold == "due-soon" and deadline.state == "overdue":
        return "overdue"
    if threshold == "likely-late" and deadline.state == "running":
        return "eased"
    if threshold == "exempt-still-open" and deadline.state == "exempt":
        return "corrected"
    return _OF_STATE.get(deadline.state, "corrected")


def of_case(threshold: Threshold, case: Case | None, chains: Iterable[Chain]) -> Reason:
    """Why an alert about a whole case cleared."""
    if case is None:
        return "corrected"
    if threshold == "all-advice-in":
        return _of_all_in(case)
    return _of_missing(case, [chain for chain in chains if chain.case is case])


def _of_all_in(case: Case) -> Reason:
    complete = case.moments.get("advice.all-in")
    if complete is None:
        return "corrected"
    return "met" if drafted_since(case, complete) else "void"


def _of_missing(case: Case, chains: list[Chain]) -> Reason:
    issued = case.moments.get("plan.issued")
    if issued is None:
        return "corrected"
    settled = settled_since(case, issued)
    if settled is not None:
        return "met" if settled == "met" else "void"
    wanted = [chain for chain in chains if chain.wanted]
    if any(chain.received_on is not None and chain.received_on > issued for chain in wanted):
        return "met"
    return "void" if len(wanted) < len(chains) else "corrected"


def of_claim(against: Iterable[Deadline]) -> Reason:
    """Why a claim that fitted nothing is no longer told: decided on or put right, or its deadlines ended."""
    deadlines = list(against)
    if any(deadline.is_open for deadline in deadlines):
        return "resolved"
    return of_deadlines("exemption-not-valid", deadlines)
