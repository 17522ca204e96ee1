"""A case: the requests for one child that run as one, from the earliest receipt, and what became of them."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from hub.core.cases.disagreement import Disagreement, Precedence, disagreements, outcome
from hub.core.cases.references import Aliases, owner
from hub.core.cases.requests import Request
from hub.core.days import served_by_post
from hub.core.facts.data import text_in
from hub.core.facts.fact import Fact
from hub.core.facts.standing import Standing
from hub.core.questions import Question, ask, which

CASE_EVENTS = (
    "assessment.decided",
    "assessment.withdrawn",
    "notice.considering",
    "notice.decision",
    "plan.amended",
    "plan.ceased",
    "plan.decided",
    "plan.draft-sent",
    "plan.issued",
    "plan.section-g-agreed",
)
DECIDED = "assessment.decided"
DRAFTED, SERVED = "plan.draft-sent", "plan.draft-served"
OVERTURNING = ("order.made", "mediation.agreed")
AFTER_ISSUE = frozenset({"plan.amended", "plan.ceased"})
CHILD_EVENTS = ("child.died", "child.moved", "transfer.area")

THROUGH = ("plan", "order")

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
    """`moments` are the dated events that rules speak of: `kind`, and `kind:outcome`; `because` is the fact behind
    each. Its id is its first request's. `drafts` are the draft plans sent, one for each day, in order; the moment of
    service is that of the one served last before the plan."""

    lead: Request
    requests: list[Request]
    moments: dict[str, date] = field(default_factory=dict)
    because: dict[str, Fact] = field(default_factory=dict)
    ended_on: date | None = None
    amended_on: list[date] = field(default_factory=list)
    drafts: list[Fact] = field(default_factory=list)
    satisfied: list[Fact] = field(default_factory=list)
    second_decisions: list[Fact] = field(default_factory=list)

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

    def mark(self, moment: str, on: date, fact: Fact) -> None:
        """Something happened; the first time counts."""
        if moment not in self.moments:
            self.moments[moment], self.because[moment] = on, fact
        if moment in CLOSING and (self.ended_on is None or on < self.ended_on):
            self.ended_on = on


class Cases(NamedTuple):
    """The cases in order of receipt, by each request's id; what is unclear or disagreed; the fact of a formal death."""

    cases: list[Case]
    by_request: dict[str, Case]
    questions: list[Question]
    disagreements: list[Disagreement]
    loose_plans: list[Fact]
    died: Fact | None

    def of(self, request: str | None, day: date) -> Case | None:
        """The case of a request; where none is named, the last one received by that day."""
        if request is not None:
            return self.by_request.get(request)
        before = [case for case in self.cases if case.lead.received_on <= day]
        return before[-1] if before else None


def cases_of(requests: dict[str, Request], standing: Standing, aliases: Aliases, precedence: Precedence) -> Cases:
    """Work through requests and events in the order of their dates.

    An event that names a request goes to its case. Another goes to the only case open on its date, else it is a
    question. On one day events come before requests: a request received on the day of a refusal is a new one, so that
    no family loses a clock to the order in which a day's post was opened.
    """
    result = Cases([], {}, [], [], [], _died(standing))
    named, loose = _by_request(standing, aliases, requests)
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
            _happen_to_child(step, result, precedence)
        else:
            _happen(step, names.get(id(step)), requests, result)
    for case in result.cases:
        result.questions.extend(_second_decisions(case, standing))
    return result


def _died(standing: Standing) -> Fact | None:
    """The death, if one is formally told: the first such word."""
    return next((fact for fact in standing.of("child.died") if not is_informal(fact)), None)


def _through(standing: Standing, aliases: Aliases) -> dict[tuple[str, str], str]:
    """Which request a plan's or an order's id belongs to, from facts that name both. Facts about advice never do."""
    return {
        (name, aliases.of(name, fact.subject[name])): aliases.of("request", fact.subject["request"])
        for fact in standing.of(*(kind for kind in standing.by_kind if not kind.startswith("advice.")))
        if "request" in fact.subject
        for name in THROUGH
        if name in fact.subject
    }


def _by_request(
    standing: Standing, aliases: Aliases, requests: dict[str, Request]
) -> tuple[dict[tuple[str, str], list[Fact]], list[tuple[Fact, str | None]]]:
    """Events that name a known request, by request and kind; and the others, loose."""
    named: dict[tuple[str, str], list[Fact]] = {}
    through = _through(standing, aliases)
    loose: list[tuple[Fact, str | None]] = [(fact, None) for fact in standing.of(*CHILD_EVENTS)]
    for fact in standing.of(*CASE_EVENTS):
        if "reassessment" in fact.subject:
            continue  # a reassessment's own plan is no answer to a request
        id_ = _named_request(fact, aliases, through)
        if id_ in requests:
            named.setdefault((id_, fact.kind), []).append(fact)
        else:
            loose.append((fact, None))
    return named, loose


