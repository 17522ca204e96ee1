"""Reassessments of a plan: requested, decided, and the plan that follows."""

from hub.core.cases.matter import Matter, Told
from hub.core.cases.plans import Plans

REQUESTED, DECIDED = "reassessment.requested", "reassessment.decided"
PLAN_KINDS = ("plan.amended", "plan.issued")


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
