"""Outcomes as children may have them: small alphabets, dates in any order within two years.

Children have many dates: each is one whole number, negative for none, so that drawing them stays cheap.
"""

from datetime import date, timedelta

from hypothesis import strategies as st

from hub.core.measures.look import Look
from hub.core.measures.outcome import AdviceOutcome, CaseOutcome, Existing, Outcomes, ReviewOutcome
from hub.core.measures.timed import Timed

FIRST = date(2025, 1, 1)

days = st.integers(0, 800).map(lambda n: FIRST + timedelta(days=n))
offsets = st.integers(-150, 500)
flags = st.integers(0, 7)
areas = st.sampled_from(["825", "826", None])
services = st.sampled_from(["camhs", "audiology", "unknown"])


def later(start: date, offset: int) -> date | None:
    """A day not before another, or none."""
    return None if offset < 0 else start + timedelta(days=offset)


def limit(starts_on: date, weeks: int, done_on: date | None, void: int, flag: int) -> Timed:
    """A limit; the flags are: a clock runs, what ended it was overturned, exempt."""
    last, void_on = starts_on + timedelta(weeks=weeks), later(starts_on, void)
    return Timed(
        starts_on=starts_on,
        due_on=last if flag & 1 else None,
        plain_due_on=last,
        done_on=done_on,
        void_on=void_on,
        stopped_on=None if flag & 2 else void_on,
        exempt=bool(flag & 4),
    )


@st.composite
def cases(draw: st.DrawFn) -> CaseOutcome:
    received_on = draw(days)
    decided, no_plan, issued, asked, complete, ended, void = draw(st.tuples(*[offsets] * 7))
    flag = draw(st.tuples(*[flags] * 5))
    issued_on, no_plan_on = later(received_on, issued), later(received_on, no_plan)
    return CaseOutcome(
        area=draw(areas),
        received_on=received_on,
        ended_on=later(received_on, ended),
        issued_on=issued_on,
        decision=limit(received_on, 6, later(received_on, decided), void, flag[0]),
        no_plan=limit(received_on, 16, no_plan_on, void, flag[1]) if no_plan_on else None,
        plan=limit(received_on, 20, issued_on, void, flag[2]),
        asked=limit(received_on, 8, later(received_on, asked), void, flag[3]),
        complete=limit(received_on, 12, later(received_on, complete), void, flag[4]),
        issued_without=max(0, draw(st.integers(-2, 2))),
        existing=tuple(draw(st.lists(st.builds(Existing, services, days), max_size=1))),
    )


@st.composite
def advices(draw: st.DrawFn) -> AdviceOutcome:
    requested_on = draw(days)
    received, answered, decided, delivered, allocated, returned, void = draw(st.tuples(*[offsets] * 7))
    flag = draw(flags)
    received_on, decided_on = later(requested_on, received), later(requested_on, decided)
    return AdviceOutcome(
        area=draw(areas),
        service=draw(services),
        limit=limit(requested_on, 6, received_on, void, flag),
        answered_on=later(requested_on, answered) or received_on,
        decided_on=decided_on and decided_on - timedelta(days=60),
        sent_on=requested_on,
        delivered_on=later(requested_on, delivered),
        allocated_on=later(requested_on, allocated),
        returned_on=later(requested_on, returned),
        missing_on=received_on - timedelta(days=9) if received_on and flag & 2 else None,
        by_existing=bool(flag & 1),
    )


@st.composite
def reviews(draw: st.DrawFn) -> ReviewOutcome:
    held_on, decided, void, flag = draw(st.tuples(days, offsets, offsets, flags))
    return ReviewOutcome(draw(areas), limit(held_on, 4, later(held_on, decided), void, flag))


@st.composite
def children(draw: st.DrawFn) -> Outcomes:
    return Outcomes(
        f"chd-{draw(st.integers(0, 5))}",
        tuple(draw(st.lists(cases(), max_size=2))),
        tuple(draw(st.lists(advices(), max_size=3))),
        tuple(draw(st.lists(reviews(), max_size=1))),
    )


@st.composite
def looks(draw: st.DrawFn) -> Look:
    from_on, to_on = sorted((draw(days), draw(days)))
    return Look(from_on, to_on, draw(days), draw(st.sampled_from([None, None, "825"])))
