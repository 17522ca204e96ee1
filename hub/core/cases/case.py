"""A case: the requests for one child that run as one, from the earliest receipt, and what became of them."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from hub.core.cases.disagreement import Disagreement, Precedence, disagreements, outcome
from hub.core.cases.references import Aliases, owner
from hub.core.cases.requests import Request
from hub.core.facts.fact import Fact
from hub.core.questions import Question, ask

CASE_EVENTS = frozenset(
    {
        "assessment.decided",
        "assessment.withdrawn",
        "plan.decided",
        "plan.draft-sent",
        "plan.issued",
        "plan.amended",
        "plan.ceased",
    }
)
AFTER_ISSUE = frozenset({"plan.amended", "plan.ceased"})
CHILD_EVENTS = frozenset({"child.died", "child.moved", "transfer.area"})

CLOSING = frozenset(
    {
        "assessment.decided:refuse",
        "assessment.withdrawn",
        "plan.decided:no-plan",
        "plan.issued",
        "child.moved-away",
        "child.died",
    }
)
"""Moments after which a request is no longer open: one received from that day on is always a new case."""


@dataclass(slots=True)
class Case:
    """`moments` are the dated events that rules speak of: `kind`, and `kind:outcome`. Its id is its first request's."""

    lead: Request
    requests: list[Request]
    moments: dict[str, date] = field(default_factory=dict)
    ended_on: date | None = None
    amended_on: list[date] = field(default_factory=list)
    satisfied: list[Fact] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The statutory subject."""
        return self.lead.id

    @property
    def case_reference(self) -> str | None:
        """The council's own number, from the first request that has one."""
        return next((request.case_reference for request in self.requests if request.case_reference), None)

    def is_open(self, day: date) -> bool:
        """Whether an event of that day could belong to it."""
        return self.lead.received_on <= day and (self.ended_on is None or day <= self.ended_on)

    def mark(self, moment: str, on: date) -> None:
        """Something happened; the first time counts."""
        self.moments.setdefault(moment, on)
        if moment in CLOSING and (self.ended_on is None or on < self.ended_on):
            self.ended_on = on


class Cases(NamedTuple):
    """The cases in order of receipt, by each request's id; what is unclear or disagreed; the day of a death."""

    cases: list[Case]
    by_request: dict[str, Case]
    questions: list[Question]
    disagreements: list[Disagreement]
    loose_plans: list[Fact]
    died_on: date | None


def cases_of(requests: dict[str, Request], facts: list[Fact], aliases: Aliases, precedence: Precedence) -> Cases:
    """Work through requests and events in the order of their dates.

    An event that names a request goes to its case. Another goes to the only case open on its date, else it is a
    question. On one day events come before requests: a request received on the day of a refusal is a new one, so that
    no family loses a clock to the order in which a day's post was opened.
    """
    result = Cases([], {}, [], [], [], _died_on(facts))
    plans = _plan_requests(facts, aliases)
    named, loose = _by_request(facts, aliases, plans, requests)
    chosen = _believed(named, precedence, result)
    steps: list[tuple[date, int, int, Request | Fact]] = []
    for request in sorted(requests.values(), key=lambda request: request.id):
        steps.append((request.received_on, 1, len(steps), request))
    for fact, id_ in chosen + loose:
        assert fact.effective_on is not None
        same_day = id_ is not None and requests[id_].received_on == fact.effective_on
        steps.append((fact.effective_on, 2 if same_day else 0, len(steps), fact))
    steps.sort(key=lambda step: step[:3])
    names = {id(fact): id_ for fact, id_ in chosen}
    for _, _, _, step in steps:
        if isinstance(step, Request):
            _receive(step, result)
        elif step.kind in CHILD_EVENTS:
            _happen_to_child(step, result)
        else:
            _happen(step, names.get(id(step)), requests, result)
    return result


def _died_on(facts: list[Fact]) -> date | None:
    """The day of death, if one is formally told."""
    told = [fact.effective_on for fact in facts if fact.kind == "child.died" and not is_informal(fact)]
    return min(filter(None, told), default=None)


def _plan_requests(facts: list[Fact], aliases: Aliases) -> dict[str, str]:
    """Which request a plan id belongs to, from facts that name both."""
    return {
        aliases.of(fact.subject["plan"]): aliases.of(fact.subject["request"])
        for fact in facts
        if "plan" in fact.subject and "request" in fact.subject
    }


