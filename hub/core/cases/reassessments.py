"""Reassessments of a plan: requested, decided, and the plan that follows."""

from collections.abc import Iterable

from hub.core.cases.advice import Chain
from hub.core.cases.matter import Matter, Told
from hub.core.cases.plans import Plans

REQUESTED, DECIDED = "reassessment.requested", "reassessment.decided"
PLAN_KINDS = ("plan.amended", "plan.issued")
ENDS_ADVICE = (f"{DECIDED}:refuse", "plan.ceased", "plan.moved-away")
"""What ends a reassessment, and the advice that had been asked for it."""


def reassessments_of(told: Told, plans: Plans) -> list[Matter]:
    """One matter for each reassessment. Only plan facts that name it are taken for its own."""
    found = []
    plan_facts = [fact for fact in told.of(*PLAN_KINDS) if "reassessment" in fact.subject]
    for id_, facts in told.about("reassessment", (REQUESTED,), (DECIDED,)).items():
        requested = [fact for fact in facts if fact.kind == REQUESTED]
        decided = [fact for fact in facts if fact.kind == DECIDED]
        start = told.first(id_, requested) if requested else told.believed(id_, decided)[0]
        plan = plans.of(start)
        matter = Matter(
            "reassessment", id_, plan.shown() | {"reassessment": id_}, start, told.seen_on(facts), plan.case
        )
        if requested:
            matter.mark(REQUESTED, start.on, start)
        told.follow(matter, decided, start.on)
        for kind in PLAN_KINDS:
            about = [fact for fact in plan_facts if fact.kind == kind and told.named(fact, "reassessment") == id_]
            told.follow(matter, about, start.on)
        plan.close(matter)
        found.append(matter)
    return found


def end_advice(chains: Iterable[Chain], reassessments: list[Matter], told: Told) -> None:
    """Mark what ended a reassessment, or its plan, in the advice that was asked for it. Advice that names none is for
    the last that had begun by then."""
    for chain in chains if reassessments else ():
        if chain.purpose != "reassessment":
            continue
        matter = _of(chain, reassessments, told)
        if matter is not None:
            _end(chain, matter)


def _end(chain: Chain, reassessment: Matter) -> None:
    for moment in ENDS_ADVICE:
        on = reassessment.moments.get(moment)
        if on is not None and on >= chain.latest.requested_on:
            chain.moments[moment], chain.because[moment] = on, reassessment.because[moment]


def _of(chain: Chain, reassessments: list[Matter], told: Told) -> Matter | None:
    asked = chain.latest.asked_for
    named = told.named(asked, "reassessment")
    if named is not None:
        return next((matter for matter in reassessments if matter.id == named), None)
    begun = [matter for matter in reassessments if matter.start.on <= asked.on]
    return max(begun, key=lambda matter: (matter.start.on, matter.id), default=None)
