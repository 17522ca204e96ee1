"""Who is told what, and when: as data.

* `due-soon` from 10 working days before `act_by`, while the deadline is open;
* `overdue` from the day after `due_on`, while it is open. A conditional limit lapses and is never overdue;
* `advice-after-plan` when advice came after the plan it was for had been issued: the plan was written without it, so
  somebody must decide whether to amend it. It clears as met when the plan is amended or the family is told that it will
  not be. Advice that is merely still open when a plan is issued is late advice, for which `overdue` already stands.
"""

from typing import Literal, NamedTuple

Threshold = Literal["due-soon", "overdue", "advice-after-plan"]
THRESHOLDS: tuple[Threshold, ...] = ("due-soon", "overdue", "advice-after-plan")
DUE_SOON_WORKING_DAYS = 10


class Audience(NamedTuple):
    """A row: who is told of these thresholds, by clock and by role of the body asked. None named means any."""

    audience: str
    thresholds: frozenset[str]
    clocks: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()


TIME = frozenset({"due-soon", "overdue"})
ADVICE = frozenset({"advice-6w"})

AUDIENCES: tuple[Audience, ...] = (
    # A designated officer answers for the health service's advice (Code 3.45-3.48); the alert names the service.
    Audience("designated-officer", TIME, ADVICE, frozenset({"icb", "trust", "nhs-england"})),
    Audience("coordinator", TIME | {"advice-after-plan"}),
)
"""The first row that fits tells who; where none fits nobody is told."""


def audience_of(audiences: tuple[Audience, ...], threshold: str, clock: str, role: str) -> str | None:
    """Who is told."""
    for row in audiences:
        if threshold in row.thresholds and _any(row.clocks, clock) and _any(row.roles, role):
            return row.audience
    return None


def _any(allowed: frozenset[str], value: str) -> bool:
    return not allowed or value in allowed