def _by_request(
    facts: list[Fact], aliases: Aliases, plans: dict[str, str], requests: dict[str, Request]
) -> tuple[dict[tuple[str, str], list[Fact]], list[tuple[Fact, str | None]]]:
    """Events that name a known request, by request and kind; and the others, loose."""
    named: dict[tuple[str, str], list[Fact]] = {}
    loose: list[tuple[Fact, str | None]] = []
    for fact in facts:
        if fact.kind in CASE_EVENTS:
            id_ = named_request(fact, aliases, plans)
            if id_ in requests:
                named.setdefault((id_, fact.kind), []).append(fact)
            else:
                loose.append((fact, None))
        elif fact.kind in CHILD_EVENTS:
            loose.append((fact, None))
    return named, loose


def named_request(fact: Fact, aliases: Aliases, plans: dict[str, str]) -> str:
    """The request a fact names, itself or through its plan; empty when it names none."""
    if "request" in fact.subject:
        return aliases.of(fact.subject["request"])
    return plans.get(aliases.of(fact.subject.get("plan", "")), "")


def _believed(
    named: dict[tuple[str, str], list[Fact]], precedence: Precedence, result: Cases
) -> list[tuple[Fact, str | None]]:
    """Of each matter, the facts of the source that is believed; what others say is kept as a disagreement."""
    chosen: list[tuple[Fact, str | None]] = []
    for (id_, kind), facts in named.items():
        best = precedence.best(facts)
        believed = [fact for fact in facts if fact.source == best]
        chosen += [(fact, id_) for fact in believed]
        if len(believed) < len(facts):
            result.disagreements.extend(disagreements(id_, kind, facts, believed[0]))
    return chosen


def _receive(request: Request, result: Cases) -> None:
    """Join the case that is open in the same area, else open one."""
    for case in result.cases:
        if case.lead.area == request.area and (case.ended_on is None or request.received_on < case.ended_on):
            case.requests.append(request)
            result.by_request[request.id] = case
            return
    case = Case(request, [request], {"assessment.requested": request.received_on})
    if result.died_on is not None and result.died_on < request.received_on:
        # Nobody is to be chased about a child who has died, in whatever order the post was dated.
        case.mark("child.died", result.died_on)
        result.questions.append(ask("request-after-death", request.start, request.id))
    result.cases.append(case)
    result.by_request[request.id] = case


def _happen(fact: Fact, id_: str | None, requests: dict[str, Request], result: Cases) -> None:
    on = fact.effective_on
    assert on is not None
    if id_ is not None:
        if on < requests[id_].received_on:
            result.questions.append(ask("ends-before-start", fact))
        else:
            _apply(fact, on, result.by_request[id_], result)
        return
    case = _only_case(fact, on, requests, result)
    if case is not None:
        _apply(fact, on, case, result)


def _only_case(fact: Fact, on: date, requests: dict[str, Request], result: Cases) -> Case | None:
    """The only case that an event without a known request can be about."""
    named = fact.subject.get("request")
    if named is not None and owner(named) in {owner(id_) for id_ in requests}:
        result.questions.append(ask("unknown-request", fact, named))
        return None
    if fact.kind in AFTER_ISSUE:
        fits = [
            case for case in result.cases if case.moments.get("plan.issued", on) <= on and "plan.issued" in case.moments
        ]
    else:
        fits = [case for case in result.cases if case.is_open(on)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        candidates = tuple(sorted(case.id for case in fits))
        result.questions.append(ask("which-case", fact, named, candidates))
    elif fact.kind.startswith("plan."):
        result.loose_plans.append(fact)  # a plan older than the feed is no riddle
    else:
        result.questions.append(ask("no-open-request", fact))
    return None


def _apply(fact: Fact, on: date, case: Case, result: Cases) -> None:
    told = outcome(fact)
    if fact.kind == "assessment.decided" and fact.kind in case.moments:
        if f"{fact.kind}:{told}" not in case.moments:
            result.questions.append(ask("second-decision", fact))
        return
    if fact.kind == "plan.amended":
        case.amended_on.append(on)
    case.mark(fact.kind, on)
    if told:
        case.mark(f"{fact.kind}:{told}", on)


def _happen_to_child(fact: Fact, result: Cases) -> None:
    on = fact.effective_on
    assert on is not None
    for case in result.cases:
        if case.lead.received_on > on:
            continue
        if fact.kind == "child.died":
            if not is_informal(fact):
                case.mark("child.died", on)
        elif _moves_away(fact, case) and case.moments.get("plan.issued", on) >= on:
            case.mark("child.moved-away", on)


def _moves_away(fact: Fact, case: Case) -> bool:
    """Whether the child leaves the case's area. A plan would move with the child; a request does not (SEN2 guide)."""
    if fact.kind == "transfer.area":
        return fact.data.get("direction") == "out"
    to = fact.data.get("to_area")
    return to is None or to != case.lead.area


def is_informal(fact: Fact) -> bool:
    """Whether a death is only told informally: that holds alerts and ends nothing."""
    return fact.data.get("notice") == "informal"
