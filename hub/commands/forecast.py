"""`sendhub forecast`: when advice will come, learnt from a file of facts, and how good that is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.table import Table
from rich.text import Text

from hub.commands.factfile import evaluations, read_day
from hub.commands.failures import stop
from hub.commands.reconcile import AsOf, FactFile, KnownAt, SourcesFile, wide_console
from hub.core.forecast.judging import Forecasted, Judged, calibration, judge, score
from hub.core.forecast.likely_late import LikelyLate
from hub.core.forecast.model import EVERYBODY, USUAL, ForecastModel, NotAModel, fit, forecast, from_json, to_json
from hub.core.forecast.spell import AdviceRequest, requests_of
from hub.core.forecast.thresholds import watches, worth

LIMIT = 42
THRESHOLDS = (0.1, 0.2, 0.25, 0.3, 0.4, 0.5)

app = typer.Typer(no_args_is_help=True, help="When advice will come.")

ModelFile = Annotated[Path, typer.Argument(metavar="MODEL", help="A model that `sendhub forecast fit` wrote.")]
Window = Annotated[int, typer.Option("--window", min=0, help="Days of history that count; 0 counts all.")]
ByLoad = Annotated[bool, typer.Option("--by-load", help="Tell quiet and busy times of a service apart.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of tables.")]


@app.callback()
def forecasts() -> None:
    """When advice will come, from the services' own history."""


@app.command("fit")
def fit_model(
    file: FactFile,
    as_of: AsOf,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="MODEL", help="Where to; unless said, standard output.")
    ] = None,
    known_at: KnownAt = None,
    sources: SourcesFile = None,
    window: Window = USUAL.window,
    by_load: ByLoad = False,
) -> None:
    """Fit a model on what was known by the end of a day."""
    requests = _requests(file, as_of, known_at, sources)
    settings = replace(USUAL, window=window, by_load=by_load)
    model = fit((request.spell for request in requests), read_day("--as-of", as_of), settings)
    text = orjson.dumps(to_json(model))
    if output is None:
        typer.echo(text)
        return
    try:
        output.write_bytes(text + b"\n")
    except OSError as error:
        stop(f"{output} cannot be written: {error.strerror}")


@app.command("show")
def show(model_file: ModelFile) -> None:
    """Show what a model has learnt, for requests that start on its day."""
    model = _model(model_file)
    table = Table("service", "requests", "in time", "half have come after", "shown up to", box=None)
    for path, (n, curve) in sorted(model.groups.items()):
        chances, middle = curve.chances(model.as_of, LIMIT), curve.median(model.as_of, 0)
        cells = (
            " ".join(path) if path != EVERYBODY else "all services",
            f"{n:,}",
            f"{chances[0]:.0%}" if chances else "not known",
            f"{middle / 7:.0f} weeks" if middle else "more than shown",
            f"{curve.horizon / 7:.0f} weeks",
        )
        table.add_row(*map(Text, cells))
    wide_console().print(table)


@app.command("for")
def forecast_for(
    file: FactFile,
    as_of: AsOf,
    model_file: Annotated[Path, typer.Option("--model", metavar="MODEL", help="A fitted model.")],
    known_at: KnownAt = None,
    sources: SourcesFile = None,
    as_json: AsJson = False,
) -> None:
    """Say for each open advice request how likely it is to come by its date, and when to expect it."""
    model, day = _model(model_file), read_day("--as-of", as_of)
    requests = [one for one in _requests(file, as_of, known_at, sources) if one.spell.ending == "open"]
    values = [_forecast(model, request, day) for request in requests]
    if as_json:
        for value in values:
            typer.echo(orjson.dumps(value))
        return
    table = Table("deadline", "service", "due", "in time", "expected", "learnt from", box=None)
    for value in values:
        chance, expected = value["chance_by_due"], value["expected_on"]
        cells = (
            *(value["deadline"], value["service"], value["due_on"].isoformat()),
            "not known" if chance is None else f"{chance:.0%}",
            expected.isoformat() if expected else "later than shown",
            f"{value['n']:,} requests" + (" of all services" if value["basis"] == "pooled" else ""),
        )
        table.add_row(*map(Text, cells))
    wide_console().print(table)


