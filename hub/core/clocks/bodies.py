"""Which body answers today for a body that was asked in the past."""

from datetime import date
from functools import lru_cache
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
    for succession in _chain(body.ods, successions):
        if day >= succession.gone_from:
            body = Body(body.role, succession.successor)
        else:
            break
    return body


def next_change(body: Body, day: date, successions: tuple[Succession, ...]) -> date | None:
    """The next day after `day` on which another body comes to answer, also for a successor."""
    return min((each.gone_from for each in _chain(body.ods, successions) if each.gone_from > day), default=None)


@lru_cache(maxsize=1024)
def _chain(ods: str | None, successions: tuple[Succession, ...]) -> tuple[Succession, ...]:
    """The successions from a body on, each after the one before. A circle ends where it began to repeat."""
    found: list[Succession] = []
    while ods is not None:
        following = next((each for each in successions if each.ods == ods and each not in found), None)
        if following is None:
            break
        found.append(following)
        ods = following.successor
    return tuple(found)
