"""What the alert would have done at a threshold: how often it would have been right, and how much it would have found.

Each request is watched as it was: with the model that was in force, from the day the hub first heard of it, day by day.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from hub.core.days import DAY, is_working_day
from hub.core.forecast.likely_late import LikelyLate, likely_late_since, model_for
from hub.core.forecast.model import ForecastModel
from hub.core.forecast.spell import AdviceRequest


class Watch(NamedTuple):
    """One request: whether it became late, and the working days left when the alert opened (None: it never did)."""

    service: str
    late: bool
    working_days_left: int | None


class Worth(NamedTuple):
    """Of `requests` (`late` of them): alerts opened, the share of these that became late, the share of late found."""

    requests: int
    late: int
    alerts: int
    precision: float | None
    recall: float | None
    median_days_left: int | None


def watches(
    became: Iterable[AdviceRequest], models: Sequence[ForecastModel], last: date, policy: LikelyLate
) -> list[Watch]:
    """What would have happened to each request that a model was in force for and that was due by `last`.

    One that was gone or closed by its due date became neither late nor met, and is left out.
    """
    found = []
    for request in became:
        spell = request.spell
        model = model_for(models, spell)
        ended_early = spell.ending in ("gone", "closed") and spell.until <= request.due_on
        if model is None or request.due_on > last or ended_early or spell.seen_on > request.due_on:
            continue
        since = likely_late_since(model, spell, request.due_on, policy)
        opened = since is not None and not spell.arrived_by(since)
        left = _working_days(since, request.due_on) if since is not None and opened else None
        found.append(Watch(spell.service, not spell.arrived_by(request.due_on), left))
    return found


def worth(watched: Sequence[Watch]) -> Worth:
    """The sums."""
    late = sum(watch.late for watch in watched)
    opened = [watch for watch in watched if watch.working_days_left is not None]
    right = sum(watch.late for watch in opened)
    days = sorted(watch.working_days_left for watch in opened if watch.working_days_left is not None)
    return Worth(
        requests=len(watched),
        late=late,
        alerts=len(opened),
        precision=right / len(opened) if opened else None,
        recall=right / late if late else None,
        median_days_left=days[len(days) // 2] if days else None,
    )


def _working_days(day: date, due_on: date) -> int:
    """Working days after a day up to and with the due date."""
    return sum(is_working_day(day + DAY * number) for number in range(1, (due_on - day).days + 1))
