"""The fitted model: a curve for each service, made from spells, kept as plain JSON, asked for forecasts.

A service's own waits are pulled towards those of all services together, the more so the fewer they are (partial
pooling). The model holds chances by length of wait, and nothing about any one request.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from statistics import median
from typing import Any, Literal, NamedTuple

from hub.core.forecast.seasons import SEASONS
from hub.core.forecast.spell import Spell
from hub.core.forecast.survival import Counts, Curve, count, delays, estimate, shrink

VERSION = 1
QUIET, BUSY = 0.8, 1.25
"""Of a service's usual load: below and above it another band."""

Path = tuple[str, ...]
"""Whose waits: everybody's (empty), a service's, a service's at one load band."""

EVERYBODY: Path = ()


class NotAModel(ValueError):
    """The text is no model of this version; says which part is wrong."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is fitted; docs/forecast.md shows what each is worth.

    `window`: days of history that count, since waits drift; 0 counts all. `strength`: how many requests the pull of
    all services weighs. `own_least`: with fewer requests watched a service has no curve of its own. `at_risk_least`:
    history shows waits as far as so many waited. `by_load`: whether a service's quiet and busy times have curves of
    their own.
    """

    window: int = 365
    strength: float = 3.0
    own_least: int = 10
    at_risk_least: int = 10
    by_load: bool = False

    def __post_init__(self) -> None:
        if min(self.own_least, self.at_risk_least) < 1 or self.window < 0 or self.strength <= 0:
            raise ValueError("settings of a forecast must be above nought")


USUAL = Settings()


class Group(NamedTuple):
    """Those who wait alike, and how many of them were watched."""

    n: int
    curve: Curve


class Forecast(NamedTuple):
    """For one request: the chance that it comes by its date, and the day by which half of such requests have come.

    Either is None where history does not show so long a wait. `n`: how many requests of `basis` were watched.
    """

    chance_by_due: float | None
    expected_on: date | None
    basis: Literal["service", "pooled"]
    n: int


@dataclass(frozen=True, slots=True)
class ForecastModel:
    """What was known by the end of `as_of`. `loads`: each service's usual load, where bands count. `untold`: the share
    of arrivals of which the hub had not heard within 0, 1, ... days."""

    as_of: date
    settings: Settings
    groups: Mapping[Path, Group]
    loads: Mapping[str, float]
    untold: tuple[float, ...]

    def find(self, spell: Spell) -> tuple[Path, Group]:
        """The narrowest group of the spell of which enough is known."""
        path = _path(spell, self.loads)
        while path not in self.groups:
            path = path[:-1]
        return path, self.groups[path]

    def chances(self, spell: Spell, due_on: date) -> list[float]:
        """By the days that passed with nothing heard, the chance that it comes by its date: `Curve.chances`."""
        _, (_, curve) = self.find(spell)
        return curve.chances(spell.starts_on, spell.age(due_on), self.untold)


def fit(spells: Iterable[Spell], as_of: date, settings: Settings = USUAL) -> ForecastModel:
    """The model of spells as they were known on a day. Their order does not matter; each must be given once."""
    spells = list(spells)
    start = since(as_of, settings)
    loads = _usual_loads(spells, start) if settings.by_load else {}
    members: dict[Path, list[Spell]] = {EVERYBODY: spells}
    for spell in spells:
        path = _path(spell, loads)
        for length in range(1, len(path) + 1):
            members.setdefault(path[:length], []).append(spell)
    groups: dict[Path, Group] = {}
    for path in sorted(members, key=lambda path: (len(path), path)):
        counts = count(members[path], start)
        if path == EVERYBODY or (path[:-1] in groups and counts.n >= settings.own_least):
            groups[path] = Group(counts.n, _curve(counts, path, groups, settings))
    return ForecastModel(as_of, settings, groups, loads, delays(spells, start))


def since(as_of: date, settings: Settings) -> date | None:
    """The first day of the history that counts."""
    return as_of - timedelta(days=settings.window) if settings.window else None


def forecast(model: ForecastModel, spell: Spell, due_on: date, day: date) -> Forecast:
    """What to expect of a request that had not come by the end of `day`."""
    path, (n, curve) = model.find(spell)
    wait = curve.median(spell.starts_on, max(0, spell.age(day)))
    expected_on = None if wait is None else spell.starts_on + timedelta(days=wait)
    return Forecast(chance_by(model, spell, due_on, day), expected_on, "service" if path else "pooled", n)


def chance_by(model: ForecastModel, spell: Spell, due_on: date, day: date) -> float | None:
    """The chance that what was not known to have come by the end of `day` comes by its date; 0 once that is past."""
    if day > due_on:
        return 0.0
    chances = model.chances(spell, due_on)
    return chances[max(0, spell.age(day))] if chances else None


def to_json(model: ForecastModel) -> dict[str, Any]:
    """As a JSON object."""
    return {
        "version": VERSION,
        "as_of": model.as_of.isoformat(),
        "settings": asdict(model.settings),
        "seasons": list(SEASONS),
        "loads": dict(sorted(model.loads.items())),
        "untold": list(model.untold),
        "groups": [
            {"of": list(path), "n": group.n, "hazards": list(group.curve.hazards), "seasons": list(group.curve.seasons)}
            for path, group in sorted(model.groups.items())
        ],
    }


def from_json(value: Any) -> ForecastModel:
    """The model that `to_json` wrote; raises NotAModel."""
    if not isinstance(value, dict) or value.get("version") != VERSION:
        raise NotAModel(f"it is no forecast model of version {VERSION}")
    if value.get("seasons") != list(SEASONS):
        raise NotAModel("it was fitted with other seasons: fit it anew")
    try:
        settings = Settings(**{field.name: value["settings"][field.name] for field in fields(Settings)})
        groups = {tuple(map(str, row["of"])): _group(row) for row in value["groups"]}
        loads = {str(name): float(load) for name, load in value["loads"].items()}
        untold = tuple(map(float, value["untold"]))
        as_of = date.fromisoformat(value["as_of"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotAModel(f"a part of it is missing or wrong ({type(error).__name__})") from None
    if EVERYBODY not in groups:
        raise NotAModel("it has no curve for all services together")
    return ForecastModel(as_of, settings, groups, loads, untold)


def _curve(counts: Counts, path: Path, groups: dict[Path, Group], settings: Settings) -> Curve:
    if path == EVERYBODY:
        return estimate(counts, settings.at_risk_least, settings.strength)
    return shrink(counts, groups[path[:-1]].curve, settings.strength)


def _usual_loads(spells: list[Spell], start: date | None) -> dict[str, float]:
    found: dict[str, list[int]] = {}
    for spell in spells:
        if spell.load is not None and (start is None or spell.starts_on >= start):
            found.setdefault(spell.service, []).append(spell.load)
    return {service: float(median(loads)) for service, loads in found.items()}


def _path(spell: Spell, loads: Mapping[str, float]) -> Path:
    usual = loads.get(spell.service)
    if usual is None or spell.load is None:
        return (spell.service,)
    band = "quiet" if spell.load < QUIET * usual else "busy" if spell.load > BUSY * usual else "usual"
    return (spell.service, band)


def _group(row: Mapping[str, Any]) -> Group:
    hazards, seasons = tuple(map(float, row["hazards"])), tuple(map(float, row["seasons"]))
    if len(seasons) != len(SEASONS) or not all(0.0 <= hazard <= 1.0 for hazard in hazards) or min(seasons) < 0.0:
        raise ValueError("a curve's numbers are out of range")
    return Group(int(row["n"]), Curve(hazards, seasons))
