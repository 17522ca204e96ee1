"""Plans in force, and what follows from having one: its draft, its reviews, its amendments and its end."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from hub.core.cases.case import SERVED, Case, Cases, served_on
from hub.core.cases.matter import Matter, Told
from hub.core.facts.fact import Fact
from hub.core.questions import ask

UNKNOWN_PLAN = ""
"""Stands for the plan of a child whose plan's issue the hub has not heard of: plans older than the feed are many."""


@dataclass(slots=True)
class Plan:
    """One plan. `id` is its case's where the case is known, so that it is the same before and after a plan id is.

    `ends` are the days and facts that end an authority's duties about it. `amended` are its amendments, in order.
    """

    id: str
    plan_id: str | None
    case: Case | None
    issued: Fact | None
    ends: dict[str, Fact] = field(default_factory=dict)
    moved_in: list[Fact] = field(default_factory=list)
    amended: list[Fact] = field(default_factory=list)

    @property
    def issued_on(self) -> date | None:
        """The day it was first made, by whichever authority made it."""
        return self.issued.effective_on if self.issued else None

    def shown(self) -> dict[str, str]:
        """Its ids."""
        ids = {"request": self.case.id if self.case else None, "plan": self.plan_id}
        return {name: id_ for name, id_ in ids.items() if id_}

    def in_force(self, day: date) -> bool:
        """Whether an event of that day could be about it."""
        made, over = self.issued_on, min((fact.on for fact in self.ends.values()), default=date.max)
        return (made is None or made <= day) and day <= over

    def close(self, matter: Matter) -> None:
        """What ended the plan ended the matter too."""
        for moment, fact in self.ends.items():
            matter.mark(moment, fact.on, fact)


class Plans:
    """A child's plans, and which of them a fact is about."""

    def __init__(self, told: Told, cases: Cases) -> None:
        self.plans = [*_of_cases(told, cases), *_loose(told, cases)]
        self._told = told
        self._by_id = {plan.plan_id: plan for plan in self.plans if plan.plan_id}
        self._by_case = {plan.case.id: plan for plan in self.plans if plan.case is not None}
        self._cases = cases
        _end(self, told)

    def of(self, fact: Fact) -> Plan:
        """The plan that a fact names, itself or by its request; else the only one in force; else one not known."""
        named = self._told.named(fact, "plan")
        if named in self._by_id:
            return self._by_id[named]
        case = self._cases.by_request.get(self._told.named(fact, "request") or "")
        if case is not None and case.id in self._by_case:
            return self._by_case[case.id]
        if named is None:
            fits = [plan for plan in self.plans if plan.in_force(fact.on)]
            if len(fits) == 1:
                return fits[0]
        return self._add(named)

    def _add(self, plan_id: str | None) -> Plan:
        key = plan_id or UNKNOWN_PLAN
        if key not in self._by_id:
            self._by_id[key] = Plan(_own(key), plan_id, None, None)
            self.plans.append(self._by_id[key])
        return self._by_id[key]


def drafts_of(told: Told, cases: Cases) -> list[Matter]:
    """For each draft sent in a case, the family's days from its service: whenever a draft is sent they have them (reg
    13(1)(a)). Only what came after it ends them. A first draft goes by its case, a later one by its number as well."""
    return [_draft(fact, n, case, told) for case in cases.cases for n, fact in enumerate(case.drafts, 1)]


def _draft(fact: Fact, number: int, case: Case, told: Told) -> Matter:
    id_ = case.id if number == 1 else f"{case.id}|draft:{number}"
    matter = Matter("draft", id_, {"request": case.id}, fact, told.seen_on([fact]), case)
    if "plan" in fact.subject:
        matter.shown["plan"] = fact.subject["plan"]
    matter.mark(SERVED, served_on(fact), fact)
    for moment in ("assessment.withdrawn", "child.moved-away", "child.died", "plan.issued"):
        if moment in case.moments and case.moments[moment] >= fact.on:
            matter.mark(moment, case.moments[moment], case.because[moment])
    return matter


def _of_cases(told: Told, cases: Cases) -> Iterable[Plan]:
    for case in cases.cases:
        issued = case.because.get("plan.issued")
        if issued is not None:
            yield Plan(case.id, told.named(issued, "plan"), case, issued)


def _loose(told: Told, cases: Cases) -> Iterable[Plan]:
    """Plans of no request that is known: each by its own id, from the first day on which it is said to be issued."""
    issued: dict[str, list[Fact]] = {}
    for fact in cases.loose_plans:
        if fact.kind == "plan.issued":
            issued.setdefault(told.id_of(fact, "plan"), []).append(fact)
    for id_, facts in issued.items():
        yield Plan(_own(id_), id_, None, told.first(id_, facts))


def _own(plan_id: str) -> str:
    """A plan's subject where its case is not known: no source's request has such an id."""
    return f"plan:{plan_id}"


def _end(plans: Plans, told: Told) -> None:
    """Who ceases, moves or amends which plan."""
    area = told.precedence.area
    for fact in told.of("plan.amended"):
        plans.of(fact).amended.append(fact)
    ceased: dict[str, list[Fact]] = {}
    for fact in told.of("plan.ceased"):
        ceased.setdefault(plans.of(fact).id, []).append(fact)
    for plan in plans.plans:
        for fact in told.believed(plan.id, ceased[plan.id]) if plan.id in ceased else ():
            if fact.on < (plan.issued_on or date.min):
                told.questions.append(ask("ends-before-start", fact, beside=f"the plan was issued on {plan.issued_on}"))
            else:
                plan.ends.setdefault("plan.ceased", fact)
    left: dict[str, list[Fact]] = {}
    for fact in told.of("transfer.area"):
        direction = fact.data.get("direction")
        plan = plans.of(fact)
        if direction == "in":
            plan.moved_in.append(fact)
        elif direction == "out" and (plan.issued is None or _same(area(plan.issued.source), area(fact.source))):
            left.setdefault(plan.id, []).append(fact)
    for plan in plans.plans:
        came = max((fact.on for fact in plan.moved_in), default=date.min)
        for fact in left.get(plan.id, ()):
            if fact.on > came:  # else an area here has taken it over, or it has come back
                plan.ends.setdefault("plan.moved-away", fact)


def _same(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other
