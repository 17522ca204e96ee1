"""What a report looks at: a period, on a day."""

from datetime import date
from typing import NamedTuple


class Look(NamedTuple):
    """The period from one London day to another, both counted, as it stands at the end of `as_of`.

    What happened after `as_of` has not happened yet. `area` None means all areas.
    """

    from_on: date
    to_on: date
    as_of: date
    area: str | None = None

    def holds(self, day: date) -> bool:
        """Whether something dated that day has happened and falls into the period."""
        return self.from_on <= day <= self.to_on and day <= self.as_of

    def happened(self, day: date | None) -> bool:
        """Whether something dated that day has happened."""
        return day is not None and day <= self.as_of
