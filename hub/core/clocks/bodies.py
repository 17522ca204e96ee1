"""Which body answers today for a body that was asked in the past."""

from datetime import date
from typing import NamedTuple

from hub.core.cases.body import Body


class Succession(NamedTuple):
    """From a day on, another body answers for this one. `successor` is None until its code is known."""

    ods: str
    gone_from: date
    successor: str | None = None


SUCCESSIONS: tuple[Succession, ...] = (
    # Buckinghamshire, Oxfordshire and Berkshire West ICB went into Thames Valley ICB, whose code is not known yet.
    Succession("QU9", date(2026, 4, 1)),
)

AREA_ICBS: dict[str, str] = {
    "825": "QU9",  # Buckinghamshire
}
"""The ICB that is assumed for an area's children while nobody has stated theirs."""


def answerable(body: Body, day: date, successions: tuple[Succession, ...]) -> Body:
    """The body that answers on a day for the body asked."""
    for succession in successions:
        if body.ods == succession.ods and day >= succession.gone_from:
            return answerable(Body(body.role, succession.successor), day, successions)
    return body


def next_change(body: Body, day: date, successions: tuple[Succession, ...]) -> date | None:
    """The next day after `day` on which another body comes to answer."""
    return min((s.gone_from for s in successions if s.ods == body.ods and s.gone_from > day), default=None)
