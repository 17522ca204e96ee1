"""Reviews of a plan: when each is due, its meeting, and the amendments that follow from it."""

from datetime import date

from hub.core.cases.matter import Matter, Told
from hub.core.cases.plans import Plan, Plans
from hub.core.facts.data import date_in
from hub.core.facts.fact import Fact
from hub.core.questions import ask

HELD, SCHEDULED, DECIDED = "review.held", "review.scheduled", "review.decided"
NOTICE = "review.amendment-notice-sent"
CIRCULATED = "review.advice-circulated"
EVENTS = (HELD, SCHEDULED, CIRCULATED, "review.report-sent", DECIDED, NOTICE)
BEFORE = frozenset({CIRCULATED})
"""What is done before the meeting."""

MEETING, COMPLETE = "review.meeting", "review.decided:complete"


class Reviews:
    """The reviews by plan, and the matters that clocks run for."""

    def __init__(self, told: Told, plans: Plans) -> None:
        self.matters: list[Matter] = []
        self._told = told
        self._plan_of: dict[str, Plan] = {}
        groups = self._grouped(plans)
        self._decided: dict[str, list[Fact]] = {}
        reviews: dict[str, list[Matter]] = {}
        for id_, facts in sorted(groups.items()):
            matter = self._review(id_, facts)
            reviews.setdefault(self._plan_of[id_].id, []).append(matter)
        for plan in plans.plans:
            self._work_through(plan, reviews.get(plan.id, []))

    def decided_of(self, plan: Plan) -> list[Fact]:
        """The decisions told about a plan's reviews, in order."""
        return self._decided.get(plan.id, [])

    def _grouped(self, plans: Plans) -> dict[str, list[Fact]]:
        """By review; an event that names none, and is no row of one's, is about the last meeting held before it."""
        groups: dict[str, list[Fact]] = {}
        loose: list[Fact] = []
        known = {self._told.id_of(fact, "review") for fact in self._told.of(HELD, SCHEDULED)}
        for fact in self._told.of(*EVENTS):
            id_ = self._told.id_of(fact, "review")
            if fact.kind in (HELD, SCHEDULED) or "review" in fact.subject or id_ in known:
                groups.setdefault(id_, []).append(fact)
                self._plan_of.setdefault(id_, plans.of(fact))
            else:
                loose.append(fact)
        for fact in loose:
            id_ = self._last_held(plans.of(fact), fact.on, groups) or self._told.id_of(fact, "review")
            groups.setdefault(id_, []).append(fact)
            self._plan_of.setdefault(id_, plans.of(fact))
        return groups

    def _last_held(self, plan: Plan, day: date, groups: dict[str, list[Fact]]) -> str | None:
        held = [
            (fact.on, id_)
            for id_, facts in groups.items()
            if self._plan_of[id_] is plan
            for fact in facts
            if fact.kind == HELD and fact.on <= day
        ]
        return max(held)[1] if held else None

    def _review(self, id_: str, facts: list[Fact]) -> Matter:
        plan = self._plan_of[id_]
        matter = Matter("review", id_, plan.shown() | {"review": id_}, facts[0], self._told.seen_on(facts), plan.case)
        by_kind: dict[str, list[Fact]] = {}
        for fact in facts:
            by_kind.setdefault(fact.kind, []).append(fact)
        self._meet(matter, by_kind.pop(SCHEDULED, []), by_kind.pop(HELD, []))
        held = matter.moments.get(HELD, date.min)
        for kind, said in by_kind.items():
            self._told.follow(matter, said, date.min if kind in BEFORE else held)
        self._complete(matter)
        return matter

    def _meet(self, matter: Matter, scheduled: list[Fact], held: list[Fact]) -> None:
        """The meeting that was held, else the one arranged last."""
        for fact in self._told.believed(matter.id, scheduled)[-1:] if scheduled else ():
            meeting = date_in(fact.data, "meeting_on")
            if meeting is None:
                self._told.questions.append(ask("meeting-date", fact))
            else:
                matter.moments[MEETING], matter.because[MEETING] = meeting, fact
        if held:
            matter.start = self._told.believed(matter.id, held)[0]
            for moment in (HELD, MEETING):
                matter.moments[moment], matter.because[moment] = matter.start.on, matter.start

    def _complete(self, matter: Matter) -> None:
        """A decision to amend is told only together with the proposed amendments (reg 22(2), 20(10))."""
        moments, because = matter.moments, matter.because
        if DECIDED not in moments:
            return
        if f"{DECIDED}:amend" not in moments:
            matter.mark(COMPLETE, moments[DECIDED], because[DECIDED])
        elif NOTICE in moments:
            last = max(DECIDED, NOTICE, key=lambda moment: moments[moment])
            matter.mark(COMPLETE, moments[last], because[last])

    def _work_through(self, plan: Plan, reviews: list[Matter]) -> None:
        found = [(matter.moments[DECIDED], matter.id, matter) for matter in reviews if DECIDED in matter.moments]
        decided = sorted(found, key=lambda item: item[:2])
        self._decided[plan.id] = [matter.because[DECIDED] for _, _, matter in decided]
        if plan.issued is not None:
            self.matters.append(self._plan(plan, [item for item in decided if item[0] >= plan.issued.on]))
        for number, (day, id_, review) in enumerate(decided):
            self.matters.append(self._cycle(plan, review, decided[number + 1 :], day, id_))
        amendments = [self._amendment(review) for review in reviews if NOTICE in review.moments]
        self._amend(plan, reviews, amendments)
        for matter in (*reviews, *amendments):
            self._add(matter, plan)

    def _plan(self, plan: Plan, decided: list[tuple[date, str, Matter]]) -> Matter:
        issued = plan.issued
        assert issued is not None
        matter = Matter("plan", plan.id, plan.shown(), issued, self._told.seen_on([issued]), plan.case)
        matter.mark("plan.issued", issued.on, issued)
        for day, _, review in decided[:1]:
            matter.mark(DECIDED, day, review.because[DECIDED])
        self._end(matter, plan, issued.on)
        return matter

    def _cycle(self, plan: Plan, review: Matter, later: list[tuple[date, str, Matter]], day: date, id_: str) -> Matter:
        fact = review.because[DECIDED]
        matter = Matter("cycle", id_, plan.shown() | {"review": id_}, fact, self._told.seen_on([fact]), plan.case)
        matter.mark(DECIDED, day, fact)
        for next_day, _, following in later[:1]:
            matter.mark(f"{DECIDED}:next", next_day, following.because[DECIDED])
        self._end(matter, plan, day)
        return matter

    def _amendment(self, review: Matter) -> Matter:
        """One notice of proposed amendments, from a review or outside one (reg 28)."""
        fact = review.because[NOTICE]
        matter = Matter("amendment", review.id, dict(review.shown), fact, self._told.seen_on([fact]), review.case)
        matter.mark(NOTICE, review.moments[NOTICE], fact)
        return matter

    def _amend(self, plan: Plan, reviews: list[Matter], amendments: list[Matter]) -> None:
        """Each amendment is of the review it names, else of the last one held, or told of, before it."""
        for fact in plan.amended:
            if "reassessment" in fact.subject:
                continue
            named = self._told.named(fact, "review")
            for matters in (reviews, amendments):
                fits = [matter for matter in matters if self._amends(matter, named, fact.on)]
                if fits:
                    max(fits, key=lambda matter: (_begun(matter), matter.id)).mark("plan.amended", fact.on, fact)

    @staticmethod
    def _amends(matter: Matter, named: str | None, day: date) -> bool:
        return _begun(matter) <= day and named in (None, matter.id)

    def _add(self, matter: Matter, plan: Plan) -> None:
        self._end(matter, plan, _begun(matter))
        self.matters.append(matter)

    @staticmethod
    def _end(matter: Matter, plan: Plan, begun: date) -> None:
        plan.close(matter)
        for fact in plan.moved_in:
            if fact.on >= begun:
                matter.mark("plan.moved-in", fact.on, fact)


def _begun(matter: Matter) -> date:
    for moment in (HELD, NOTICE):
        if moment in matter.moments:
            return matter.moments[moment]
    return matter.start.on
