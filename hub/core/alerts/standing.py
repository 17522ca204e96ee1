"""Which alerts stand for a deadline on a day."""

from datetime import date

from hub.core.alerts.rules import Threshold
from hub.core.clocks.days import working_days_before
from hub.core.clocks.deadline import Deadline

_REASONS = {
    "met": "met",
    "met-late": "met",
    "met-exempt": "met",
    "closed": "closed",
    "void": "void",
    "exempt": "exempt",
    "lapsed": "lapsed",
}


def soon_on(deadline: Deadline, working_days: int) -> date:
    """The first day on which the deadline is due soon."""
    return working_days_before(deadline.act_by, working_days)


def stands(threshold: Threshold, deadline: Deadline, day: date, working_days: int) -> bool:
    """Whether the threshold is reached, whoever has heard of it."""
    if threshold == "due-soon":
        return deadline.state in ("running", "overdue") and day >= soon_on(deadline, working_days)
    if threshold == "overdue":
        return deadline.state == "overdue"
    return came_after_plan(deadline) and _answered(deadline) is None


def came_after_plan(deadline: Deadline) -> bool:
    """Whether the advice came after the plan it was for had been issued."""
    chain = deadline.subject.chain
    if chain is None or chain.case is None or deadline.met_on is None:
        return False
    issued = chain.case.moments.get("plan.issued")
    return issued is not None and deadline.met_on > issued


def why_cleared(threshold: Threshold, deadline: Deadline | None, held: bool) -> str:
    """Why an alert no longer stands. What nothing in the case explains is a correction of the facts."""
    if deadline is None:
        return "corrected"
    if held:
        return "restricted"
    if threshold == "advice-after-plan":
        return (_answered(deadline) if came_after_plan(deadline) else None) or "corrected"
    return _REASONS.get(deadline.state, "corrected")


def _answered(deadline: Deadline) -> str | None:
    """What became of advice that came after the plan: the plan was amended, or kept so by a decision, or ended."""
    chain, received = deadline.subject.chain, deadline.met_on
    if chain is None or chain.case is None or received is None:
        return None
    if any(on >= received for on in chain.case.amended_on):
        return "met"
    return "void" if "plan.ceased" in chain.case.moments or "child.died" in chain.case.moments else None
