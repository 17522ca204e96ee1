"""What ends of what the hub rests on, as the ticker's process tells it."""

from datetime import date, timedelta

from hub.core.clocks.rules import RULES
from hub.core.days import BANK_HOLIDAYS_TO
from hub.platform import expiry
from hub.platform.settings import Settings

ROTATE_DAYS = 31
"""A wrapping key is in use for so long (docs/running.md: every month)."""


def watch(settings: Settings) -> None:
    """Tell of all of them from now on."""
    expiry.watch("bank-holidays", lambda: BANK_HOLIDAYS_TO)
    expiry.watch("timetable", timetable_ends)
    expiry.watch("wrapping-key", lambda: rotation_due(settings))


def rotation_due(settings: Settings) -> date | None:
    """By when the wrapping key should be another; None where this process has no ring, for it needs none.

    Raises KeyFault where there is a ring that can't be read.
    """
    if settings.ring.in_file and not settings.key_ring_file.exists():
        return None
    return settings.ring.look_again().current.made + timedelta(days=ROTATE_DAYS)


def timetable_ends() -> date | None:
    """The first day on which a clock's last row ends, so that nothing follows it; None where every clock goes on."""
    last: dict[str, date | None] = {}
    for rule in RULES:
        known = last.get(rule.clock, date.min)
        last[rule.clock] = None if known is None or rule.valid_to is None else max(known, rule.valid_to)
    return min((day for day in last.values() if day is not None), default=None)
