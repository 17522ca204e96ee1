"""Bands of weeks since a start. Start + 7 x weeks still lies within the weeks, as it does for a deadline's `due_on`."""

from datetime import date
from typing import NamedTuple


class Bands(NamedTuple):
    """Limits in weeks with the name of what lies within each, and the name of what lies beyond the last."""

    limits: tuple[tuple[int, str], ...]
    beyond: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names, youngest first."""
        return (*(name for _, name in self.limits), self.beyond)

    def of(self, start: date, day: date) -> str:
        """The band in which a day lies."""
        days = (day - start).days
        return next((name for weeks, name in self.limits if days <= 7 * weeks), self.beyond)


CASE_BANDS = Bands(((6, "0-6"), (16, "6-16"), (20, "16-20"), (52, "20-52")), "52+")
"""Open cases: the ends are the limits of the main clocks, and a year."""

ADVICE_BANDS = Bands(((4, "0-4"), (6, "4-6"), (12, "6-12"), (26, "12-26")), "26+")
"""Open advice requests."""
