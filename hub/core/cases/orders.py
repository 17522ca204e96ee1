"""The tribunal's orders, notices that an appeal is not opposed (reg 45), and agreements in mediation (reg 42)."""

from datetime import date

from hub.core.cases.body import Body
from hub.core.cases.case import Cases
from hub.core.cases.disputes import REQUESTED, issues_of
from hub.core.cases.matter import Matter, Told
from hub.core.cases.plans import Plan, Plans
from hub.core.facts.data import date_in, text_in
from hub.core.facts.fact import Fact
from hub.core.questions import ask

MADE, AGREED = "order.made", "mediation.agreed"
ANSWERS = ("order.notified", "order.health-care-replied")
TAKEN = (
    "assessment.decided", "assessment.withdrawn", "plan.decided", "plan.draft-sent", "plan.issued", "plan.amended",
    "plan.ceased", "reassessment.decided",
)  # fmt: skip
"""What an order may be answered, or ended, with."""

OTHER_AGREEMENT = "other-agreement"
"""What a tribunal could not have ordered: two weeks from agreeing (reg 42)."""


def orders_of(told: Told, cases: Cases, plans: Plans) -> list[Matter]:
    """One matter for each order; an agreement in mediation that says what was agreed is one as well."""
    found = []
    for id_, facts in told.about("order", (MADE,), ANSWERS).items():
        made = [fact for fact in facts if fact.kind == MADE]
        if not made:
            continue
        order = told.believed(id_, made)[0]
        matter = _order(id_, order, text_in(order.data, "type"), told, cases)
        for kind in ANSWERS:
            told.follow(matter, [fact for fact in facts if fact.kind == kind], order.on)
        found.append(matter)
    asked_for = told.gathered("mediation", (REQUESTED,))
    for id_, facts in told.gathered("mediation", (AGREED,)).items():
        agreement = told.believed(id_, facts)[0]
        agreed = text_in(agreement.data, "type")
        if agreed is not None:
            type_ = OTHER_AGREEMENT if agreed == "other" else agreed
            matter = _order(id_, agreement, type_, told, cases, name="mediation")
            matter.body = Body("icb") if issues_of([agreement, *asked_for.get(id_, ())]) == "health" else None
            found.append(matter)
    for matter in found:
        _move(matter, plans.of(matter.start))
    return found


def _order(id_: str, order: Fact, type_: str | None, told: Told, cases: Cases, name: str = "order") -> Matter:
    case = cases.of(told.named(order, "request"), order.on)
    shown = {field: told.named(order, field) for field in ("request", "plan", "appeal")}
    ids = {field: named for field, named in shown.items() if named} | {name: id_}
    matter = Matter("order", id_, ids, order, told.seen_on([order]), case)
    matter.directed = _directed(order, told)
    matter.mark(f"{MADE}:{type_}", order.on, order)
    for kind in TAKEN:
        about = [fact for fact in told.of(kind) if fact.on >= order.on and _is_about(fact, matter, told, cases)]
        told.follow(matter, about, order.on)
    if case is not None and case.moments.get("child.moved-away", order.on) > order.on:
        matter.mark("child.moved-away", case.moments["child.moved-away"], case.because["child.moved-away"])
    return matter


def _move(order: Matter, plan: Plan) -> None:
    """A plan that moves after the order is the new authority's from then on (reg 15(3)): the old one can do nothing
    about it. What was read says nothing of the order itself; the new authority's own limits take its place."""
    away = plan.ends.get("plan.moved-away")
    for moment, moves in (("plan.moved-away", [away] if away else []), ("plan.moved-in", plan.moved_in)):
        for fact in moves:
            if fact.on >= order.start.on:
                order.mark(moment, fact.on, fact)


def _directed(order: Fact, told: Told) -> date | None:
    """The date that the tribunal set; one that lies before the order is a question and sets nothing."""
    directed = date_in(order.data, "due_on")
    if directed is not None and directed < order.on:
        told.questions.append(ask("directed-before-order", order, beside=f"the date set is {directed}"))
        return None
    return directed


def _is_about(fact: Fact, order: Matter, told: Told, cases: Cases) -> bool:
    """What names the order, else what is about its case and not another plan, else what names neither. What is about a
    reassessment answers an order to reassess and no other."""
    named = told.named(fact, "order") or told.named(fact, "mediation")
    if named is not None:
        return named == order.id
    of_reassessment = "reassessment" in fact.subject or fact.kind.startswith("reassessment.")
    if of_reassessment and f"{MADE}:reassess" not in order.moments:
        return False
    plan = told.named(fact, "plan")
    if plan and "plan" in order.shown and plan != order.shown["plan"]:
        return False
    request = told.named(fact, "request")
    return request is None or order.case is None or cases.by_request.get(request) is order.case
