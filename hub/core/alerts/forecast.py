"""What alerts ask of a forecast. Where there is none nothing is ever likely late."""

from datetime import date
from typing import Protocol

from hub.core.clocks.deadline import Deadline


class Forecast(Protocol):
    """Says of a deadline that is running whether it will probably be missed. A pure function of its arguments."""

    def likely_late(self, deadline: Deadline, day: date) -> bool:
        """Whether, as seen on the day, it will probably not be met in time."""
        ...

    def next_change(self, deadline: Deadline, day: date) -> date | None:
        """The next day after `day` on which the answer may be another without new facts; None where there is none."""
        ...