def _named_request(fact: Fact, aliases: Aliases, through: dict[tuple[str, str], str]) -> str:
    """The request a fact names, itself or through its plan or order; empty when it names none."""
    if "request" in fact.subject:
        return aliases.of("request", fact.subject["request"])
    found = (through.get((name, aliases.of(name, fact.subject[name]))) for name in THROUGH if name in fact.subject)
    return next(filter(None, found), "")


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
    """Join the case that is open in the same area, else open one. What a person parted joins none, nor is joined."""
    for case in result.cases if not request.apart else ():
        is_open = case.ended_on is None or request.received_on < case.ended_on
        if case.lead.area == request.area and is_open and not case.lead.apart:
            case.requests.append(request)
            result.by_request[request.id] = case
            return
    case = Case(request, [request])
    case.mark("assessment.requested", request.received_on, request.start)
    died = result.died
    if died is not None and died.effective_on is not None and died.effective_on <= request.received_on:
        # Nobody is to be chased about a child who has died, in whatever order the post was dated.
        case.mark("child.died", died.effective_on, died)
        if died.effective_on < request.received_on:
            beside = f"the death is dated {died.effective_on}"
            result.questions.append(ask("request-after-death", request.start, request.id, beside=beside))
    result.cases.append(case)
    result.by_request[request.id] = case


def _happen(fact: Fact, id_: str | None, requests: dict[str, Request], result: Cases) -> None:
    on = fact.effective_on
    assert on is not None
    if id_ is not None:
        if on < requests[id_].received_on:
            received = requests[id_].received_on
            result.questions.append(ask("ends-before-start", fact, beside=f"the request was received on {received}"))
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
        result.questions.append(ask("unknown-request", fact, named, beside=f"it names {named}"))
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
        result.questions.append(which("request", fact, (case.id for case in fits)))
    elif fact.kind.startswith("plan."):
        result.loose_plans.append(fact)  # a plan older than the feed is no riddle
    else:
        result.questions.append(ask("no-open-request", fact))
    return None


def _apply(fact: Fact, on: date, case: Case, result: Cases) -> None:
    told = outcome(fact) or text_in(fact.data, "to")
    if fact.kind == DECIDED and fact.kind in case.moments:
        if f"{fact.kind}:{told}" not in case.moments:
            case.second_decisions.append(fact)
        return
    if fact.kind == "plan.amended":
        case.amended_on.append(on)
    case.mark(fact.kind, on, fact)
    if told:
        case.mark(f"{fact.kind}:{told}", on, fact)
    if fact.kind == DRAFTED:
        _draft(fact, case)


def _draft(fact: Fact, case: Case) -> None:
    if all(fact.on != draft.on for draft in case.drafts):
        case.drafts.append(fact)
    served = served_on(fact)
    if SERVED not in case.moments or (case.moments[SERVED] < served and "plan.issued" not in case.moments):
        case.moments[SERVED], case.because[SERVED] = served, fact


def served_on(draft: Fact) -> date:
    """The day a draft is deemed to have been served."""
    return served_by_post(draft.on) if text_in(draft.data, "method") == "post" else draft.on


def _second_decisions(case: Case, standing: Standing) -> list[Question]:
    """A decision told after another one revives nothing. Where an order, a notice that an appeal is not opposed or an
    agreement in mediation lies between, that is the live clock; where none is recorded, it is a question."""
    told_on = case.moments.get(DECIDED)
    if not case.second_decisions or told_on is None:
        return []
    if any((fact.effective_on or told_on) >= told_on for fact in standing.of(*OVERTURNING)):
        return []
    return [ask("second-decision", fact, beside=f"the first was told on {told_on}") for fact in case.second_decisions]


def _happen_to_child(fact: Fact, result: Cases, precedence: Precedence) -> None:
    on = fact.effective_on
    assert on is not None
    for case in result.cases:
        if case.lead.received_on > on:
            continue
        if fact.kind == "child.died":
            if not is_informal(fact):
                case.mark("child.died", on, fact)
        elif _moves_away(fact, case, precedence) and case.moments.get("plan.issued", on) >= on:
            case.mark("child.moved-away", on, fact)


def _moves_away(fact: Fact, case: Case, precedence: Precedence) -> bool:
    """Whether the child leaves the case's area. A plan would move with the child; a request does not (SEN2 guide)."""
    if fact.kind == "transfer.area":
        told_in = precedence.area(fact.source) in (None, case.lead.area)
        return told_in and fact.data.get("direction") == "out"
    to = fact.data.get("to_area")
    return to is None or to != case.lead.area


def is_informal(fact: Fact) -> bool:
    """Whether a death is only told informally: that holds alerts and ends nothing."""
    return fact.data.get("notice") == "informal"
