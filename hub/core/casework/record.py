"""The reconciled record as plain values; the shape is `schemas.records.ChildRecord`'s."""

from datetime import date
from typing import Any

from hub.core.cases.advice import Chain
from hub.core.cases.case import Case
from hub.core.cases.challenges import challenges_of
from hub.core.cases.claims import ABOUT, Claims
from hub.core.cases.disagreement import Disagreement
from hub.core.cases.requests import Request
from hub.core.casework.outbound import outbound_of
from hub.core.casework.view import View
from hub.core.facts.data import text_in
from hub.core.facts.fact import Fact
from hub.core.questions import Question

_OUTCOMES = (
    ("child.died", "died"),
    ("assessment.withdrawn", "withdrawn"),
    ("child.moved-away", "moved-away"),
    ("assessment.decided:refuse", "refused"),
    ("plan.decided:no-plan", "no-plan"),
    ("plan.issued", "plan-issued"),
)

_ADVICE_STATES = (
    ("advice.received:usable", "received"),
    ("advice.satisfied-by-existing:agreed", "satisfied-by-existing"),
    ("advice.cancelled", "cancelled"),
    ("advice.declined:permitted", "declined"),
    ("advice.received:not-known", "not-known"),
)

_PROGRESS = (
    ("advice.returned", "returned"),
    ("advice.sent-by-body", "sent-by-body"),
    ("advice.allocated", "allocated"),
    ("advice.acknowledged", "acknowledged"),
)


MERGED, SPLIT = "child.merged", "child.split"


def record_of(child_id: str, view: View) -> dict[str, Any]:
    """The child's record on the view's day; of one that was merged into another, where it went on."""
    merged = next((fact for fact in view.facts if fact.kind == MERGED), None)
    into = text_in(merged.data, "into") if merged is not None else None
    if merged is not None and into is not None:
        return turned(child_id, MERGED, into, merged.on)
    current = _current(view.cases)
    return {
        "child_id": child_id,
        "area": current.lead.area if current else view.area,
        "case_reference": current.case_reference if current else None,
        "open": any(case.ended_on is None for case in view.cases),
        "received_on": current.lead.received_on if current else None,
        "commissioner": view.commissioners.last._asdict() if view.commissioners.last else None,
        "cases": [_case(case, [chain for chain in view.chains if chain.case is case], view) for case in view.cases],
        "other_advice": [_advice(chain) for chain in view.chains if chain.case is None],
        "other_plans": [_plan(fact) for fact in view.loose_plans],
        "exemptions_claimed": [_claim(fact, view.claims) for fact in view.claims.facts],
        "disagreements": [_disagreement(disagreement) for disagreement in view.disagreements],
        "questions": [question_json(question, child_id) for question in view.questions],
        "moving": list(view.moving),
        "restricted": view.restricted,
        "outbound": outbound_of(death=view.death, invalidated=view.invalidated, restricted=view.restricted),
        "standing": sum(deadline.standing and deadline.is_open for deadline in view.deadlines),
    }


def turned(child_id: str, event: str, surviving: str, on: date) -> dict[str, Any]:
    """What stands under an id that was merged into another, or says that it no longer is; the shape is
    `schemas.records.ChildTurned`'s."""
    return {"child_id": child_id, "event": event, "surviving": surviving, "on": on}


def question_json(question: Question, child_id: str) -> dict[str, Any]:
    """A question as it is shown."""
    return {
        "id": question.id(child_id),
        "question": question.question,
        "code": question.code,
        "about": question.about,
        "source": question.source,
        "kind": question.kind,
        "detail": question.detail,
        "candidates": list(question.candidates),
    }


def _current(cases: list[Case]) -> Case | None:
    """The open case, else the last; of several open ones the first received."""
    return next((case for case in cases if case.ended_on is None), cases[-1] if cases else None)


