"""The rules: every statutory clock as rows of data, each valid for starts from one day to another.

A change of the law is a new row with another `valid_from`, never code. Words used in the rows:

* a *moment* is a dated event of a case or of an advice chain: a fact's kind, with `:` what its data must say. Moments
  that mean more than a fact alone are worked out in `hub.core.cases`: `advice.delivered` is the first delivery to the
  body asked, `advice.received:usable` is final advice that was not sent back, `advice.declined:permitted` is on a
  ground of CFA 2014 s31(3) with reasons, `advice.satisfied-by-existing:agreed` has all three agreements of reg 6(4),
  `child.moved-away` is a move out of the area with no plan;
* `starts`: the first of these moments that has happened, in this order of preference, starts the clock;
* `meets` ends it as it should; `closes` ends it without what was due; `voids` makes it not apply. The earliest decides,
  on one day in that order: what was met is never voided. What was due counts even after a close, should it come yet;
* `conditional`: the limit matters only if that decision is taken; passed undecided it has lapsed, which is no breach;
* `exemptions`: grounds that may lift the limit, by the table in the regulations. A ground lifts nothing by itself.

`status` says how the row was checked: `checked` in the law or in a text that quotes it, or from `general knowledge`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from hub.core.cases.advice import S31_ROLES

SEND_REGULATIONS = date(2014, 9, 1)
"""The Special Educational Needs and Disability Regulations 2014 (SI 2014/1530) in force."""

REFUSED = "assessment.decided:refuse"
ENDED = (REFUSED, "assessment.withdrawn", "child.moved-away", "child.died")
"""What ends a request without a plan, and all its open clocks with it."""

CASE_GROUNDS = ("school-closure", "early-years-closure", "exceptional-circumstances", "absence")
"""Regs 5(4), 10(4) and, through it, 13(3). The list is closed: late advice, staffing and panels are not on it."""

ADVICE_GROUNDS = ("exceptional-circumstances", "absence", "missed-appointment")
"""Reg 8(2). School closure never excuses advice."""

OWN_AUTHORITY = "own-authority"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `limit` is in `unit`; `counts` names the day-count convention (docs/clocks-first.md)."""

    clock: str
    about: Literal["case", "advice"]
    starts: tuple[str, ...]
    limit: int
    meets: tuple[str, ...]
    voids: tuple[str, ...]
    law: str
    status: Literal["checked", "general knowledge"]
    says: str
    unit: Literal["weeks"] = "weeks"
    counts: Literal["after"] = "after"
    closes: tuple[str, ...] = ()
    conditional: bool = False
    purposes: frozenset[str] = frozenset()
    asked_roles: frozenset[str] | None = None
    exemptions: tuple[str, ...] = ()
    valid_from: date = SEND_REGULATIONS
    valid_to: date | None = None

    @property
    def version(self) -> str:
        """The row's name among the rows of its clock."""
        return self.valid_from.isoformat()

    def is_valid(self, start: date) -> bool:
        """Whether the row governs a clock that starts on that day."""
        return self.valid_from <= start and (self.valid_to is None or start <= self.valid_to)

    def fits(self, purpose: str, role: str) -> bool:
        """Whether the row is for advice asked for this purpose of a body in this role; a case's row always fits."""
        return (not self.purposes or purpose in self.purposes) and (
            self.asked_roles is None or role in self.asked_roles
        )


ASSESSMENT_ADVICE = frozenset({"assessment", "reassessment"})
OTHER_ROLES = frozenset({"own-authority", "school", "early-years", "independent", "unknown"})

RULES: tuple[Rule, ...] = (
    Rule(
        clock="assessment-decision-6w",
        about="case",
        starts=("assessment.requested",),
        limit=6,
        meets=("assessment.decided",),
        voids=("assessment.withdrawn", "child.moved-away", "child.died"),
        exemptions=CASE_GROUNDS,
        law="CFA 2014 s36; reg 5(1)",
        status="checked",
        says="Tell the family within 6 weeks of receiving the request whether there will be an assessment.",
    ),
    Rule(
        clock="advice-6w",
        about="advice",
        starts=("advice.delivered", "advice.requested"),
        limit=6,
        meets=("advice.received:usable", "advice.satisfied-by-existing:agreed"),
        closes=("advice.declined:permitted", "advice.received:not-known"),
        voids=("advice.cancelled", *ENDED),
        purposes=ASSESSMENT_ADVICE,
        asked_roles=S31_ROLES,
        exemptions=ADVICE_GROUNDS,
        law="reg 8(1)",
        status="checked",
        says="A body asked for advice gives it within 6 weeks of the day the request reached it.",
    ),
    Rule(
        clock="advice-6w",
        about="advice",
        starts=("advice.delivered", "advice.requested"),
        limit=6,
        meets=("advice.received:usable", "advice.satisfied-by-existing:agreed"),
        closes=("advice.received:not-known",),
        voids=("advice.cancelled", *ENDED),
        purposes=ASSESSMENT_ADVICE,
        asked_roles=OTHER_ROLES,
        law="guidance",
        status="general knowledge",
        says="The authority's own services, schools and others give advice within the same 6 weeks (Code 9.42, 9.52).",
    ),
    Rule(
        clock="no-plan-decision-16w",
        about="case",
        starts=("assessment.requested",),
        limit=16,
        conditional=True,
        meets=("plan.decided:no-plan",),
        voids=("plan.decided:issue", "plan.draft-sent", "plan.issued", *ENDED),
        exemptions=CASE_GROUNDS,
        law="CFA 2014 s36(9); reg 10(1)",
        status="checked",
        says="A decision to issue no plan is told to the family within 16 weeks of receiving the request.",
    ),
    Rule(
        clock="final-plan-20w",
        about="case",
        starts=("assessment.requested",),
        limit=20,
        meets=("plan.issued",),
        voids=("plan.decided:no-plan", *ENDED),
        exemptions=CASE_GROUNDS,
        law="reg 13(2)",
        status="checked",
        says="Send the final plan to family, named institution and ICB within 20 weeks of receiving the request.",
    ),
)
