"""Exemptions: dated claims that a limit was impractical to keep, and whether each fits the rule it is claimed against.

An exemption lifts the limit; it never pauses a count and never moves a date: "as soon as practicable" stays. The lists
of grounds are closed (regs 5(4), 8(2), 10(4), 13(3), 27(3), 44(3)): a ground that a row does not name lifts nothing.
"""

from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from hub.core.cases.body import Body
from hub.core.cases.claims import Appointment, Claim
from hub.core.clocks.rule import Rule
from hub.core.days import DAY

WEEK = timedelta(weeks=1)
CLOSURE_DAYS = 28
"""A continuous closure of four weeks: half-terms, Christmas and Easter never are, the summer holidays usually are."""

ClaimState = Literal["accepted", "waiting", "refused", "not-valid", "unclaimed"]


class Judged(NamedTuple):
    """A claim beside one deadline. `fits` says whether ground and dates fit its rule, `reason` why or why not.

    `state`: *accepted* lifts the limit; *waiting* for an officer, or for the days that an absence without a last day
    has still to last; *refused* by an officer; *not-valid*, claimed although it does not fit; *unclaimed*, a ground in
    the facts that nobody has claimed. Only an accepted one lifts. `fits_on` is the first day of such an absence on
    which it will fit by time alone; None once it does, and for what never will.
    """

    claim: str | None
    ground: str
    starts: date | None
    ends: date | None
    state: ClaimState
    fits: bool
    reason: str
    fits_on: date | None = None

    @property
    def lifts(self) -> bool:
        """Whether it lifts the limit."""
        return self.state == "accepted"

    def to_json(self) -> dict[str, Any]:
        """As a deadline shows it (`schemas.deadlines.Exemption`)."""
        return {
            "claim": self.claim,
            "ground": self.ground,
            "from": self.starts,
            "to": self.ends,
            "state": self.state,
            "fits": self.fits,
            "reason": self.reason,
        }


class Period(NamedTuple):
    """The period of one deadline, the bodies that must act in it (the one asked, and those it passed the request on
    to), and the appointments that the child missed. `known_to` is the last day known of an absence that has no last
    day of its own: the day looked at or, where it has `ended`, that on which the deadline did."""

    starts_on: date
    due_on: date
    known_to: date
    ended: bool
    bodies: tuple[Body, ...]
    appointments: tuple[Appointment, ...] = ()


def judge(rule: Rule, claims: tuple[Claim, ...], period: Period) -> tuple[Judged, ...]:
    """Each claim against one deadline of a rule, and the grounds in the facts that nobody has claimed."""
    return (*(_judge(rule, claim, period) for claim in claims), *_unclaimed(rule, claims, period))


def _unclaimed(rule: Rule, claims: tuple[Claim, ...], period: Period) -> list[Judged]:
    """Missed appointments that would fit but that no claim cites: shown, so that somebody may claim."""
    if "missed-appointment" not in rule.exemptions or not period.appointments:
        return []
    cited = {missed.record for claim in claims for missed in _cited(claim, period)}
    return [
        Judged(None, "missed-appointment", missed.on, missed.on, "unclaimed", True, "In the facts, claimed by nobody.")
        for missed in period.appointments
        if missed.record not in cited and _missed(missed, period) is None
    ]


def _judge(rule: Rule, claim: Claim, period: Period) -> Judged:
    wrong = _wrong(rule, claim, period)
    fits_on = _lasts_on(rule, claim, period) if wrong is not None else None
    state: ClaimState
    if claim.decision == "refused":
        state = "refused"
    elif wrong is None:
        state = claim.decision
    elif fits_on is not None:
        state = "waiting"
    else:
        state = "not-valid" if claim.decision == "accepted" else "waiting"
    reason = f"{wrong} It fits from {fits_on} if it lasts until then." if fits_on else wrong or _fits(claim)
    return Judged(claim.id, claim.ground, claim.starts, claim.ends, state, wrong is None, reason, fits_on)


