"""Judging the forecast on months that it had not seen, against the plain share on time of each service.

At each origin (a month's end) a model is fitted on what was known then and asked about every request that ran then.
What became of them is read from what is known at the end. A request that was cancelled, closed or ended with its case
by its due date has no answer (whether it would have come in time was never seen) and is left out, and counted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import log
from typing import NamedTuple

from hub.core.forecast.model import USUAL, ForecastModel, Settings, chance_by, fit, since
from hub.core.forecast.spell import AdviceRequest, Spell

BINS = 10
LEAST_CHANCE = 0.001
"""For the log loss, which a forecast of nought that comes true would make infinite."""

Known = Callable[[date], Sequence[AdviceRequest]]
"""The advice requests as they were known by the end of a day."""


class Forecasted(NamedTuple):
    """One forecast beside what became of it. `base` is the service's share on time; `waited` in days, at the origin."""

    origin: date
    service: str
    waited: int
    chance: float
    base: float
    came: bool


class Score(NamedTuple):
    """Brier score and log loss are the better the smaller. `skill`: the part of the base rate's Brier score saved."""

    n: int
    brier: float
    base_brier: float
    skill: float
    log_loss: float
    base_log_loss: float


class Bin(NamedTuple):
    """Forecasts from `low` to below `high` (the last with it): how many, their mean, the share that came in time."""

    low: float
    high: float
    n: int
    mean: float
    came: float


@dataclass(frozen=True, slots=True)
class Judged:
    """All forecasts, in order of origin and request; `left_out`: why the others could not be judged, and how many;
    `models`: that of each origin."""

    forecasts: tuple[Forecasted, ...]
    models: tuple[ForecastModel, ...]
    left_out: Mapping[str, int]


def judge(known: Known, origins: Iterable[date], last: date, settings: Settings = USUAL) -> Judged:
    """Judge the forecast at each origin by what was known on `last`."""
    became = {request.id: request.spell for request in known(last)}
    found: list[Forecasted] = []
    models: list[ForecastModel] = []
    left_out = {"gone": 0, "closed": 0, "not yet due": 0, "no forecast": 0}
    for origin in sorted(set(origins)):
        requests = known(origin)
        model = fit((request.spell for request in requests), origin, settings)
        models.append(model)
        rates = base_rates(requests, origin, since(origin, settings))
        for request in sorted(requests, key=lambda request: request.id):
            if not request.running or request.due_on <= origin:
                continue
            chance = chance_by(model, request.spell, request.due_on, origin)
            why = _unjudged(request, became.get(request.id), last)
            base = rates.get(request.spell.service, rates.get(""))
            if why is None and (chance is None or base is None):
                why = "no forecast"
            if why is not None or chance is None or base is None:
                left_out[why or "no forecast"] += 1
                continue
            came = became[request.id].arrived_by(request.due_on)
            spell = request.spell
            found.append(Forecasted(origin, spell.service, spell.age(origin), chance, base, came))
    return Judged(tuple(found), tuple(models), left_out)


def base_rates(requests: Iterable[AdviceRequest], day: date, start: date | None) -> dict[str, float]:
    """By service, and for all under "", the share on time of what was due by `day`, and from `start` on where there is
    one. What the hub first heard of when it was over or late says nothing; nor does what was gone or closed."""
    due: dict[str, int] = {}
    on_time: dict[str, int] = {}
    for request in requests:
        spell = request.spell
        too_late = spell.seen_on > spell.starts_on and spell.seen_on >= min(spell.until, request.due_on)
        within = request.due_on <= day and (start is None or request.due_on >= start)
        if too_late or not within or _ended_early(request, spell):
            continue
        for name in (spell.service, ""):
            due[name] = due.get(name, 0) + 1
            on_time[name] = on_time.get(name, 0) + spell.arrived_by(request.due_on)
    return {name: on_time[name] / number for name, number in due.items()}


def score(forecasts: Sequence[Forecasted]) -> Score | None:
    """How good they were; None when there are none."""
    if not forecasts:
        return None
    n = len(forecasts)
    brier = sum((one.chance - one.came) ** 2 for one in forecasts) / n
    base_brier = sum((one.base - one.came) ** 2 for one in forecasts) / n
    return Score(
        n=n,
        brier=brier,
        base_brier=base_brier,
        skill=1.0 - brier / base_brier if base_brier else 0.0,
        log_loss=sum(_log_loss(one.chance, one.came) for one in forecasts) / n,
        base_log_loss=sum(_log_loss(one.base, one.came) for one in forecasts) / n,
    )


def calibration(forecasts: Iterable[Forecasted], bins: int = BINS) -> list[Bin]:
    """Whether what was given a chance came as often as that, in bins of equal breadth; empty ones are left out."""
    members: dict[int, list[Forecasted]] = {}
    for one in forecasts:
        members.setdefault(min(int(one.chance * bins), bins - 1), []).append(one)
    return [
        Bin(
            low=place / bins,
            high=(place + 1) / bins,
            n=len(members[place]),
            mean=sum(one.chance for one in members[place]) / len(members[place]),
            came=sum(one.came for one in members[place]) / len(members[place]),
        )
        for place in sorted(members)
    ]


def _unjudged(request: AdviceRequest, became: Spell | None, last: date) -> str | None:
    """Why nobody can say whether a request that ran at the origin came in time."""
    if became is None:
        return "gone"
    if _ended_early(request, became):
        return became.ending
    return "not yet due" if request.due_on > last else None


def _ended_early(request: AdviceRequest, became: Spell) -> bool:
    return became.ending in ("gone", "closed") and became.until <= request.due_on


def _log_loss(chance: float, came: bool) -> float:
    held = min(max(chance, LEAST_CHANCE), 1.0 - LEAST_CHANCE)
    return -log(held if came else 1.0 - held)
