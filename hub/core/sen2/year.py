"""The calendar year that a return is about."""

from datetime import date
from typing import NamedTuple


class Year(NamedTuple):
    """A calendar year; the return about it is handed in in January of the next (`collection`)."""

    number: int

    @property
    def first(self) -> date:
        """1 January."""
        return date(self.number, 1, 1)

    @property
    def last(self) -> date:
        """31 December: what is dated later has not happened yet for this return."""
        return date(self.number, 12, 31)

    @property
    def collection(self) -> int:
        """The year by which the collection is called."""
        return self.number + 1
