"""Appeals to the tribunal, and mediation."""

from collections.abc import Iterable

from hub.core.cases.body import Body
from hub.core.cases.case import Cases
from hub.core.cases.matter import Matter, Told
from hub.core.facts.data import text_in
from hub.core.facts.fact import Fact

REQUESTED = "mediation.requested"
APPEAL = ("appeal.notified", "appeal.responded", "appeal.closed")
MEDIATION = (REQUESTED, "mediation.icb-told", "mediation.held", "mediation.agreed")
AUTHORITY = Body("own-authority")


def appeals_of(told: Told, cases: Cases) -> list[Matter]:
    """One matter for each appeal that was sent to the authority."""
    found = _matters("appeal", APPEAL, told, cases)
    for matter in found:
        for order in told.of("order.made"):
            if order.on >= matter.start.on and _decides(order, matter, told, cases):
                matter.mark(order.kind, order.on, order)
    return found


def _decides(order: Fact, appeal: Matter, told: Told, cases: Cases) -> bool:
    """Whether an order, or the notice that the appeal is not opposed, is an appeal's: it names it, or its request."""
    named = told.named(order, "appeal")
    if named is not None:
        return named == appeal.id
    return appeal.case is not None and cases.of(told.named(order, "request"), order.on) is appeal.case


def mediations_of(told: Told, cases: Cases) -> list[Matter]:
    """One matter for each mediation that was asked for. On health alone the ICB arranges it, once told (reg 35)."""
    found = _matters("mediation", MEDIATION, told, cases)
    for matter in found:
        issues = issues_of([matter.start])
        matter.body = Body("icb") if issues == "health" else AUTHORITY
        if issues is not None:
            for kind in (REQUESTED, "mediation.icb-told"):
                if kind in matter.moments:
                    matter.mark(f"{kind}:{issues}", matter.moments[kind], matter.because[kind])
    return found


def issues_of(facts: Iterable[Fact]) -> str | None:
    """What a mediation is about, as the first of these facts that says so."""
    return next(filter(None, (text_in(fact.data, "issues") for fact in facts)), None)


def _matters(about: str, kinds: tuple[str, ...], told: Told, cases: Cases) -> list[Matter]:
    """A start and what followed: `kinds[0]` starts it."""
    found = []
    for id_, facts in told.about(about, kinds[:1], kinds[1:]).items():
        starts = [fact for fact in facts if fact.kind == kinds[0]]
        if not starts:
            continue
        start = told.first(id_, starts)
        case = cases.of(told.named(start, "request"), start.on)
        shown = {name: told.named(start, name) for name in ("request", "plan", "order", "appeal")}
        ids = {name: named for name, named in shown.items() if named} | {about: id_}
        matter = Matter("appeal" if about == "appeal" else "mediation", id_, ids, start, told.seen_on(starts), case)
        matter.mark(start.kind, start.on, start)
        for kind in kinds[1:]:
            told.follow(matter, [fact for fact in facts if fact.kind == kind], start.on)
        found.append(matter)
    return found
