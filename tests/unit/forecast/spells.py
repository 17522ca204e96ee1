"""Spells for tests, by their length in days. Everything is synthetic."""

from collections.abc import Sequence
from datetime import date, timedelta

from hub.core.forecast.model import ForecastModel, Settings, fit
from hub.core.forecast.spell import AdviceRequest, Ending, Spell

MONDAY = date(2026, 2, 2)
"""In term, as are the twenty weeks after it."""

THERAPY = "speech-and-language"


def spell(
    days: int,
    ending: Ending = "arrived",
    start: date = MONDAY,
    seen: int = 0,
    service: str = THERAPY,
    load: int | None = None,
    told: int | None = None,
) -> Spell:
    """One that ended, or was last looked at, so many days after its start, and was first heard of after `seen`."""
    until = start + timedelta(days=days)
    told_on = None if told is None else until + timedelta(days=told)
    return Spell(service, start, start + timedelta(days=seen), until, ending, load, told_on)


def request(id_: str, one: Spell, days: int = 42) -> AdviceRequest:
    """A request due so many days after its start."""
    due_on = one.starts_on + timedelta(days=days)
    return AdviceRequest(id_, due_on, one.ending == "open" and one.until <= due_on, one)


def model_of(spells: Sequence[Spell], as_of: date = MONDAY + timedelta(days=140), **settings: object) -> ForecastModel:
    """Fitted on all of them."""
    return fit(spells, as_of, Settings(**({"window": 0, "own_least": 1, "at_risk_least": 1} | settings)))  # type: ignore[arg-type]


def mixed(early: int, late: int, service: str = THERAPY) -> list[Spell]:
    """So many that come in the fifth week, and so many that come in the twelfth."""
    return [spell(33, service=service) for _ in range(early)] + [spell(80, service=service) for _ in range(late)]
