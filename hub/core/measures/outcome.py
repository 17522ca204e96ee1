"""What is counted: a row for each case, advice request and review of a child. Dates are Europe/London days."""

from datetime import date
from typing import NamedTuple

from hub.core.measures.timed import Timed


class Existing(NamedTuple):
    """Earlier advice that all three agreed is enough, without any request (reg 6(4)). `service` as for a request."""

    service: str
    agreed_on: date


class CaseOutcome(NamedTuple):
    """One case: the requests that run as one.

    `decision` (6 weeks), `no_plan` (16, only where "no plan" was told) and `plan` (20) run from the receipt. `asked`
    and `complete` are local targets: all required advice asked for, and in by week 12. `issued_without` are the
    advice requests missing when the plan was issued. `ended_on` is the day on which the case ended, however.
    """

    area: str | None
    received_on: date
    ended_on: date | None
    issued_on: date | None
    decision: Timed
    no_plan: Timed | None
    plan: Timed
    asked: Timed | None
    complete: Timed | None
    issued_without: int
    existing: tuple[Existing, ...]


class AdviceOutcome(NamedTuple):
    """One advice request for an assessment or a reassessment, with the requests that replaced it.

    `service` is the service asked; the heading, where none is named; `unknown` without either.
    `limit` runs from the delivery to the body asked (else from sending) to usable final advice. `answered_on`: that, a
    lawful decline or "not known", whichever came first. `decided_on` is the decision to assess, where the time from it
    to `sent_on` is the authority's to answer for. `missing_on` is the issue of the plan that it was missing from.
    """

    area: str | None
    service: str
    limit: Timed
    answered_on: date | None
    decided_on: date | None
    sent_on: date
    delivered_on: date | None
    allocated_on: date | None
    returned_on: date | None
    missing_on: date | None
    by_existing: bool


class ReviewOutcome(NamedTuple):
    """One review of a plan: the decision's 4 weeks from the meeting. "Amend" is done with the proposed amendments."""

    area: str | None
    decision: Timed


class Outcomes(NamedTuple):
    """All that is counted of one child."""

    child_id: str
    cases: tuple[CaseOutcome, ...] = ()
    advice: tuple[AdviceOutcome, ...] = ()
    reviews: tuple[ReviewOutcome, ...] = ()
