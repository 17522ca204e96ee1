"""A child's cases: asked for, decided, refused, withdrawn, drafted, issued or still open, in Buckinghamshire's time."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hub.simulator import rates
from hub.simulator.advice_lives import AdviceWriter
from hub.simulator.pen import Pen, friday, office
from hub.simulator.people import Child
from hub.simulator.truths import Advice, Case, Life, Truth
from schemas.instants import london_day

_NEIGHBOURS = ("931", "872", "938", "940")
"""DfE codes of areas that families move to."""

_PLAN_LIMIT = 140


@dataclass(frozen=True, slots=True)
class _Story:
    """The dates that a case turns on, before anybody records them."""

    decided_on: date
    refused: bool = False
    withdrawn_on: date | None = None
    no_plan_on: date | None = None
    draft_on: date | None = None
    issued_on: date | None = None

    @property
    def ended_on(self) -> date | None:
        """When it is no longer open."""
        ends = [self.withdrawn_on, self.no_plan_on, self.issued_on, self.decided_on if self.refused else None]
        return min((day for day in ends if day), default=None)


def write_life(pen: Pen, child: Child, received_on: date, backlog: bool) -> Life:
    """A child whose request was received on a day; `backlog`: it is open on the first day."""
    story = _open_story(pen, received_on) if backlog else _story(pen, received_on)
    cases = [_write_case(pen, child, received_on, story)]
    if story.refused and not backlog and pen.chance(rates.ASKS_AGAIN):
        again_on = story.decided_on + pen.days(14, 50)
        if again_on < pen.last_day:
            cases.append(_write_case(pen, child, again_on, _story(pen, again_on)))
    return Life(child, tuple(case for case in cases if case.truths))


def _open_story(pen: Pen, received_on: date) -> _Story:
    """One that is open on the first day. Of those beyond 20 weeks, few are not open for lack of a plan alone."""
    if (pen.first_day - received_on).days > _PLAN_LIMIT:
        return _old_story(pen, received_on)
    while True:
        story = _story(pen, received_on)
        if story.ended_on is None or story.ended_on > pen.first_day:
            return story


def _old_story(pen: Pen, received_on: date) -> _Story:
    decided_on = _decided_on(pen, received_on)
    withdrawn_on = pen.first_day + pen.days(1, 200) if pen.chance(rates.WITHDRAWN_LATER) else None
    issued_on = friday(pen.first_day + timedelta(days=3 + round(pen.rng.expovariate(1 / rates.PLAN_BACKLOG_MEAN_DAYS))))
    return _planned(pen, decided_on, withdrawn_on, max(issued_on, decided_on + timedelta(days=60)))


def _story(pen: Pen, received_on: date) -> _Story:
    decided_on = _decided_on(pen, received_on)
    if pen.chance(rates.WITHDRAWN):
        before = min(40, (decided_on - received_on).days - 1)
        return _Story(decided_on, withdrawn_on=received_on + pen.days(3, before))
    if pen.chance(rates.REFUSED):
        return _Story(decided_on, refused=True)
    withdrawn_on = decided_on + pen.days(10, 200) if pen.chance(rates.WITHDRAWN_LATER) else None
    if pen.chance(rates.NO_PLAN) and withdrawn_on is None:
        return _Story(decided_on, no_plan_on=office(received_on + pen.days(113, 200)))
    wait = pen.wait(rates.PLAN_IN_TIME, 112, 138, _PLAN_LIMIT, rates.PLAN_LATE_MEAN_DAYS)
    return _planned(pen, decided_on, withdrawn_on, friday(received_on + wait))


def _decided_on(pen: Pen, received_on: date) -> date:
    return friday(received_on + pen.wait(rates.DECIDED_IN_TIME, 14, 39, 42, 14))


def _planned(pen: Pen, decided_on: date, withdrawn_on: date | None, issued_on: date) -> _Story:
    """The draft goes out at least 15 days before the plan, for the family to answer."""
    draft_on = max(friday(issued_on - pen.days(18, 45)), office(decided_on + timedelta(days=10)))
    if withdrawn_on and withdrawn_on < draft_on:
        return _Story(decided_on, withdrawn_on=withdrawn_on)
    return _Story(decided_on, draft_on=draft_on, issued_on=max(issued_on, office(draft_on + timedelta(days=16))))


def _write_case(pen: Pen, child: Child, received_on: date, story: _Story) -> Case:
    return _CaseWriter(pen, child, received_on, story).write()


class _CaseWriter:
    """Writes one case down. The council records nothing of it before it has recorded the request."""

    def __init__(self, pen: Pen, child: Child, received_on: date, story: _Story) -> None:
        self._pen = pen
        self._child = child
        self._received_on = received_on
        self._story = story
        self._truths: list[Truth] = []
        self._request = pen.request_id()
        self._known_from = received_on

    def write(self) -> Case:
        requests = [self._request]
        first = self._receive(self._request, self._received_on)
        if first is None:
            return Case((self._request,), (), ())
        self._known_from = london_day(first.slip.recorded_at if first.slip else first.recorded_at)
        if self._pen.chance(rates.SECOND_REQUEST):
            requests += self._second(first)
        self._decide()
        advice = self._advise()
        self._plan()
        self._truths.sort(key=lambda truth: (truth.on, truth.recorded_at))
        return Case(tuple(requests), advice, tuple(self._truths))

    def _receive(self, request: str, received_on: date, not_before: date | None = None) -> Truth | None:
        pen = self._pen
        by = "young-person" if self._child.age(received_on) >= 16 and pen.chance(0.5) else "parent"
        if by == "parent" and not pen.chance(0.45):
            by = "school"
        latest = pen.last_day if received_on <= pen.last_day else None
        data: dict[str, Any] = {"by": by, "case_reference": request}
        truth = pen.council("assessment.requested", received_on, request, not_before=not_before, latest=latest, **data)
        return self._keep(truth)

    def _second(self, first: Truth) -> list[str]:
        """The school writes too, days after the parent: one request, from the earlier receipt."""
        on, known_on = self._received_on + self._pen.days(1, 9), first.told("webhook", "requests")
        if known_on is None or on >= min(self._story.decided_on, self._story.ended_on or self._story.decided_on):
            return []
        request = self._pen.request_id()
        return [request] if self._receive(request, on, not_before=known_on) else []

    def _decide(self) -> None:
        story = self._story
        if story.withdrawn_on and story.withdrawn_on <= story.decided_on:
            self._withdraw(story.withdrawn_on)
            return
        self._council("assessment.decided", story.decided_on, outcome="refuse" if story.refused else "assess")
        if story.withdrawn_on:
            self._withdraw(story.withdrawn_on)

    def _withdraw(self, on: date) -> None:
        moved = self._pen.chance(rates.MOVED)
        if moved:
            self._council("child.moved", on, to_area=self._pen.rng.choice(_NEIGHBOURS))
        self._council("assessment.withdrawn", on, reason="moved" if moved else "other")

    def _advise(self) -> tuple[Advice, ...]:
        story = self._story
        if story.refused or (story.withdrawn_on and story.withdrawn_on <= story.decided_on):
            return ()
        writer = AdviceWriter(self._pen, self._child, self._request, self._known_from, story.decided_on)
        writer.ends_on, writer.draft_on = story.withdrawn_on, story.draft_on
        writer.write()
        self._truths += writer.truths
        return tuple(writer.advice)

    def _plan(self) -> None:
        story = self._story
        if story.no_plan_on:
            self._council("plan.decided", story.no_plan_on, outcome="no-plan")
        if story.draft_on and story.draft_on >= self._pen.first_day:
            # The extract of requests has no column for the day the family was told that a plan will be made.
            self._council("plan.decided", story.draft_on, outcome="issue")
        if story.draft_on:
            self._council("plan.draft-sent", story.draft_on)
        if story.issued_on:
            self._council("plan.issued", story.issued_on)

    def _council(self, kind: str, on: date, **data: Any) -> None:
        self._keep(self._pen.council(kind, on, self._request, not_before=self._known_from, **data))

    def _keep(self, truth: Truth | None) -> Truth | None:
        if truth is not None:
            self._truths.append(truth)
        return truth
