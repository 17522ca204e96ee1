"""The legal headings of advice in a case (reg 6): their parts, when asked for and when complete."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from hub.core.cases.advice import ANSWERS, Chain
from hub.core.cases.case import Case
from hub.core.facts.data import text_in
from hub.core.facts.fact import Fact

ALL_REQUESTED, ALL_IN = "advice.all-requested", "advice.all-in"


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading. Its parts are the required requests; a request that was divided into parts is in when they are.

    `asked` and `last` are the facts by which it was first asked for (or satisfied) and became complete, with their
    days; None while it has not.
    """

    name: str
    parts: int
    parts_in: int
    asked: tuple[date, Fact] | None
    last: tuple[date, Fact] | None

    @property
    def complete(self) -> bool:
        """Whether every required part is in."""
        return 0 < self.parts == self.parts_in


def headings_of(case: Case, chains: Iterable[Chain]) -> list[Heading]:
    """The headings that were asked for in a case, by name."""
    mine = list(chains)
    names = {chain.heading for chain in mine} | {text_in(fact.data, "heading") for fact in case.satisfied}
    return [_heading(name, case, mine) for name in sorted(name for name in names if name)]


def complete(case: Case, headings: list[Heading], required: frozenset[str]) -> None:
    """Mark in the case when the last required kind was asked for, and when the last required heading was complete.

    Required are the kinds that every assessment needs, and each other heading of which a required part was asked for.
    """
    by_name = {heading.name: heading for heading in headings}
    asked = [by_name[name].asked if name in by_name else None for name in sorted(required)]
    _mark(case, ALL_REQUESTED, asked)
    wanted = required | {heading.name for heading in headings if heading.parts}
    _mark(case, ALL_IN, [by_name[name].last if name in by_name else None for name in sorted(wanted)])


def _mark(case: Case, moment: str, days: list[tuple[date, Fact] | None]) -> None:
    found = [day for day in days if day is not None]
    if found and len(found) == len(days):
        day, fact = max(found, key=lambda item: (item[0], item[1].key))
        case.moments[moment], case.because[moment] = day, fact


def _heading(name: str, case: Case, chains: list[Chain]) -> Heading:
    agreed = [(fact.on, fact) for fact in case.satisfied if text_in(fact.data, "heading") == name]
    parts = [chain for chain in chains if chain.heading == name and chain.wanted]
    answered = [_answer(chain) for chain in parts]
    received = [answer for answer in answered if answer is not None] + agreed
    asked = [(chain.links[0].requested_on, chain.links[0].asked_for) for chain in chains if chain.heading == name]
    whole = 0 < len(parts) + len(agreed) == len(received)
    return Heading(
        name=name,
        parts=len(parts) + len(agreed),
        parts_in=len(received),
        asked=min(asked + agreed, key=_by_day, default=None),
        last=max(received, key=_by_day) if whole else None,
    )


def _answer(chain: Chain) -> tuple[date, Fact] | None:
    """The day and fact that answered a request, if it is answered."""
    answers = [(chain.moments[moment], chain.because[moment]) for moment in ANSWERS if moment in chain.moments]
    return min(answers, key=_by_day, default=None)


def _by_day(item: tuple[date, Fact]) -> tuple[date, tuple[str, str, str, str]]:
    return item[0], item[1].key
