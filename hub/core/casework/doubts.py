"""What is doubtful about a child's affairs as a whole: questions that no single fact raises by itself."""

from collections.abc import Iterator
from datetime import date

from hub.core.cases.advice import Chain
from hub.core.cases.case import Case
from hub.core.cases.claims import Claims
from hub.core.cases.matter import Matter
from hub.core.clocks.counting import beginning_with
from hub.core.facts.data import date_in, text_in
from hub.core.questions import Question, ask

PSYCHOLOGICAL = "psychological"
CLOSURES = frozenset({"school-closure", "early-years-closure"})
SETTINGS = frozenset({"school", "early-years"})
WINDOW_DAYS = 15
"""Regs 13(1)(a), 22(2)(c): the family's days to answer, the day of service counted."""


def doubts_of(cases: list[Case], chains: list[Chain], matters: list[Matter], claims: Claims) -> Iterator[Question]:
    """The questions, in no order of their own."""
    for case in cases:
        mine = [chain for chain in chains if chain.case is case]
        yield from _plan(case, mine)
    for matter in matters:
        yield from _amended(matter)
    yield from _claims(cases, chains, matters, claims)


def _plan(case: Case, chains: list[Chain]) -> Iterator[Question]:
    """A plan cannot properly issue without a psychologist's advice (asked only where advice is known at all), nor
    within the family's days."""
    issued = case.moments.get("plan.issued")
    if issued is None:
        return
    if chains and not _had_psychologist(case, chains, issued):
        yield ask("plan-without-psychological", case.lead.start, case.id)
    served = case.moments.get("plan.draft-served")
    if served is not None and served <= issued <= beginning_with(served, WINDOW_DAYS, "days"):
        yield ask("plan-within-window", case.because["plan.issued"], case.id)


def _had_psychologist(case: Case, chains: list[Chain], issued: date) -> bool:
    had = any(chain.heading == PSYCHOLOGICAL and (chain.received_on or date.max) <= issued for chain in chains)
    return had or any(text_in(fact.data, "heading") == PSYCHOLOGICAL for fact in case.satisfied)


def _amended(matter: Matter) -> Iterator[Question]:
    """An amended plan within the family's days to answer the notice. Notice of no amendment needs no wait."""
    notice, amended = matter.moments.get("review.amendment-notice-sent"), matter.because.get("plan.amended")
    if matter.about != "amendment" or notice is None or amended is None or amended.data.get("change") == "none":
        return
    if matter.moments["plan.amended"] <= beginning_with(notice, WINDOW_DAYS, "days"):
        yield ask("amended-within-window", amended)


def _claims(cases: list[Case], chains: list[Chain], matters: list[Matter], claims: Claims) -> Iterator[Question]:
    if not claims.facts:
        return
    known = {("request", request.id) for case in cases for request in case.requests}
    known |= {("advice", id_) for chain in chains for id_ in (chain.id, *(link.id for link in chain.links))}
    known |= {(matter.about, matter.id) for matter in matters}
    for fact in claims.unknown(known):
        yield ask("unknown-claim", fact)
    asked_on = {link.requested_on for chain in chains if chain.asked.role in SETTINGS for link in chain.links}
    for fact in claims.facts:
        starts, ends = date_in(fact.data, "from"), date_in(fact.data, "to")
        if starts is not None and ends is not None and ends < starts:
            yield ask("claim-dates", fact)
        asked = date_in(fact.data, "advice_requested_on")
        if asked_on and text_in(fact.data, "ground") in CLOSURES and asked not in asked_on:
            yield ask("closure-not-asked", fact)
