"""What each role may: one table. Where it may is said by the grant, what is shown of a child by `fields`."""

from collections.abc import Mapping
from typing import Literal

Role = Literal[
    "viewer",
    "coordinator",
    "designated-officer",
    "service",
    "head-of-send",
    "engineer",
    "information-governance",
    "admin",
]

Permission = Literal[
    "health.read",
    "measures.read",
    "record.read",
    "record.sheet",
    "change.read",
    "child.name",
    "child.find",
    "child.break-glass",
    "review.read",
    "review.decide",
    "source.read",
    "message.read",
    "message.raw",
    "message.replay",
    "letter.read",
    "letter.raw",
    "letter.replay",
    "process.control",
    "audit.read",
]
"""`record.*` is of children, deadlines, alerts and timelines; `sheet` takes them away as CSV. `change.read` follows the
whole records of areas. `break-glass` is to see somebody out of scope: with a reason, for a time, and information
governance is told."""

EVERYBODY: frozenset[Role] = frozenset(
    {
        "viewer",
        "coordinator",
        "designated-officer",
        "service",
        "head-of-send",
        "engineer",
        "information-governance",
        "admin",
    }
)
_CASEWORK: frozenset[Role] = frozenset({"coordinator", "designated-officer", "service", "head-of-send"})
_NAMES: frozenset[Role] = frozenset({"coordinator", "designated-officer", "service"})
_TECHNICAL: frozenset[Role] = frozenset({"engineer", "admin"})

MAY: Mapping[Permission, frozenset[Role]] = {
    "health.read": EVERYBODY,
    "measures.read": _CASEWORK | {"viewer", "information-governance", "admin"},
    "record.read": _CASEWORK | {"viewer", "engineer"},
    "record.sheet": _CASEWORK,
    "change.read": frozenset({"coordinator", "head-of-send"}),
    "child.name": _NAMES,
    "child.find": _NAMES,
    "child.break-glass": _NAMES | {"head-of-send"},
    "review.read": frozenset({"coordinator", "head-of-send", "engineer"}),
    "review.decide": frozenset({"coordinator", "head-of-send"}),
    "source.read": _TECHNICAL | {"coordinator", "head-of-send", "information-governance"},
    "message.read": _TECHNICAL | {"information-governance"},
    "message.raw": frozenset({"information-governance"}),
    "message.replay": _TECHNICAL,
    "letter.read": _TECHNICAL | {"information-governance"},
    "letter.raw": frozenset({"information-governance"}),
    "letter.replay": _TECHNICAL,
    "process.control": _TECHNICAL,
    "audit.read": frozenset({"information-governance"}),
}
"""Who operates the hub sees no name, and nothing as it was received: that is for whoever answers for the data."""

OF_PERSONS: frozenset[Permission] = frozenset(
    {
        "child.name",
        "child.find",
        "child.break-glass",
        "review.decide",
        "message.raw",
        "message.replay",
        "letter.raw",
        "letter.replay",
        "process.control",
    }
)
"""No system may, whatever its role: somebody has to answer for it."""

OF_SYSTEMS: frozenset[Permission] = frozenset({"change.read"})
"""No person may, whatever their role: they would read every record of an area, and the audit not say of whom."""
