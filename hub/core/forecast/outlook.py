"""What alerts ask of the forecast: whether a deadline is likely to be missed, and when to look again."""

from dataclasses import dataclass, field, replace
from datetime import date

from hub.core.clocks.deadline import Deadline
from hub.core.forecast.likely_late import LikelyLate, changes_on, likely_late_since, model_for, stands
from hub.core.forecast.model import ForecastModel
from hub.core.forecast.spell import AdviceRequest, Spell, request_of

MOST_KNOWN = 16_384


@dataclass(frozen=True, slots=True)
class Outlook:
    """The models that were ever in force, and the thresholds. Answers are a pure function of deadline and day.

    Keep each model for at least the six weeks that the requests it was in force for may run: without it they would be
    told another answer, or none.
    """

    models: tuple[ForecastModel, ...]
    policy: LikelyLate
    _known: dict[tuple[Spell, date], date | None] = field(init=False, compare=False, repr=False, default_factory=dict)

    def likely_late(self, deadline: Deadline, day: date) -> bool:
        """Whether a deadline that is running at the end of `day` is likely to be missed. No other clock's ever is."""
        request = request_of(deadline, day)
        return request is not None and request.running and stands(self._since(request), request.due_on, day)

    def next_change(self, deadline: Deadline, day: date) -> date | None:
        """The next day after `day` on which the answer changes if nothing is heard; None when it does not."""
        request = request_of(deadline, day)
        if request is None or not request.running:
            return None
        return changes_on(self._since(request), request.due_on, day)

    def _since(self, request: AdviceRequest) -> date | None:
        """Worked out once: requests that started on one day with one service are many, and asked about every day."""
        spell = replace(request.spell, until=request.spell.starts_on)
        key = (spell, request.due_on)
        if key not in self._known:
            if len(self._known) == MOST_KNOWN:
                self._known.clear()
            model = model_for(self.models, spell)
            since = None if model is None else likely_late_since(model, spell, request.due_on, self.policy)
            self._known[key] = since
        return self._known[key]