def _case(case: Case, chains: list[Chain], view: View) -> dict[str, Any]:
    moments = case.moments
    issued_on = moments.get("plan.issued")
    return {
        "id": case.id,
        "requests": [_request(request) for request in case.requests],
        "received_on": case.lead.received_on,
        "area": case.lead.area,
        "case_reference": case.case_reference,
        "open": case.ended_on is None,
        "outcome": _outcome(case),
        "ended_on": case.ended_on,
        "decided": _told(moments, "assessment.decided", ("assess", "refuse")),
        "decided_on": moments.get("assessment.decided"),
        "withdrawn_on": moments.get("assessment.withdrawn"),
        "withdrawn_reason": _withdrawn_reason(case),
        "moved_on": moments.get("child.moved-away"),
        "plan_decided": _told(moments, "plan.decided", ("issue", "no-plan")),
        "plan_decided_on": moments.get("plan.decided"),
        "draft_sent_on": moments.get("plan.draft-sent"),
        "issued_on": issued_on,
        "amended_on": case.amended_on,
        "ceased_on": moments.get("plan.ceased"),
        "headings": [
            {
                "heading": heading.name,
                "complete": heading.complete,
                "parts": heading.parts,
                "parts_in": heading.parts_in,
                "complete_on": heading.last[0] if heading.last else None,
            }
            for heading in view.headings[case.id]
        ],
        "advice": [_advice(chain) for chain in chains],
        "satisfied": [
            {
                "heading": text_in(fact.data, "heading"),
                "service": text_in(fact.data, "service"),
                "agreed_on": fact.effective_on,
            }
            for fact in case.satisfied
        ],
        "challenges": [challenge._asdict() for challenge in challenges_of(case, view.matters)],
        "issued_without": _missing(chains, issued_on) if issued_on else [],
    }


def _request(request: Request) -> dict[str, Any]:
    return {
        "id": request.id,
        "received_on": request.received_on,
        "basis": request.basis,
        "by": request.by,
        "area": request.area,
        "case_reference": request.case_reference,
    }


def _withdrawn_reason(case: Case) -> str | None:
    withdrawn = case.because.get("assessment.withdrawn")
    return text_in(withdrawn.data, "reason") if withdrawn else None


def _outcome(case: Case) -> str:
    """What ended the case: the event of the day on which it ended."""
    if case.ended_on is None:
        return "open"
    return next(name for moment, name in _OUTCOMES if case.moments.get(moment) == case.ended_on)


def _told(moments: dict[str, date], kind: str, outcomes: tuple[str, ...]) -> str | None:
    """The outcome that was told first."""
    on = moments.get(kind)
    return next((outcome for outcome in outcomes if on and moments.get(f"{kind}:{outcome}") == on), None)


def _missing(chains: list[Chain], issued_on: date) -> list[str]:
    """Required advice that was not in when the plan was issued."""
    return [chain.id for chain in chains if chain.wanted and (chain.received_on or date.max) > issued_on]


def _advice(chain: Chain) -> dict[str, Any]:
    moments, dates, asked = chain.moments, chain.dates, chain.asked
    return {
        "id": chain.id,
        "latest": chain.latest.id,
        "ids": [link.id for link in chain.links],
        "heading": chain.heading,
        "service": chain.service,
        "required": chain.required,
        "part_of": chain.part_of,
        "purpose": chain.purpose,
        "asked": {"role": asked.role, "ods": asked.ods, "setting": asked.setting},
        "state": _advice_state(chain),
        "requested_on": moments["advice.requested"],
        "delivered_on": moments.get("advice.delivered"),
        "acknowledged_on": dates.get("advice.acknowledged"),
        "allocated_on": dates.get("advice.allocated"),
        "sent_by_body_on": dates.get("advice.sent-by-body"),
        "draft_on": dates.get("advice.received:draft"),
        "returned_on": dates.get("advice.returned"),
        "received_on": chain.received_on,
        "not_known_on": moments.get("advice.received:not-known"),
        "declined_on": moments.get("advice.declined:permitted"),
        "cancelled_on": moments.get("advice.cancelled"),
    }


def _advice_state(chain: Chain) -> str:
    for moment, name in _ADVICE_STATES:
        if moment in chain.moments:
            return name
    for kind, name in _PROGRESS:
        if kind in chain.dates:
            return name
    return "delivered" if "advice.delivered" in chain.moments else "sent"


def _plan(fact: Fact) -> dict[str, Any]:
    return {"kind": fact.kind, "plan": fact.subject.get("plan"), "effective_on": fact.effective_on}


def _claim(fact: Fact, claims: Claims) -> dict[str, Any]:
    return {
        "about": next((fact.subject[name] for name in ABOUT if name in fact.subject), None),
        "ground": fact.data.get("ground"),
        "claimed_on": fact.effective_on,
        "claimed_from": fact.data.get("from"),
        "claimed_to": fact.data.get("to"),
        "decision": claims.decision(fact),
    }


def _disagreement(disagreement: Disagreement) -> dict[str, Any]:
    sayings = [saying._asdict() for saying in disagreement.sayings]
    return {"about": disagreement.about, "kind": disagreement.kind, "sayings": sayings}
