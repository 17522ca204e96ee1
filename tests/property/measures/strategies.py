"""Outcomes as children may have them: small alphabets, dates in any order within two years."""

from datetime import date, timedelta

from hypothesis import strategies as st

from hub.core.measures.look import Look
from hub.core.measures.outcome import AdviceOutcome, CaseOutcome, Existing, Outcomes, ReviewOutcome
from hub.core.measures.timed import Timed

FIRST = date(2025, 1, 1)
DAYS = 800

days = st.integers(0, DAYS).map(lambda n: FIRST + timedelta(days=n))
maybe = st.none() | days
areas = st.sampled_from(["825", "826", None])
services = st.sampled_from(["camhs", "audiology", "unknown"])


@st.composite
def later(draw: st.DrawFn, start: date) -> date | None:
    """A day not before another, or none."""
    after = draw(st.none() | st.integers(0, 500))
    return None if after is None else start + timedelta(days=after)


@st.composite
def limits(draw: st.DrawFn, starts_on: date, weeks: int, done_on: date | None, has_clock: bool = True) -> Timed:
    last = starts_on + timedelta(weeks=weeks)
    void_on = draw(later(starts_on))
    return Timed(
        starts_on=starts_on,
        due_on=last if has_clock and draw(st.booleans()) else None,
        plain_due_on=last,
        done_on=done_on,
        void_on=void_on,
        stopped_on=draw(st.sampled_from([void_on, None])),
        exempt=draw(st.booleans()),
    )


@st.composite
def cases(draw: st.DrawFn) -> CaseOutcome:
    received_on = draw(days)
    issued_on, no_plan_on = draw(later(received_on)), draw(later(received_on))
    return CaseOutcome(
        area=draw(areas),
        received_on=received_on,
        ended_on=draw(later(received_on)),
        issued_on=issued_on,
        decision=draw(limits(received_on, 6, draw(later(received_on)))),
        no_plan=draw(limits(received_on, 16, no_plan_on)) if no_plan_on else None,
        plan=draw(limits(received_on, 20, issued_on)),
        asked=draw(st.none() | limits(received_on, 8, draw(later(received_on)))),
        complete=draw(st.none() | limits(received_on, 12, draw(later(received_on)))),
        issued_without=draw(st.integers(0, 3)),
        existing=tuple(draw(st.lists(st.builds(Existing, st.none() | services, days), max_size=2))),
    )


@st.composite
def advices(draw: st.DrawFn) -> AdviceOutcome:
    requested_on = draw(days)
    received_on = draw(later(requested_on))
    return AdviceOutcome(
        area=draw(areas),
        service=draw(services),
        limit=draw(limits(requested_on, 6, received_on)),
        answered_on=draw(st.sampled_from([received_on, requested_on]) | later(requested_on)),
        decided_on=draw(maybe),
        sent_on=requested_on,
        delivered_on=draw(later(requested_on)),
        allocated_on=draw(later(requested_on)),
        returned_on=draw(later(requested_on)),
        missing_on=None if received_on is None else draw(st.sampled_from([None, received_on - timedelta(days=9)])),
        by_existing=draw(st.booleans()),
    )


@st.composite
def reviews(draw: st.DrawFn) -> ReviewOutcome:
    held_on = draw(days)
    return ReviewOutcome(draw(areas), draw(limits(held_on, 4, draw(later(held_on)))))


child_ids = st.sampled_from([f"chd-{n}" for n in range(6)])


@st.composite
def children(draw: st.DrawFn) -> Outcomes:
    return Outcomes(
        draw(child_ids),
        tuple(draw(st.lists(cases(), max_size=2))),
        tuple(draw(st.lists(advices(), max_size=3))),
        tuple(draw(st.lists(reviews(), max_size=2))),
    )


@st.composite
def looks(draw: st.DrawFn) -> Look:
    from_on, to_on = sorted((draw(days), draw(days)))
    return Look(from_on, to_on, draw(days), draw(st.sampled_from([None, None, "825"])))
