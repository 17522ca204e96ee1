"""The ICB responsible for a child: a dated fact, because it follows the child's GP; the area's own is only assumed."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from hub.core.cases.case import Case
from hub.core.cases.disagreement import Precedence
from hub.core.facts.data import text_in
from hub.core.facts.fact import Fact
from hub.core.facts.standing import Standing


class Commissioner(NamedTuple):
    """`assumed`: nobody has stated it, it is the area's own ICB."""

    ods: str | None
    since: date | None
    why: str | None
    assumed: bool


class Commissioners:
    """Who was responsible when. `last` is the one last stated.

    A change of practice may be told twice, first without a code: what names no ICB ends nobody's duty.
    """

    def __init__(
        self, standing: Standing, cases: list[Case], area_icbs: Mapping[str, str], precedence: Precedence
    ) -> None:
        self._stated: dict[date, Fact] = {}
        for fact in standing.of("commissioner.set"):
            on = fact.effective_on
            if on is None or text_in(fact.data, "ods") is None:
                continue
            if on not in self._stated or precedence.rank(fact.source) < precedence.rank(self._stated[on].source):
                self._stated[on] = fact
        area = next((case.lead.area for case in reversed(cases) if case.lead.area), None)
        ods = area_icbs.get(area) if area else None
        self._assumed = Commissioner(ods, None, None, True) if ods else None

    @property
    def last(self) -> Commissioner | None:
        """As last stated; of two sources that state it from one day, the one with precedence. Else the area's own."""
        return self.on(max(self._stated)) if self._stated else self._assumed

    def on(self, day: date) -> Commissioner | None:
        """The one in force on a day; before the first that is stated the area's own, which is only assumed."""
        since = max((on for on in self._stated if on <= day), default=None)
        if since is None:
            return self._assumed
        fact = self._stated[since]
        return Commissioner(text_in(fact.data, "ods"), since, text_in(fact.data, "why"), False)
