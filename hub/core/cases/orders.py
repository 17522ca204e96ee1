"""The tribunal's orders, notices that an appeal is not opposed (reg 45), and agreements in mediation (reg 42)."""

from hub.core.cases.body import Body
from hub.core.cases.case import Case, Cases
from hub.core.cases.matter import Matter, Told, on
from hub.core.facts.data import date_in, text_in
from hub.core.facts.fact import Fact

MADE, AGREED = "order.made", "mediation.agreed"
ANSWERS = ("order.notified", "order.health-care-replied")
TAKEN = (
    "assessment.decided", "assessment.withdrawn", "plan.decided", "plan.draft-sent", "plan.issued", "plan.amended",
    "plan.ceased",
)  # fmt: skip
"""What an order may be answered, or ended, with."""

OTHER_AGREEMENT = "other-agreement"
"""What a tribunal could not have ordered: two weeks from agreeing (reg 42)."""


def orders_of(told: Told, cases: Cases) -> list[Matter]:
    """One matter for each order; an agreement in mediation that says what was agreed is one as well."""
    found = []
    answers = told.gathered("order", ANSWERS)
    for id_, facts in told.gathered("order", (MADE,)).items():
        order = told.believed(id_, facts)[0]
        matter = _order(id_, order, text_in(order.data, "type"), told, cases)
        for answer in answers.get(id_, ()):
            if on(answer) >= on(order):
                matter.mark(answer.kind, on(answer), answer)
        found.append(matter)
    for id_, facts in told.gathered("mediation", (AGREED,)).items():
        agreement = told.believed(id_, facts)[0]
        agreed = text_in(agreement.data, "type")
        if agreed is not None:
            type_ = OTHER_AGREEMENT if agreed == "other" else agreed
            found.append(_order(id_, agreement, type_, told, cases, name="mediation"))
    return found


def _order(id_: str, order: Fact, type_: str | None, told: Told, cases: Cases, name: str = "order") -> Matter:
    case = cases.of(told.named(order, "request"), on(order))
    shown = {field: told.named(order, field) for field in ("request", "plan", "appeal")}
    ids = {field: named for field, named in shown.items() if named} | {name: id_}
    matter = Matter("order", id_, ids, order, told.seen_on([order]), case, Body("icb"))
    matter.directed = date_in(order.data, "due_on")
    matter.mark(f"{MADE}:{type_}", on(order), order)
    for fact in told.of(*TAKEN):
        if on(fact) >= on(order) and _is_about(fact, id_, case, told, cases):
            _take(matter, fact)
    if case is not None and case.moments.get("child.moved-away", on(order)) > on(order):
        matter.mark("child.moved-away", case.moments["child.moved-away"], case.because["child.moved-away"])
    return matter


def _take(matter: Matter, fact: Fact) -> None:
    matter.mark(fact.kind, on(fact), fact)
    outcome = text_in(fact.data, "outcome")
    if outcome:
        matter.mark(f"{fact.kind}:{outcome}", on(fact), fact)


def _is_about(fact: Fact, id_: str, case: Case | None, told: Told, cases: Cases) -> bool:
    """What names the order, else what is about its case, else what names neither."""
    order = told.named(fact, "order") or told.named(fact, "mediation")
    if order is not None:
        return order == id_
    if "reassessment" in fact.subject:
        return False
    named = told.named(fact, "request")
    return named is None or case is None or cases.by_request.get(named) is case
