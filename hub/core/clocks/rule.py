"""One row of the timetable, and the words that its rows use."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from hub.core.cases.matter import MatterKind

SEND_REGULATIONS = date(2014, 9, 1)
"""The Special Educational Needs and Disability Regulations 2014 (SI 2014/1530) in force."""

About = Literal["case", "advice"] | MatterKind
Unit = Literal["days", "weeks", "months", "working-days", "tribunal-days"]
Counts = Literal["after", "beginning-with", "before", "back-from"]
AtEnd = Literal["overdue", "lapsed", "met"]

LOCAL_TARGET = "local target"
"""`law` of a row that is a target of the partnership's own."""


class OrLater(NamedTuple):
    """The limit is the later of two: the row's own, and this many of `unit` beginning with another moment."""

    moment: str
    limit: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `limit` is in `unit`, counted as `counts` says from the first of `starts` that has happened.

    * `about`: what it runs for, one deadline for each; `purposes` and `asked_roles` narrow an advice row to requests
      for these purposes and to bodies in these roles;
    * `meets` ends it as it should, `closes` without what was due, `voids` makes it not apply. The earliest decides, on
      one day in that order: what was met is never voided. What was due counts even after a close;
    * `at_end`: what passing the last day makes it. *overdue*; *lapsed*, where the limit matters only if that decision
      is taken; *met*, where the time itself is what was owed (the family's 15 days);
    * `counts`: *after* leaves the start out; *beginning-with* counts it; *before* is the day before `day_of_year` in
      the subject's year, or before the moment `event` (while that has not happened, before the end of `limit`);
      *back-from* goes back from the start;
    * `directed`: a date that the tribunal directed takes the place of the limit;
    * `acts`: the role of who must act; None is the body asked, or another that depends on the subject;
    * `exemptions`: grounds that may lift the limit; an `absence` needs `absence_days` inside the period;
    * `status`: `checked` in the law or a text that quotes it, or from `general knowledge`; a target is a `proposal`.
    """

    clock: str
    about: About
    starts: tuple[str, ...]
    limit: int
    meets: tuple[str, ...]
    voids: tuple[str, ...]
    law: str
    status: Literal["checked", "checked (secondary)", "general knowledge", "proposal"]
    says: str
    unit: Unit = "weeks"
    counts: Counts = "after"
    closes: tuple[str, ...] = ()
    at_end: AtEnd = "overdue"
    day_of_year: tuple[int, int] | None = None
    event: str | None = None
    or_later: OrLater | None = None
    directed: bool = False
    acts: str | None = "own-authority"
    purposes: frozenset[str] = frozenset()
    asked_roles: frozenset[str] | None = None
    exemptions: tuple[str, ...] = ()
    absence_days: int = 28
    valid_from: date = SEND_REGULATIONS
    valid_to: date | None = None

    @property
    def version(self) -> str:
        """The row's name among the rows of its clock."""
        return self.valid_from.isoformat()

    @property
    def conditional(self) -> bool:
        """Whether passing undecided is no breach."""
        return self.at_end == "lapsed"

    @property
    def is_target(self) -> bool:
        """Whether it is the partnership's own target, not law."""
        return self.law == LOCAL_TARGET

    def is_valid(self, start: date) -> bool:
        """Whether the row governs a clock that starts on that day."""
        return self.valid_from <= start and (self.valid_to is None or start <= self.valid_to)

    def fits(self, purpose: str, role: str) -> bool:
        """Whether the row is for advice asked for this purpose of a body in this role; a case's row always fits."""
        return (not self.purposes or purpose in self.purposes) and (
            self.asked_roles is None or role in self.asked_roles
        )
