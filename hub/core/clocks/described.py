"""The rows of the timetable as plain values, for pages and commands."""

from typing import Any

from hub.core.clocks.explain import UNITS
from hub.core.clocks.rule import Rule

BODY_ASKED, AS_SAID = "the body asked", "whom its sentence names"


def described(rule: Rule) -> dict[str, Any]:
    """One row: every column, and the limit and its count in words as `limit_text`."""
    return {
        "clock": rule.clock,
        "about": rule.about,
        "starts": list(rule.starts),
        "limit": rule.limit,
        "unit": rule.unit,
        "counts": rule.counts,
        "limit_text": limit_text(rule),
        "meets": list(rule.meets),
        "closes": list(rule.closes),
        "voids": list(rule.voids),
        "at_end": rule.at_end,
        "acts": rule.acts or (BODY_ASKED if rule.about == "advice" else AS_SAID),
        "exemptions": list(rule.exemptions),
        "absence_days": rule.absence_days if "absence" in rule.exemptions else None,
        "asked_roles": sorted(rule.asked_roles) if rule.asked_roles is not None else None,
        "purposes": sorted(rule.purposes),
        "directed": rule.directed,
        "law": rule.law,
        "status": rule.status,
        "says": rule.says,
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
    }


def limit_text(rule: Rule) -> str:
    """The limit in words."""
    if rule.day_of_year is not None:
        month, day = rule.day_of_year
        return f"before {day} {_MONTHS[month - 1]}"
    span = f"{rule.limit} {UNITS[rule.unit]}"
    if rule.event is not None:
        return f"before {rule.event}, at most {span}"
    words = {"after": span, "beginning-with": f"{span} beginning with it", "back-from": f"{span} before it"}
    later = rule.or_later
    if later is None:
        return words[rule.counts]
    other = "the day of" if later.unit == "days" else f"{later.limit} {UNITS[later.unit]} beginning with"
    return f"{words[rule.counts]}, or {other} {later.moment} if later"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
