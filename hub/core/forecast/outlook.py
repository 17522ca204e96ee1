"""What alerts ask of the forecast: whether a deadline is likely to be missed, and when to look again."""

from dataclasses import dataclass
from datetime import date

from hub.core.clocks.deadline import Deadline
from hub.core.forecast.likely_late import LikelyLate, likely_late_on, model_for, next_change
from hub.core.forecast.model import ForecastModel
from hub.core.forecast.spell import request_of


@dataclass(frozen=True, slots=True)
class Outlook:
    """The models that were ever in force, and the thresholds. Answers are a pure function of deadline and day.

    Keep each model for at least the six weeks that the requests it was in force for may run: without it they would be
    told another answer, or none.
    """

    models: tuple[ForecastModel, ...]
    policy: LikelyLate

    def likely_late(self, deadline: Deadline, day: date) -> bool:
        """Whether a deadline that is running at the end of `day` is likely to be missed. No other clock's ever is."""
        request = request_of(deadline, day)
        model = model_for(self.models, request.spell) if request and request.running else None
        if request is None or model is None:
            return False
        return likely_late_on(model, request.spell, request.due_on, day, self.policy)

    def next_change(self, deadline: Deadline, day: date) -> date | None:
        """The next day after `day` on which the answer changes if nothing is heard; None when it does not."""
        request = request_of(deadline, day)
        model = model_for(self.models, request.spell) if request and request.running else None
        if request is None or model is None:
            return None
        return next_change(model, request.spell, request.due_on, day, self.policy)
