"""Transfers: to another phase of education, to or from another area, to another ICB."""

from datetime import date

from hub.core.cases.body import Body
from hub.core.cases.case import Cases
from hub.core.cases.matter import Matter, Told
from hub.core.cases.plans import Plan, Plans
from hub.core.cases.reviews import Reviews
from hub.core.days import months_after
from hub.core.facts.data import date_in, text_in, year_in
from hub.core.facts.fact import Fact
from hub.core.questions import ask

STARTS: dict[str, tuple[str, ...]] = {
    "transfer.phase": (),
    "transfer.area": ("transfer.plan-passed", "transfer.family-notified"),
    "transfer.icb": ("transfer.icb-notified",),
}
"""Each kind of transfer, and what is to be done about it."""

REVIEW_MONTHS = 12
"""An amendment answers a transfer when it is no older than a year before the limit: it followed the review for it."""


def transfers_of(told: Told, cases: Cases, plans: Plans, reviews: Reviews) -> list[Matter]:
    """One matter for each transfer and kind of it."""
    found = []
    for kind, done in STARTS.items():
        for id_, facts in told.about("transfer", (kind,), done).items():
            starts = [fact for fact in facts if fact.kind == kind]
            if not starts:
                continue
            fact = told.believed(id_, starts)[0]
            plan = plans.of(fact)
            if kind == "transfer.area" and _had_no_plan(fact, cases):
                continue
            shown = plan.shown() | {"transfer": id_}
            matter = Matter("transfer", id_, shown, fact, told.seen_on(starts), plan.case)
            _start(matter, fact, plan, reviews, told)
            for event in done:
                told.follow(matter, [each for each in facts if each.kind == event], date.min)
            _receive(matter)
            found.append(matter)
    return found


def _had_no_plan(fact: Fact, cases: Cases) -> bool:
    """A move during an assessment: nothing transfers, the old assessment stops (SEN2 guide)."""
    day = fact.on
    open_ = [case for case in cases.cases if case.lead.received_on <= day <= (case.ended_on or day)]
    return "plan" not in fact.subject and any("plan.issued" not in case.moments for case in open_)


def _start(matter: Matter, fact: Fact, plan: Plan, reviews: Reviews, told: Told) -> None:
    if fact.kind == "transfer.phase":
        _phase(matter, fact, told)
        for amended in plan.amended:
            if amended.on >= _since(matter, fact) or told.named(amended, "transfer") == matter.id:
                matter.mark("plan.amended", amended.on, amended)
    elif fact.kind == "transfer.area":
        _area(matter, fact, plan, reviews)
    else:
        cause = "move" if text_in(fact.data, "cause") == "move" else "other"
        matter.body = Body("icb", text_in(fact.data, "from"))
        matter.mark(f"transfer.icb:{cause}", fact.on, fact)
        _know(matter, fact, f"icb-{cause}")
    plan.close(matter)


def _phase(matter: Matter, fact: Fact, told: Told) -> None:
    """`moves_on`, where it is given, decides the limit in place of the year."""
    moves_on = date_in(fact.data, "moves_on")
    matter.year = year_in(fact.data, "year")
    if moves_on is not None:
        matter.mark("transfer.moves-on", moves_on, fact)
    elif matter.year is None:
        told.questions.append(ask("transfer-year", fact))
    else:
        to = "post-16" if text_in(fact.data, "to") == "post-16" else "other"
        matter.mark(f"transfer.phase:{to}", fact.on, fact)


def _since(matter: Matter, fact: Fact) -> date:
    """The first day of an amendment that may be for this transfer."""
    by = matter.moments.get("transfer.moves-on") or (date(matter.year, 3, 31) if matter.year else fact.on)
    return max(fact.on, months_after(by, -REVIEW_MONTHS))


def _area(matter: Matter, fact: Fact, plan: Plan, reviews: Reviews) -> None:
    day, direction = fact.on, text_in(fact.data, "direction")
    if direction == "out":
        matter.mark("transfer.area:out", day, fact)
        _know(matter, fact, "area-out")
    if direction != "in":
        return
    matter.mark("transfer.area:in", day, fact)
    last = plan.issued
    for decided in reviews.decided_of(plan):
        if decided.on > day:
            matter.mark("review.decided", decided.on, decided)
        else:
            last = decided
    if last is not None and last.on <= day:
        matter.mark("plan.made-or-reviewed", last.on, last)


def _receive(matter: Matter) -> None:
    """The new authority has the plan from the day of the transfer, which is never before the move (reg 15(2)-(5))."""
    moved, passed = matter.moments.get("transfer.area:in"), matter.moments.get("transfer.plan-passed")
    if moved is not None and passed is not None:
        matter.mark("transfer.plan-received", max(moved, passed), matter.because["transfer.plan-passed"])


def _know(matter: Matter, fact: Fact, what: str) -> None:
    """From when it was known; a day that cannot be read, or none, is the day of the move itself."""
    matter.mark(f"transfer.known:{what}", date_in(fact.data, "knew_on") or fact.on, fact)
