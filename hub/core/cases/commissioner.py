"""The ICB responsible for a child: a dated fact, because it follows the child's GP; the area's own is only assumed."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from hub.core.cases.case import Case
from hub.core.cases.disagreement import Precedence
from hub.core.facts.data import text_in
from hub.core.facts.standing import Standing


class Commissioner(NamedTuple):
    """`assumed`: nobody has stated it, it is the area's own ICB."""

    ods: str | None
    since: date | None
    why: str | None
    assumed: bool


def commissioner_of(
    standing: Standing, cases: list[Case], area_icbs: Mapping[str, str], precedence: Precedence
) -> Commissioner | None:
    """As last stated; of two sources that state it from one day, the one with precedence. Else the area's own."""
    stated = [(fact.effective_on, fact) for fact in standing.of("commissioner.set") if fact.effective_on]
    if stated:
        last = max(on for on, _ in stated)
        fact = min((fact for on, fact in stated if on == last), key=lambda fact: precedence.rank(fact.source))
        return Commissioner(text_in(fact.data, "ods"), last, text_in(fact.data, "why"), False)
    area = next((case.lead.area for case in reversed(cases) if case.lead.area), None)
    assumed = area_icbs.get(area) if area else None
    return Commissioner(assumed, None, None, True) if assumed else None
