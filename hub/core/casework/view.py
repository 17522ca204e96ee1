"""A child's affairs as the facts known make them on one day, without any memory of the days before."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from hub.core.alerts.standing import soon_on
from hub.core.cases.advice import Chain
from hub.core.cases.body import Body
from hub.core.cases.case import Case, cases_of, is_informal
from hub.core.cases.disagreement import Disagreement
from hub.core.cases.placing import chains_of
from hub.core.cases.references import Aliases
from hub.core.cases.requests import Request, requests_of
from hub.core.casework.policy import Policy
from hub.core.clocks.bodies import answerable, next_change
from hub.core.clocks.deadline import Deadline, Subject, changes_on, run, start_of
from hub.core.clocks.rules import ENDED, OWN_AUTHORITY, REFUSED
from hub.core.facts.fact import Fact
from hub.core.facts.standing import stand
from hub.core.questions import Question, ask

AUTHORITY = Body(OWN_AUTHORITY)
PSYCHOLOGICAL = "psychological"


@dataclass(slots=True)
class View:
    """What stands on `day`. `next_on` is the next day on which any of it could change without new facts."""

    day: date
    facts: list[Fact]
    moving: tuple[str, ...]
    requests: dict[str, Request]
    cases: list[Case]
    chains: list[Chain]
    loose_plans: list[Fact]
    disagreements: list[Disagreement]
    questions: list[Question]
    alerts_held: bool
    died_on: date | None
    deadlines: list[Deadline] = field(default_factory=list)
    next_on: date | None = None


def view_of(facts: Iterable[Fact], day: date, policy: Policy) -> View:
    """The view of a day out of the facts known."""
    standing = stand(facts, day)
    aliases, precedence = Aliases(standing.facts), policy.precedence
    requests, questions, disagreements = requests_of(standing, aliases, precedence)
    cases = cases_of(requests, standing.facts, aliases, precedence)
    chains, advice_questions = chains_of(standing, cases, requests, aliases, precedence)
    for chain in chains:
        disagreements += chain.disagreements
    view = View(
        day=day,
        facts=standing.facts,
        moving=standing.moving,
        requests=requests,
        cases=cases.cases,
        chains=chains,
        loose_plans=cases.loose_plans,
        disagreements=disagreements + cases.disagreements,
        questions=standing.questions + questions + cases.questions + advice_questions,
        alerts_held=any(fact.kind == "child.died" and is_informal(fact) for fact in standing.facts),
        died_on=cases.died_on,
    )
    view.questions += _plans_without_psychologist(view)
    _run_clocks(view, policy)
    view.questions = _once_each(view.questions)
    view.disagreements.sort(key=lambda disagreement: (disagreement.about, disagreement.kind))
    view.next_on = min(
        filter(None, [standing.next_on, *(_next(deadline, day, policy) for deadline in view.deadlines)]), default=None
    )
    return view


def _run_clocks(view: View, policy: Policy) -> None:
    said: dict[str, list[str]] = {}
    for question in view.questions:
        said.setdefault(question.subject, []).append(question.detail)
    for case in view.cases:
        subject = _case_subject(case, policy, said)
        _run_rules("case", subject, "", OWN_AUTHORITY, case.lead.start, view, policy)
    for chain in view.chains:
        subject = _advice_subject(chain, view.died_on, policy, said)
        _run_rules("advice", subject, chain.purpose, chain.asked.role, chain.start, view, policy)
    view.deadlines.sort(key=lambda deadline: (deadline.rule.clock, deadline.id))


def _run_rules(about: str, subject: Subject, purpose: str, role: str, start: Fact, view: View, policy: Policy) -> None:
    governed = False
    rules = policy.rules_for(about, purpose, role)
    answers = answerable(subject.responsible, view.day, policy.successions)
    for rule in rules:
        starts_on = start_of(rule, subject.moments)
        if starts_on is not None and rule.is_valid(starts_on):
            governed = True
            view.deadlines.append(run(rule, subject, starts_on, view.day, answers))
    if rules and not governed:
        view.questions.append(ask("no-rule", start, subject.id))


def _case_subject(case: Case, policy: Policy, said: dict[str, list[str]]) -> Subject:
    start = case.lead.start
    return Subject(
        id=case.id,
        shown={"request": case.id},
        source=start.source,
        seen_on=case.lead.seen_on,
        live_from=policy.precedence.live_from(start.source),
        moments=case.moments,
        responsible=AUTHORITY,
        area=case.lead.area,
        case_reference=case.case_reference,
        questions=_said(said, [request.id for request in case.requests]),
    )


def _advice_subject(chain: Chain, died_on: date | None, policy: Policy, said: dict[str, list[str]]) -> Subject:
    """The chain's own moments, and those that end the advice with its request or its child."""
    case, source = chain.case, chain.start.source
    named = case.id if case else chain.request_named
    shown = {"request": named} if named else {}
    return Subject(
        id=chain.id,
        shown=shown | {"advice": chain.latest.id},
        source=source,
        seen_on=chain.seen_on,
        live_from=policy.precedence.live_from(source),
        moments=chain.moments | _ended(chain, died_on),
        responsible=chain.asked,
        area=case.lead.area if case else policy.precedence.area(source),
        case_reference=case.case_reference if case else None,
        questions=_said(said, [link.id for link in chain.links]),
        chain=chain,
    )


def _ended(chain: Chain, died_on: date | None) -> dict[str, date]:
    """A refusal ends no advice that was asked for after it: an order, a mediation agreement or a change of mind lies
    between, and the body's six weeks run (reg 8)."""
    ended = {} if died_on is None else {"child.died": died_on}
    if chain.case is not None:
        ended |= {moment: chain.case.moments[moment] for moment in ENDED if moment in chain.case.moments}
    if ended.get(REFUSED, date.max) < chain.latest.requested_on:
        del ended[REFUSED]
    return ended


def _once_each(questions: list[Question]) -> list[Question]:
    """One question for one matter, whichever facts raise it, in an order of their own."""
    found: dict[tuple[str, str], Question] = {}
    for question in sorted(questions):
        found.setdefault((question.code, question.about), question)
    return list(found.values())


def _said(said: dict[str, list[str]], ids: list[str]) -> tuple[str, ...]:
    if not said:
        return ()
    return tuple(sorted({detail for id_ in ids for detail in said.get(id_, ())}))


def _plans_without_psychologist(view: View) -> list[Question]:
    """A plan cannot properly issue without a psychologist's advice. Asked only where advice is known at all."""
    questions = []
    for case in view.cases:
        issued = case.moments.get("plan.issued")
        chains = [chain for chain in view.chains if chain.case is case] if issued else []
        if not chains or issued is None:
            continue
        had = any(chain.heading == PSYCHOLOGICAL and (chain.received_on or date.max) <= issued for chain in chains)
        agreed = any(fact.data.get("heading") == PSYCHOLOGICAL for fact in case.satisfied)
        if not had and not agreed:
            questions.append(ask("plan-without-psychological", case.lead.start, case.id))
    return questions


def _next(deadline: Deadline, day: date, policy: Policy) -> date | None:
    """The next day on which a deadline, or an alert about it, could change by itself."""
    live = deadline.subject.live_from
    days = [live if live is not None and live > day else None]
    if deadline.is_open:
        soon = soon_on(deadline, policy.due_soon_working_days)
        days += [changes_on(deadline), soon if soon > day else None]
        days.append(next_change(deadline.subject.responsible, day, policy.successions))
    return min(filter(None, days), default=None)
