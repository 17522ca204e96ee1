"""What the hub ought to hold on the last day, worked out from the truths alone: none of the hub's own code is used.

The rules are those of section 5a of the design and the first rows of the timetable: due dates are start + 7 x weeks, or
the day before when the day of receipt counts as the first; what ends a clock first decides its state, but that what was
due, when it comes after the clock was closed without it, is what counts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hub.simulator.feeds import CASES, TRACKER
from hub.simulator.partnership import Partnership
from hub.simulator.people import Child
from hub.simulator.truths import Advice, Case, Truth

DECISION, ADVICE, NO_PLAN, PLAN = (
    "assessment-decision-6w",
    "advice-6w",
    "no-plan-decision-16w",
    "final-plan-20w",
)
WEEKS = {DECISION: 6, ADVICE: 6, NO_PLAN: 16, PLAN: 20}


@dataclass(frozen=True, slots=True)
class Expected:
    """One deadline as it ought to be on the last day. `subject` is the request or latest advice, as `source/id`."""

    clock: str
    subject: str
    case_reference: str
    starts_on: date
    due_on: date
    due_on_day_one: date
    state: str
    met_on: date | None


@dataclass(frozen=True)
class Truths:
    """All that the hub ought to hold: by child the requests, and the advice and deadlines. Ids are `source/id`."""

    children: dict[str, frozenset[str]]
    advice: frozenset[str]
    deadlines: tuple[Expected, ...]

    @property
    def requests(self) -> frozenset[str]:
        """Every request."""
        return frozenset().union(*self.children.values())


def truths_of(partnership: Partnership) -> Truths:
    """What follows from a partnership on its last day."""
    children: dict[str, frozenset[str]] = {}
    advice: set[str] = set()
    deadlines: list[Expected] = []
    for life in partnership.lives:
        known = [_Known(life.child, case, partnership.last_day) for case in life.cases]
        requests = frozenset(f"{CASES}/{request}" for case in known for request in case.requests)
        if not requests:
            continue
        children[life.child.id] = requests
        for case in known:
            deadlines += case.deadlines()
            advice |= {f"{TRACKER}/{each.id}" for each in case.advice}
    return Truths(children, frozenset(advice), tuple(deadlines))


def reaches(child: Child, truth: Truth) -> bool:
    """Whether the hub can know, by the last day, of which child the truth is.

    The case management's own id tells it. A tracker's row is matched by a verified NHS number or a UPN, a trust's
    message by a verified number alone.
    """
    if truth.told("requests", "webhook"):
        return True
    return bool((truth.told("tracker") and child.traceable) or (truth.told("bars") and child.verified))


class _Known:
    """What of a case is known by the last day."""

    def __init__(self, child: Child, case: Case, day: date) -> None:
        self._day = day
        self._truths = [truth for truth in case.truths if reaches(child, truth)]
        told = sorted((t.on, t.request) for t in self._of("assessment.requested"))
        self.requests = [request for _, request in told]
        self._received_on = told[0][0] if told else day
        asked = {truth.advice for truth in self._of("advice.requested")}
        self.advice = [advice for advice in case.advice if advice.id in asked]

    def deadlines(self) -> Iterator[Expected]:
        """The four clocks of the case and its advice."""
        if not self.requests:
            return
        ended = [*self._when("assessment.withdrawn"), *self._when("child.moved")]
        refused = self._when("assessment.decided", outcome="refuse")
        no_plan = self._when("plan.decided", outcome="no-plan")
        issued = self._when("plan.issued")
        planned = [*self._when("plan.decided", outcome="issue"), *self._when("plan.draft-sent"), *issued]
        void = [*ended, *refused]
        yield self._case_deadline(DECISION, met=self._when("assessment.decided"), void=ended)
        yield self._case_deadline(NO_PLAN, met=no_plan, void=[*planned, *void])
        yield self._case_deadline(PLAN, met=issued, void=[*no_plan, *void])
        replaced = {advice.replaces for advice in self.advice}
        for latest in self.advice:
            if latest.id not in replaced:
                yield self._advice_deadline(self._chain(latest), void)

    def _case_deadline(self, clock: str, met: list[date], void: list[date]) -> Expected:
        return self._deadline(clock, f"{CASES}/{self.requests[0]}", self._received_on, met, [], void)

    def _advice_deadline(self, chain: list[Advice], void: list[date]) -> Expected:
        """From when the first request of the chain reached the body, to what answers the last."""
        first, latest = chain[0].id, chain[-1].id
        start = min(self._when("advice.delivered", first) or self._when("advice.requested", first))
        back = max(self._when("advice.returned", latest), default=date.min)
        received = [t for t in self._of("advice.received", latest) if t.on > back and t.data.get("final") is not False]
        usable = [truth for truth in received if not truth.data.get("not_known")]
        closed = [truth.on for truth in received if truth.data.get("not_known")]
        closed += [on for on in self._when("advice.declined", latest) if on > back]
        cancelled = self._when("advice.cancelled", latest)
        return self._deadline(ADVICE, f"{TRACKER}/{latest}", start, _believed(usable), closed, [*cancelled, *void])

    def _chain(self, latest: Advice) -> list[Advice]:
        known = {advice.id: advice for advice in self.advice}
        chain = [latest]
        while (before := known.get(chain[0].replaces or "")) is not None:
            chain.insert(0, before)
        return chain

    def _deadline(
        self, clock: str, subject: str, start: date, met: list[date], closed: list[date], void: list[date]
    ) -> Expected:
        due_on = start + timedelta(weeks=WEEKS[clock])
        ends = [(on, 0, "met" if on <= due_on else "met-late") for on in met]
        ends += [(on, 2, "void") for on in void]
        if min(ends, default=(date.max, 2, "void"))[1] == 2:  # what was due, if it came, stands before a close
            ends += [(on, 1, "closed") for on in closed]
        open_state = "running" if self._day <= due_on else "lapsed" if clock == NO_PLAN else "overdue"
        ended_on, _, state = min(ends, default=(None, 0, open_state))
        return Expected(
            clock=clock,
            subject=subject,
            case_reference=self.requests[0],
            starts_on=start,
            due_on=due_on,
            due_on_day_one=due_on - timedelta(days=1),
            state=state,
            met_on=ended_on if state in ("met", "met-late") else None,
        )

    def _of(self, kind: str, advice: str | None = None) -> list[Truth]:
        return [truth for truth in self._truths if truth.kind == kind and advice in (None, truth.advice)]

    def _when(self, kind: str, advice: str | None = None, **data: str) -> list[date]:
        found = self._of(kind, advice)
        return [truth.on for truth in found if all(truth.data.get(name) == value for name, value in data.items())]


def _believed(receipts: Iterable[Truth]) -> list[date]:
    """The council's date of receipt where it has one, else the trust's: the sources' precedence."""
    known = list(receipts)
    return [truth.on for truth in known if truth.trust is None] or [truth.on for truth in known]
