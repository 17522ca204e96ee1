"""Whether a request is likely to be late while there is still time to act. Pure: the model is given, as the day is.

Why it does not flap. For one model and one due date the chance of arriving by it only falls while nothing is heard
(`Curve.chances` never rises). After the last day with time to act the answer of that day stands. So what stands goes on
standing up to the due date, or until new facts end or change the request. Another model might say otherwise:
`model_for` holds each request to the model that was in force when the hub first heard of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hub.core.days import DAY, working_days_before
from hub.core.forecast.model import EVERYBODY, ForecastModel
from hub.core.forecast.spell import Spell


@dataclass(frozen=True, slots=True)
class LikelyLate:
    """Likely late: the chance is `below` this, known at least `working_days` before the due date, from at least
    `history_least` requests of the service itself."""

    below: float = 0.25
    working_days: int = 5
    history_least: int = 30


def model_for(models: Sequence[ForecastModel], spell: Spell) -> ForecastModel | None:
    """The latest model made before the day the hub first heard of the request, else none."""
    earlier = [model for model in models if model.as_of < spell.seen_on]
    return max(earlier, key=lambda model: model.as_of, default=None)


def likely_late_on(model: ForecastModel, spell: Spell, due_on: date, day: date, policy: LikelyLate) -> bool:
    """Whether the alert stands at the end of `day`, on which the request is open."""
    return stands(likely_late_since(model, spell, due_on, policy), due_on, day)


def next_change(model: ForecastModel, spell: Spell, due_on: date, day: date, policy: LikelyLate) -> date | None:
    """The next day after `day` on which the answer changes if nothing is heard; None when it does not."""
    return changes_on(likely_late_since(model, spell, due_on, policy), due_on, day)


def stands(since: date | None, due_on: date, day: date) -> bool:
    """Whether an alert that stands from `since` on stands on a day."""
    return since is not None and since <= day <= due_on


def changes_on(since: date | None, due_on: date, day: date) -> date | None:
    """The next day on which that changes."""
    if since is None or day > due_on:
        return None
    return since if day < since else due_on + DAY


def likely_late_since(model: ForecastModel, spell: Spell, due_on: date, policy: LikelyLate) -> date | None:
    """The day from which the alert stands while the request is open; None when it never does."""
    path, (n, _) = model.find(spell)
    if path == EVERYBODY or n < policy.history_least:
        return None
    last_chance = working_days_before(due_on, policy.working_days)
    chances = model.chances(spell, due_on)
    for waited in range(max(0, spell.age(spell.seen_on)), min(spell.age(last_chance) + 1, len(chances))):
        if chances[waited] < policy.below:
            return spell.starts_on + timedelta(days=waited)
    return None
