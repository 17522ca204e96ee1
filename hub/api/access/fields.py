"""What of a child each role is shown, part by part: one table. Whom it is shown of is said by scope.

A therapist needs the request that they were asked for, and nothing of the tribunal or of social care.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from hub.api.access.permissions import Role

Part = Literal[
    "name",
    "case",
    "advice-of-others",
    "social-care",
    "plan",
    "tribunal",
    "exemptions",
    "disagreements",
    "questions",
    "messages",
]
"""`name` is name, date of birth and NHS number. `case` is requests and decisions with their limits, `advice-of-others`
what bodies and services other than one's own were asked. What one's own was asked, and its limit, is always shown."""

_AUTHORITY: frozenset[Role] = frozenset({"coordinator", "head-of-send"})

SHOWN: Mapping[Part, frozenset[Role]] = {
    "name": frozenset({"coordinator", "designated-officer", "service"}),
    "case": _AUTHORITY | {"designated-officer", "service", "viewer", "engineer"},
    "advice-of-others": _AUTHORITY | {"designated-officer", "viewer", "engineer"},
    "social-care": _AUTHORITY,
    "plan": _AUTHORITY | {"designated-officer", "viewer", "engineer"},
    "tribunal": _AUTHORITY,
    "exemptions": _AUTHORITY | {"designated-officer", "engineer"},
    "disagreements": _AUTHORITY | {"engineer"},
    "questions": _AUTHORITY | {"engineer"},
    "messages": _AUTHORITY | {"engineer"},
}

TRIBUNAL = ("order", "appeal", "mediation", "tribunal")
PLAN = ("review", "amendment", "phase", "area", "icb-change", "reassessment", "section")
"""How the names of clocks begin that are about these."""

ALL_ADVICE = ("send-advice-request", "advice-all-in")
"""How the names of clocks begin whose sentences name the last of all requests for advice: it may be social care's."""

ALERTS: Mapping[str, Part] = {
    "exemption-not-valid": "exemptions",
    "plan-without-advice": "social-care",
    "week-12-incomplete": "social-care",
}
"""Thresholds of alerts that tell of a part, whatever limit they are about. That a plan went out without advice, or that
some is missing in week 12, does not say which: it may be social care's, and who sees the record could work out that it
is."""


def parts(roles: Iterable[Role]) -> frozenset[Part]:
    """What is shown to somebody with these roles, all together."""
    known = frozenset(roles)
    return frozenset(part for part, may in SHOWN.items() if not may.isdisjoint(known))


def part_of(clock: str, heading: str | None) -> Part:
    """To which part a limit belongs."""
    if clock.startswith(TRIBUNAL):
        return "tribunal"
    if heading == "social-care":
        return "social-care"
    if heading is not None:
        return "advice-of-others"
    return "plan" if clock.startswith(PLAN) else "case"
