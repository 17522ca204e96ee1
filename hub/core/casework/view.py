"""A child's affairs as the facts known make them on one day, without any memory of the days before."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from hub.core.cases.advice import Chain
from hub.core.cases.body import Body
from hub.core.cases.case import Case, cases_of
from hub.core.cases.claims import Claims
from hub.core.cases.commissioner import Commissioners
from hub.core.cases.disagreement import Disagreement, Precedence
from hub.core.cases.headings import Heading, complete, headings_of
from hub.core.cases.matter import Matter
from hub.core.cases.matters import Matters
from hub.core.cases.placing import chains_of
from hub.core.cases.plans import Plan
from hub.core.cases.references import Aliases
from hub.core.cases.requests import Request, requests_of
from hub.core.casework.deaths import Death, death_of, tasks_of
from hub.core.casework.doubts import doubts_of
from hub.core.casework.outbound import INVALIDATED
from hub.core.casework.policy import Policy
from hub.core.casework.subjects import Said, Subjects
from hub.core.clocks.bodies import answerable, next_change
from hub.core.clocks.counting import limit_of
from hub.core.clocks.deadline import Deadline, Subject, changes_on, run, start_of
from hub.core.clocks.rule import Rule
from hub.core.facts.answers import ACKNOWLEDGED, acknowledged_in
from hub.core.facts.fact import Fact
from hub.core.facts.restriction import turns
from hub.core.facts.standing import stand
from hub.core.questions import Question, ask, unanswered

ICB = Body("icb")


@dataclass(slots=True)
class View:
    """What stands on `day`. `next_on` is the next day on which any of it could change without new facts.

    `area`: where there is no case, the one area whose feeds speak of the child; None also where several do. `headings`
    are each case's, by its id. `death`: how one was told, if it was; `invalidated`: whether the child's NHS
    number was withdrawn.
    """

    day: date
    facts: list[Fact]
    moving: tuple[str, ...]
    requests: dict[str, Request]
    cases: list[Case]
    area: str | None
    chains: list[Chain]
    headings: dict[str, list[Heading]]
    matters: list[Matter]
    plans: list[Plan]
    claims: Claims
    commissioners: Commissioners
    loose_plans: list[Fact]
    disagreements: list[Disagreement]
    questions: list[Question]
    death: Death | None
    restricted: bool
    invalidated: bool
    deadlines: list[Deadline] = field(default_factory=list)
    next_on: date | None = None


def view_of(facts: Iterable[Fact], day: date, policy: Policy) -> View:
    """The view of a day out of the facts known."""
    standing = stand(facts, day)
    aliases, precedence = Aliases(standing.of("subject.linked")), policy.precedence
    requests, questions, disagreements = requests_of(standing, aliases, precedence)
    cases = cases_of(requests, standing, aliases, precedence)
    chains, advice_questions = chains_of(standing, cases, requests, aliases, precedence)
    matters = Matters(standing, aliases, cases, precedence, chains)
    for chain in chains:
        disagreements += chain.disagreements
    view = View(
        day=day,
        facts=standing.facts,
        moving=standing.moving,
        requests=requests,
        cases=cases.cases,
        area=None if cases.cases else _area(standing.facts, precedence),
        chains=chains,
        headings={case.id: headings_of(case, [c for c in chains if c.case is case]) for case in cases.cases},
        matters=matters.found,
        plans=matters.plans,
        claims=Claims(standing, aliases, precedence),
        commissioners=Commissioners(standing, cases.cases, policy.area_icbs, precedence),
        loose_plans=cases.loose_plans,
        disagreements=disagreements + cases.disagreements + matters.told.disagreements,
        questions=standing.questions + questions + cases.questions + advice_questions + matters.told.questions,
        death=death_of(cases.died, standing.deaths),
        restricted=policy.restricted,
        invalidated=bool(standing.of(INVALIDATED)),
    )
    for case in view.cases:
        complete(case, view.headings[case.id], policy.required_headings)
    view.questions += doubts_of(view.cases, view.chains, view.matters, view.claims)
    view.questions += tasks_of(standing.deaths)
    acknowledged = acknowledged_in(standing.of(ACKNOWLEDGED))
    view.questions = unanswered(view.questions, acknowledged)
    subjects = Subjects(precedence, view.claims, cases, _by_subject(view.questions))
    _run_clocks(view, subjects, policy)
    view.questions = _once_each(unanswered(view.questions, acknowledged))
    view.disagreements.sort(key=lambda disagreement: (disagreement.about, disagreement.kind))
    bodies = {deadline.responsible for deadline in view.deadlines}
    days = [standing.next_on, *(next_change(body, day, policy.successions) for body in bodies)]
    view.next_on = min(filter(None, [*days, *(_next(deadline, day) for deadline in view.deadlines)]), default=None)
    return view


def _area(facts: Iterable[Fact], precedence: Precedence) -> str | None:
    """Somebody has to be asked about a child without a case too: the people of the one area that told of them. Who may
    know of them says nothing of whose they are."""
    told = {fact.source for fact in facts if not turns(fact)}
    areas = {area for source in told if (area := precedence.area(source)) is not None}
    return areas.pop() if len(areas) == 1 else None


def _run_clocks(view: View, subjects: Subjects, policy: Policy) -> None:
    for case in view.cases:
        _run_rules("case", subjects.of_case(case), "", case.lead.start, view, policy)
    for chain in view.chains:
        _run_rules("advice", subjects.of_chain(chain), chain.purpose, chain.start, view, policy)
    for matter in view.matters:
        _run_rules(matter.about, subjects.of_matter(matter), "", matter.start, view, policy)
    view.deadlines.sort(key=lambda deadline: (deadline.rule.clock, deadline.id))


def _run_rules(about: str, subject: Subject, purpose: str, start: Fact, view: View, policy: Policy) -> None:
    started, governed = False, False
    for rule in policy.rules_for(about, purpose, subject.responsible.role):
        moment = start_of(rule, subject.moments)
        if moment is None:
            continue
        started = True
        starts_on = subject.moments[moment]
        if not rule.is_valid(starts_on):
            continue
        governed = True
        limit = limit_of(rule, starts_on, subject.moments, subject.year, subject.directed)
        if limit is not None:
            bodies = _bodies(rule, subject, view.day, view, policy)
            deadline = run(rule, subject, moment, limit, view.day, bodies, policy.exempt_review_days)
            if deadline.ended_by is not None:  # whose duty it was does not change with a later commissioner
                ended_on = subject.moments[deadline.ended_by]
                deadline.responsible, deadline.answerable = _bodies(rule, subject, ended_on, view, policy)
            deadline.restricted = policy.restricted
            view.deadlines.append(deadline)
    if started and not governed:
        view.questions.append(ask("no-rule", start, subject.id))


def _bodies(rule: Rule, subject: Subject, day: date, view: View, policy: Policy) -> tuple[Body, Body]:
    """Who must act, and who answers for that body today. An ICB that is not named is the child's own of that day."""
    body = subject.responsible
    if rule.acts is not None and rule.acts != body.role:
        body = Body(rule.acts)
    if body == ICB:
        commissioner = view.commissioners.on(day)
        body = Body("icb", commissioner.ods if commissioner else None)
    return body, answerable(body, view.day, policy.successions)


def _once_each(questions: list[Question]) -> list[Question]:
    """One question for one matter, whichever facts raise it, in an order of their own."""
    found: dict[tuple[str, str], Question] = {}
    for question in sorted(questions):
        found.setdefault((question.code, question.about), question)
    return list(found.values())


def _by_subject(questions: list[Question]) -> Said:
    """What is unclear, in words, by the ids of what it is about."""
    said: dict[str, list[str]] = {}
    for question in questions:
        said.setdefault(question.subject, []).append(question.detail)

    def details(ids: list[str]) -> tuple[str, ...]:
        return tuple(sorted({detail for id_ in ids for detail in said.get(id_, ())})) if said else ()

    return details


def _next(deadline: Deadline, day: date) -> date | None:
    """The next day on which a deadline could change by itself, while the same bodies answer."""
    live = deadline.subject.live_from
    later = live if live is not None and live > day else None
    changes = changes_on(deadline) if deadline.is_open else None
    return min(filter(None, (later, changes)), default=None)