@app.command("judge")
def judge_months(
    file: FactFile,
    from_month: Annotated[str, typer.Option("--from", metavar="MONTH", help="First month, as 2026-01.")],
    to_month: Annotated[str, typer.Option("--to", metavar="MONTH", help="Last month.")],
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="Up to which day the file tells everything.")],
    sources: SourcesFile = None,
    window: Window = USUAL.window,
    by_load: ByLoad = False,
    as_json: AsJson = False,
) -> None:
    """Judge the forecast at each month's end: fitted on what was known then, held against what happened."""
    if str(file) == "-":
        stop("judge reads the file once for each month: give it a file, not standard input")
    origins, last = _month_ends(from_month, to_month), read_day("--until", until)
    settings = replace(USUAL, window=window, by_load=by_load)
    seen: dict[date, list[AdviceRequest]] = {}

    def known(day: date) -> list[AdviceRequest]:
        if day not in seen:
            seen[day] = _requests(file, day.isoformat(), None, sources)
        return seen[day]

    judged = judge(known, origins, last, settings)
    value = _judged(judged, known(last), last)
    if as_json:
        typer.echo(orjson.dumps(value))
        return
    if value["score"] is None:
        stop("nothing could be judged: no advice request ran at those months' ends and was due by --until")
    _show_judged(value)


def _requests(file: Path, as_of: str, known_at: str | None, sources: Path | None) -> list[AdviceRequest]:
    found = evaluations(file, as_of, known_at, sources)
    deadlines = ((child.child_id, deadline) for child in found for deadline in child.deadlines)
    return requests_of(deadlines, read_day("--as-of", as_of))


def _model(file: Path) -> ForecastModel:
    try:
        return from_json(orjson.loads(file.read_bytes()))
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror}")
    except orjson.JSONDecodeError:
        stop(f"{file} is not JSON")
    except NotAModel as error:
        stop(f"{file}: {error}")


def _forecast(model: ForecastModel, request: AdviceRequest, day: date) -> dict[str, Any]:
    return {
        "deadline": request.id,
        "service": request.spell.service,
        "due_on": request.due_on,
        **forecast(model, request.spell, request.due_on, day)._asdict(),
    }


def _month_ends(first: str, last: str) -> list[date]:
    start, end = _month("--from", first), _month("--to", last)
    if end < start:
        stop("--to is before --from")
    return [_end_of(month) for month in range(start, end + 1)]


def _month(option: str, text: str) -> int:
    try:
        day = date.fromisoformat(f"{text}-01")
    except ValueError:
        stop(f"{option} must be a month like 2026-01")
    return day.year * 12 + day.month - 1


def _end_of(month: int) -> date:
    return date((month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)


def _judged(judged: Judged, became: Sequence[AdviceRequest], last: date) -> dict[str, Any]:
    services = sorted({one.service for one in judged.forecasts})
    return {
        "score": _score(judged.forecasts),
        "services": {name: _score([one for one in judged.forecasts if one.service == name]) for name in services},
        "calibration": [each._asdict() for each in calibration(judged.forecasts)],
        "alert": [
            {"below": below} | worth(watches(became, judged.models, last, replace(LikelyLate(), below=below)))._asdict()
            for below in THRESHOLDS
        ],
        "left_out": dict(judged.left_out),
    }


def _score(forecasts: Sequence[Forecasted]) -> dict[str, Any] | None:
    found = score(forecasts)
    return found._asdict() if found else None


def _show_judged(value: dict[str, Any]) -> None:
    console = wide_console()
    table = Table("service", "forecasts", "Brier", "of the base rate", "skill", box=None)
    for name, found in [*value["services"].items(), ("all", value["score"])]:
        figures = (f"{found['brier']:.4f}", f"{found['base_brier']:.4f}", f"{found['skill']:.3f}")
        table.add_row(*map(Text, (name, f"{found['n']:,}", *figures)))
    console.print(table)
    table = Table("chance", "forecasts", "mean chance", "came in time", box=None)
    for each in value["calibration"]:
        breadth = f"{each['low']:.0%} to {each['high']:.0%}"
        table.add_row(*map(Text, (breadth, f"{each['n']:,}", f"{each['mean']:.1%}", f"{each['came']:.1%}")))
    console.print(table)
    table = Table("alert below", "requests", "alerts", "precision", "recall", "working days left", box=None)
    for each in value["alert"]:
        shares = ("-" if each[name] is None else f"{each[name]:.0%}" for name in ("precision", "recall"))
        days = "-" if each["median_days_left"] is None else str(each["median_days_left"])
        table.add_row(
            *map(Text, (f"{each['below']:.0%}", f"{each['requests']:,}", f"{each['alerts']:,}", *shares, days))
        )
    console.print(table)
    left_out = ", ".join(f"{why} {number:,}" for why, number in value["left_out"].items())
    console.print(Text(f"left out: {left_out}"))