def _fits(claim: Claim) -> str:
    if claim.closed_from is None:
        return "It fits the rule."
    return (
        f"It fits the rule: closed from {claim.closed_from} until {claim.reopens_on}, asked on "
        f"{claim.advice_requested_on}."
    )


def _wrong(rule: Rule, claim: Claim, period: Period) -> str | None:
    """Why a claim does not fit, or None."""
    if claim.ground not in rule.exemptions:
        return "This ground does not lift this limit: the regulations' list is closed."
    if claim.starts is not None and claim.ends is not None and claim.ends < claim.starts:
        return "Its last day lies before its first: correct the dates."
    if claim.ground in ("school-closure", "early-years-closure"):
        return _closure(claim, period)
    if claim.ground == "absence":
        return _absence(claim, period, rule.absence_days)
    if claim.ground == "missed-appointment":
        return _appointment(claim, period)
    return _circumstances(claim, period)


def _closure(claim: Claim, period: Period) -> str | None:
    """The institution must have been asked for advice inside the window from one week before a closure of four weeks or
    more until one week before it reopens: the date on which it was asked decides, not that of the request."""
    closed, reopens, asked = claim.closed_from, claim.reopens_on, claim.advice_requested_on
    if closed is None or reopens is None or asked is None:
        return "The closing date, the reopening date and the day on which that institution was asked are needed."
    if (reopens - closed).days < CLOSURE_DAYS:
        return "The closure is shorter than four weeks."
    if not closed - WEEK <= asked <= reopens - WEEK:
        return "The institution was not asked between one week before closing and one week before reopening."
    if asked > period.due_on:
        return "The institution was asked after the last day: a limit that had been missed was not impractical to keep."
    return None


def _absence(claim: Claim, period: Period, days: int) -> str | None:
    """Away from the area continuously for four weeks (two for an order), inside the period. Without a last day it goes
    on, as far as is known: it counts once it has lasted so long."""
    if claim.starts is None:
        return "The first day of the absence is needed."
    inside = (min(claim.ends or period.known_to, period.due_on) - max(claim.starts, period.starts_on)) + DAY
    if inside.days < days:
        return f"Fewer than {days} days of the absence lie inside the period."
    return None


def _lasts_on(rule: Rule, claim: Claim, period: Period) -> date | None:
    """The first day on which an absence without a last day will have lasted long enough, if that day is still to come
    and inside the period."""
    goes_on = claim.ground == "absence" and claim.ends is None and not period.ended
    if not goes_on or claim.starts is None or claim.ground not in rule.exemptions:
        return None
    day = max(claim.starts, period.starts_on) + timedelta(days=rule.absence_days - 1)
    return day if period.known_to < day <= period.due_on else None


def _circumstances(claim: Claim, period: Period) -> str | None:
    if claim.starts is None:
        return "The first day of the circumstances is needed."
    if claim.starts > period.due_on or (claim.ends or period.due_on) < period.starts_on:
        return "The circumstances lie outside the period."
    return None


def _appointment(claim: Claim, period: Period) -> str | None:
    cited = _cited(claim, period)
    if not cited:
        return "It cites no missed appointment that is known: name its record, or its day as the first day."
    reasons = [_missed(missed, period) for missed in cited]
    return None if None in reasons else reasons[0]


def _cited(claim: Claim, period: Period) -> tuple[Appointment, ...]:
    """The appointment whose record the claim names; else those on its days; else, where it gives neither, the only one
    known."""
    if claim.ground != "missed-appointment":
        return ()
    if claim.cites is not None:
        return tuple(missed for missed in period.appointments if missed.record == claim.cites)
    if claim.starts is not None:
        last = claim.ends or claim.starts
        return tuple(missed for missed in period.appointments if claim.starts <= missed.on <= last)
    return period.appointments if len(period.appointments) == 1 else ()


def _missed(missed: Appointment, period: Period) -> str | None:
    if missed.made_by is None:
        return "Who made the appointment is not stated: it must have been the body asked."
    if not any(missed.made_by.could_be(body) for body in period.bodies):
        return "The appointment was made by another body than the one asked."
    if not period.starts_on <= missed.on <= period.due_on:
        return "The appointment lies outside the body's six weeks."
    return None
