"""What each outcome adds to which measure."""

from datetime import date, timedelta

from hub.core.days import DAY, is_working_day
from hub.core.measures.ages import ADVICE_BANDS, CASE_BANDS
from hub.core.measures.catalogue import Cohort
from hub.core.measures.cells import Cell, Cells
from hub.core.measures.look import Look
from hub.core.measures.outcome import AdviceOutcome, CaseOutcome, ReviewOutcome
from hub.core.measures.timed import CLAIMED_BASES, Basis, Timed, came_in_time, kept_when_due

YEAR = timedelta(weeks=52)
SEND_WORKING_DAYS = 2


def count_case(case: CaseOutcome, look: Look, cells: Cells) -> None:
    """Add a case."""
    _by_result("decision-6w", case.decision, look, cells)
    _by_due("decision-6w", case.decision, CLAIMED_BASES, look, cells)
    _by_due("plan-20w", case.plan, CLAIMED_BASES, look, cells)
    if case.no_plan is not None:
        _by_result("no-plan-16w", case.no_plan, look, cells)
    if case.asked is not None:
        _by_due("asked-2wd", case.asked, ("all",), look, cells)
    if case.complete is not None:
        _by_due("complete-12w", case.complete, ("all",), look, cells)
    if case.received_on <= look.as_of and not look.happened(case.ended_on):
        cells.count(Cell("open-cases", "open", "all", weeks=CASE_BANDS.of(case.received_on, look.as_of)), True)
    if case.issued_on is not None:
        _plan(case, case.issued_on, look, cells)
    for service, agreed_on in case.existing:
        if look.holds(agreed_on):
            cells.count(Cell("advice-reused", "outcome", "all", service), True)


def count_advice(advice: AdviceOutcome, look: Look, cells: Cells) -> None:
    """Add an advice request."""
    limit, service = advice.limit, advice.service
    _by_due("advice-on-time", limit, CLAIMED_BASES, look, cells, service)
    _by_due("advice-answered", limit._replace(done_on=advice.answered_on), ("including",), look, cells, service)
    ends = (advice.answered_on, limit.void_on)
    if limit.starts_on <= look.as_of and not any(map(look.happened, ends)):
        band = ADVICE_BANDS.of(limit.starts_on, look.as_of)
        cells.count(Cell("advice-age", "open", "all", service, band), True)
        cells.observe(Cell("advice-days", "open", "all", service), (look.as_of - limit.starts_on).days)
    _sending(advice, look, cells)
    _routing(advice, look, cells)
    _missing(advice, look, cells)
    _coming(advice, look, cells)


def count_review(review: ReviewOutcome, look: Look, cells: Cells) -> None:
    """Add a review."""
    decision = review.decision
    _by_due("review-4w", decision, ("all",), look, cells)
    kept = came_in_time(decision, "all", look)
    if kept is None or decision.done_on is None:
        return
    if look.holds(decision.starts_on):
        cells.count(Cell("review-4w", "meeting", "all"), kept)
    if look.holds(decision.done_on):
        cells.count(Cell("review-4w", "outcome", "all"), kept)


def working_days_between(start: date, end: date) -> int:
    """Working days after `start` up to and with `end`; none when `end` is not after it."""
    days = (start + n * DAY for n in range(1, (end - start).days + 1))
    return sum(map(is_working_day, days))


def _by_result(measure: str, timed: Timed, look: Look, cells: Cells) -> None:
    for basis in CLAIMED_BASES:
        kept = came_in_time(timed, basis, look)
        if kept is not None:
            for cohort in _cohorts(timed, look):
                cells.count(Cell(measure, cohort, basis), kept)


def _by_due(
    measure: str, timed: Timed, bases: tuple[Basis, ...], look: Look, cells: Cells, service: str | None = None
) -> None:
    if not look.holds(timed.plain_due_on) and (timed.due_on is None or not look.holds(timed.due_on)):
        return  # as most
    for basis in bases:
        kept = kept_when_due(timed, basis, look)
        if kept is not None:
            cells.count(Cell(measure, "due", basis, service), kept)


def _cohorts(timed: Timed, look: Look) -> list[Cohort]:
    """The cohorts of the period that something with an outcome belongs to."""
    days: tuple[tuple[Cohort, date | None], ...] = (("receipt", timed.starts_on), ("outcome", timed.done_on))
    return [cohort for cohort, day in days if day is not None and look.holds(day)]


def _plan(case: CaseOutcome, issued_on: date, look: Look, cells: Cells) -> None:
    plan, length = case.plan, issued_on - case.received_on
    for basis in CLAIMED_BASES:
        kept = came_in_time(plan, basis, look)
        if kept is None:
            continue
        for cohort in _cohorts(plan, look):
            cells.count(Cell("plan-20w", cohort, basis), kept)
            cells.count(Cell("plan-20-52w", cohort, basis), not kept and length <= YEAR)
            cells.count(Cell("plan-over-52w", cohort, basis), not kept and length > YEAR)
            cells.observe(Cell("plan-days", cohort, basis), length.days)
    if look.holds(issued_on):
        stopped = plan.stopped_on is not None and plan.stopped_on < issued_on
        cells.count(Cell("plan-uncounted", "outcome", "all"), stopped)
        cells.count(Cell("plan-without-advice", "outcome", "all"), case.issued_without > 0)


def _sending(advice: AdviceOutcome, look: Look, cells: Cells) -> None:
    if advice.decided_on is None or not look.holds(advice.decided_on) or not look.happened(advice.sent_on):
        return
    days = working_days_between(advice.decided_on, advice.sent_on)
    cells.count(Cell("sent-2wd", "decision", "all", advice.service), days <= SEND_WORKING_DAYS)
    cells.observe(Cell("send-days", "decision", "all", advice.service), days)


def _routing(advice: AdviceOutcome, look: Look, cells: Cells) -> None:
    if advice.delivered_on is None or not look.holds(advice.delivered_on):
        return
    allocated_on = advice.allocated_on if look.happened(advice.allocated_on) else None
    cells.count(Cell("routed", "delivery", "all", advice.service), allocated_on is not None)
    if allocated_on is not None:
        days = max(0, (allocated_on - advice.delivered_on).days)
        cells.observe(Cell("route-days", "delivery", "all", advice.service), days)


def _missing(advice: AdviceOutcome, look: Look, cells: Cells) -> None:
    """What was missing from a plan of the period, and when it came."""
    if advice.missing_on is None or not look.holds(advice.missing_on):
        return
    came_on = advice.limit.done_on if look.happened(advice.limit.done_on) else None
    cells.count(Cell("advice-missing", "outcome", "all", advice.service), True)
    cells.count(Cell("missing-arrived", "outcome", "all", advice.service), came_on is not None)
    if came_on is not None:
        cells.observe(Cell("lag-days", "outcome", "all", advice.service), (came_on - advice.missing_on).days)


def _coming(advice: AdviceOutcome, look: Look, cells: Cells) -> None:
    """Advice that came, existed already or was sent back in the period: each is counted on its own day."""
    came_on, returned_on = advice.limit.done_on, advice.returned_on
    if came_on is not None and look.holds(came_on):
        cells.count(Cell("advice-reused", "outcome", "all", advice.service), advice.by_existing)
        if not advice.by_existing:
            cells.count(Cell("advice-returned", "outcome", "all", advice.service), False)
    if returned_on is not None and look.holds(returned_on):
        cells.count(Cell("advice-returned", "outcome", "all", advice.service), True)
