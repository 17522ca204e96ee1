"""`python -m bench.forecast`: the forecast judged on a synthetic history of advice, as tables for docs/forecast.md.

The history is made to be awkward: long tails (speech and language half a year, occupational therapy a year), holidays
whose days are not the model's, drift, queues that feed on themselves, a service that gets worse in the middle, entries
made late, requests that ran before the hub was there. It is not fitted to any real area.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from heapq import heappop, heappush
from math import exp
from random import Random
from typing import Any, NamedTuple

import orjson

from hub.core.forecast.judging import Judged, calibration, judge, score
from hub.core.forecast.likely_late import LikelyLate
from hub.core.forecast.model import USUAL, Settings, fit
from hub.core.forecast.spell import AdviceRequest, Ending, Spell, loaded
from hub.core.forecast.thresholds import watches, worth

LIMIT = 42
DAY = timedelta(days=1)
MONTHS = (1.1, 1.1, 1.2, 0.9, 1.1, 1.2, 1.2, 0.45, 0.75, 1.0, 1.15, 0.7)
"""Requests by month, January first."""

FIRST, LIVE, LAST = date(2022, 9, 1), date(2024, 1, 8), date(2026, 10, 31)
CHANGES_ON = date(2025, 5, 1)
"""The day on which one service changes."""

A_WEEK = 35
GIVEN_UP = 2500
"""Mean days until a request is cancelled or its case ends, if advice does not come before."""


class Break(NamedTuple):
    """Holidays: from a day to a day of the year, and what part of those who write is away (of schools, of others)."""

    start: tuple[int, int]
    end: tuple[int, int]
    schools: float
    others: float


BREAKS = (
    Break((7, 25), (9, 2), 0.95, 0.45),
    Break((12, 19), (12, 31), 1.0, 0.85),
    Break((1, 1), (1, 4), 1.0, 0.85),
    Break((4, 2), (4, 15), 0.6, 0.2),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """Advice of one kind. `asked`: share of cases. `pulled`: share that is got ready for the due date; the others take
    `middle` days in the median, spread as a log-normal. `drift`: change of `pulled` in a year; `changed`: `pulled` from
    CHANGES_ON on. `queue`: how strongly a long queue makes for long waits.
    """

    service: str
    heading: str
    asked: float
    pulled: float
    middle: float
    spread: float
    not_known: float = 0.0
    drift: float = 0.0
    changed: float | None = None
    queue: float = 0.0

    @property
    def school(self) -> bool:
        """Whether it is written by people who keep school holidays."""
        return self.heading in ("education", "psychological")


KINDS = (
    Kind("education", "education", 1.0, 0.85, 50, 0.5),
    Kind("psychological", "psychological", 1.0, 0.40, 90, 0.7, drift=0.06, queue=0.5),
    Kind("social-care", "social-care", 1.0, 0.75, 50, 0.6),
    Kind("community-paediatrics", "medical", 0.90, 0.60, 90, 0.7, 0.02, changed=0.20, queue=0.5),
    Kind("speech-and-language", "medical", 0.75, 0.10, 185, 0.6, 0.02, drift=0.05, queue=0.5),
    Kind("occupational-therapy", "medical", 0.60, 0.05, 380, 0.5, 0.02, queue=0.5),
    Kind("camhs", "medical", 0.25, 0.45, 70, 0.6, 0.15),
    Kind("physiotherapy", "medical", 0.12, 0.60, 60, 0.6, 0.02),
    Kind("audiology", "medical", 0.06, 0.70, 50, 0.6, 0.02),
)


CHANGING = next(kind.service for kind in KINDS if kind.changed is not None)


@dataclass(frozen=True, slots=True)
class Life:
    """What truly becomes of one request, and when the hub hears of its start and of its end."""

    id: str
    child: int
    kind: Kind
    starts_on: date
    seen_on: date
    ends_on: date
    ending: Ending
    told_on: date

    @property
    def due_on(self) -> date:
        """Six weeks after the start."""
        return self.starts_on + timedelta(days=LIMIT)


def lives(seed: int = 825, a_week: float = A_WEEK, kinds: Sequence[Kind] = KINDS) -> list[Life]:
    """The same seed, the same lives. Of what ended before the hub was there only a part came into it."""
    rng = Random(seed)
    found: list[Life] = []
    queues = {kind.service: Queue() for kind in kinds}
    day, child = FIRST, 0
    while day <= LAST:
        rate = a_week / 5 * MONTHS[day.month - 1] if day.weekday() < 5 else 0.0
        for _ in range(_poisson(rng, rate)):
            child += 1
            for kind in kinds:
                if rng.random() < kind.asked:
                    queue = queues[kind.service]
                    life = _life(rng, kind, day, queue.pressure(day), child, len(found))
                    queue.join(life.ends_on)
                    found.append(life)
        day += DAY
    return [life for life in found if life.ends_on >= LIVE or rng.random() < 0.5]


class Queue:
    """Those who wait for one service, and how many that usually are."""

    def __init__(self) -> None:
        self._ends: list[date] = []
        self._usual: float | None = None

    def pressure(self, day: date) -> float:
        """How many wait, to the usual number."""
        while self._ends and self._ends[0] <= day:
            heappop(self._ends)
        waiting = len(self._ends)
        self._usual = waiting if self._usual is None else self._usual + (waiting - self._usual) / 600
        return min(max(waiting / max(self._usual, 1.0), 0.4), 2.5)

    def join(self, until: date) -> None:
        """One more."""
        heappush(self._ends, until)


def known(found: Iterable[Life], day: date) -> list[AdviceRequest]:
    """What the hub knew by the end of a day."""
    requests = []
    for life in found:
        if life.seen_on > day or life.starts_on > day:
            continue
        told = life.told_on <= day
        until, ending = (life.ends_on, life.ending) if told else (day, "open")
        told_on = life.told_on if ending == "arrived" else None
        spell = Spell(life.kind.service, life.starts_on, life.seen_on, until, ending, told_on=told_on)
        requests.append(AdviceRequest(life.id, life.due_on, not told and day <= life.due_on, spell))
    return loaded(requests)


def facts(found: Iterable[Life]) -> Iterator[dict[str, Any]]:
    """The same as facts, for `sendhub forecast judge`."""
    children: dict[int, list[Life]] = {}
    for life in found:
        children.setdefault(life.child, []).append(life)
    for child, asked in children.items():
        asked_on = min(life.starts_on for life in asked)
        seen_on = min(life.seen_on for life in asked)
        yield _fact("assessment.requested", f"REQ-{child}", child, asked_on - 30 * DAY, seen_on, {})
        for life in asked:
            yield from _advice_facts(life)


def _advice_facts(life: Life) -> Iterator[dict[str, Any]]:
    named = {"service": life.kind.service} if life.kind.heading == "medical" else {}
    role = "trust" if life.kind.heading == "medical" else "school" if life.kind.school else "own-authority"
    body = {"role": role, "ods": "RXQ" if role == "trust" else None}
    asked = {"heading": life.kind.heading, "asked": body} | named
    yield _fact("advice.requested", life.id, life.child, life.starts_on, life.seen_on, asked)
    if life.told_on <= LAST:
        kinds = {"arrived": "advice.received", "closed": "advice.received", "gone": "advice.cancelled"}
        data = {"not_known": True} if life.ending == "closed" else {}
        yield _fact(kinds[life.ending], life.id, life.child, life.ends_on, life.told_on, data)


def _fact(kind: str, record: str, child: int, on: date, told_on: date, data: dict[str, Any]) -> dict[str, Any]:
    instant = f"{max(told_on, on).isoformat()}T12:00:00Z"
    subject = {"request": f"REQ-{child}"} | ({"advice": record} if kind.startswith("advice.") else {})
    return {
        "kind": kind,
        "child_id": f"chd-{child}",
        "source": "one-education:825:2022",
        "record": record,
        "version": 1,
        "subject": subject,
        "effective_on": on.isoformat(),
        "recorded_at": instant,
        "received_at": instant,
        "data": data,
    }


def _life(rng: Random, kind: Kind, day: date, pressure: float, child: int, number: int) -> Life:
    ends_on, ending = _arrives(rng, kind, day, pressure**kind.queue), "arrived"
    if rng.random() < kind.not_known:
        ends_on, ending = day + timedelta(days=rng.randint(3, 40)), "closed"
    gone_on = day + timedelta(days=1 + round(rng.expovariate(1 / GIVEN_UP)))
    if gone_on < ends_on:
        ends_on, ending = gone_on, "gone"
    late = rng.randint(7, 21) if rng.random() < 0.04 else 0
    seen_on = max(day + timedelta(days=round(rng.expovariate(1 / 1.5))), LIVE)
    told_on = max(ends_on + timedelta(days=late + round(rng.expovariate(1 / 2.5))), seen_on)
    return Life(f"ADV-{number}", child, kind, day, seen_on, ends_on, ending, told_on)  # type: ignore[arg-type]


def _arrives(rng: Random, kind: Kind, day: date, strain: float) -> date:
    years = (day - date(2024, 1, 1)).days / 365
    changed = kind.changed is not None and day >= CHANGES_ON
    pulled = kind.changed if changed and kind.changed is not None else kind.pulled + kind.drift * years
    if rng.random() < pulled / strain:
        wait = rng.triangular(14, LIMIT, 39)
    else:
        wait = kind.middle * strain * exp(kind.spread * rng.gauss(0.0, 1.0))
    return _at_work(rng, kind, day + timedelta(days=max(1, round(wait))))


def _at_work(rng: Random, kind: Kind, day: date) -> date:
    for each in BREAKS:
        away = each.schools if kind.school else each.others
        if each.start <= (day.month, day.day) <= each.end and rng.random() < away:
            day = date(day.year, *each.end) + timedelta(days=rng.randint(1, 15))
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


def _poisson(rng: Random, mean: float) -> int:
    number, left = 0, rng.expovariate(1.0)
    while left < mean:
        number, left = number + 1, left + rng.expovariate(1.0)
    return number


class Trial(NamedTuple):
    """A way to fit, by name."""

    name: str
    settings: Settings


TRIALS = (
    Trial("as it is", USUAL),
    Trial("half a year of history", replace(USUAL, window=183)),
    Trial("two years of history", replace(USUAL, window=730)),
    Trial("all history", replace(USUAL, window=0)),
    Trial("less pull of all services (strength 1)", replace(USUAL, strength=1)),
    Trial("more of it (strength 10)", replace(USUAL, strength=10)),
    Trial("much more (strength 100)", replace(USUAL, strength=100)),
    Trial("all services as one", replace(USUAL, own_least=10**9)),
    Trial("by load", replace(USUAL, by_load=True)),
)
FIRST_WEEKS = [LIVE + timedelta(weeks=weeks) for weeks in (3, 4, 6, 8, 10, 12)]


def month_ends(first: date, last: date) -> list[date]:
    """The last days of the months from that of `first` to that of `last`."""
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [date((month + 1) // 12, (month + 1) % 12 + 1, 1) - DAY for month in months]


def main() -> None:
    asked = _arguments()
    found = lives(asked.seed, asked.a_week)
    if asked.facts:
        for fact in facts(found):
            asked.facts.write(orjson.dumps(fact).decode() + "\n")
        return
    snapshots: dict[date, list[AdviceRequest]] = {}

    def at(day: date) -> list[AdviceRequest]:
        return snapshots.setdefault(day, known(found, day))

    origins = month_ends(date(2025, 1, 1), date(2026, 8, 31))
    usual = judge(at, origins, LAST)
    print(f"{len(found):,} requests, seed {asked.seed}; judged at {len(origins)} month ends\n")
    _show_services(usual, at(LAST))
    _show_waited(usual)
    _show_calibration(usual)
    _show_months(usual)
    _show_trials(at, origins)
    _show_change(at, origins)
    _show_thresholds(at, month_ends(date(2024, 12, 1), date(2026, 8, 31)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.forecast", description=__doc__)
    parser.add_argument("--seed", type=int, default=825)
    parser.add_argument("--a-week", type=float, default=A_WEEK, help="children a week")
    parser.add_argument("--facts", type=argparse.FileType("w"), help="write the history as facts, and judge nothing")
    return parser.parse_args()


def _row(*cells: object) -> None:
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def _head(*cells: str) -> None:
    _row(*cells)
    print("|" + "---|" * len(cells))


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _show_services(judged: Judged, last: Sequence[AdviceRequest]) -> None:
    _head("service", "forecasts", "came in time", "mean chance", "Brier", "of the base rate", "skill")
    groups = {
        one.service: [each for each in judged.forecasts if each.service == one.service] for one in judged.forecasts
    }
    for name, members in [*sorted(groups.items()), ("all", list(judged.forecasts))]:
        found = score(members)
        if found:
            came, mean = (sum(values) / found.n for values in zip(*((m.came, m.chance) for m in members), strict=True))
            _row(name, found.n, _share(came), _share(mean), *_scores(found.brier, found.base_brier, found.skill))
    print(f"\nleft out: {judged.left_out}\n")


def _scores(brier: float, base: float, skill: float) -> tuple[str, str, str]:
    return f"{brier:.4f}", f"{base:.4f}", f"{skill:.3f}"


def _show_waited(judged: Judged) -> None:
    _head("weeks waited", "forecasts", "Brier", "of the base rate", "skill")
    for week in range(6):
        found = score([one for one in judged.forecasts if one.waited // 7 == week])
        if found:
            _row(f"{week} to {week + 1}", found.n, *_scores(found.brier, found.base_brier, found.skill))
    print()


def _show_calibration(judged: Judged) -> None:
    _head("chance", "forecasts", "mean chance", "came in time")
    for each in calibration(judged.forecasts):
        _row(f"{each.low:.0%} to {each.high:.0%}", each.n, f"{each.mean:.1%}", f"{each.came:.1%}")
    print()


def _show_months(judged: Judged) -> None:
    _head("month end", "forecasts", "mean chance", "came in time", "Brier", "of the base rate")
    for origin in sorted({one.origin for one in judged.forecasts}):
        members = [one for one in judged.forecasts if one.origin == origin]
        found = score(members)
        if found:
            came, mean = (sum(values) / found.n for values in zip(*((m.came, m.chance) for m in members), strict=True))
            _row(origin, found.n, _share(mean), _share(came), f"{found.brier:.4f}", f"{found.base_brier:.4f}")
    print()


def _show_trials(at: Callable[[date], Sequence[AdviceRequest]], origins: list[date]) -> None:
    _head("fitted", "Brier", "Brier in the first 12 weeks")
    for name, settings in TRIALS:
        found, young = (score(judge(at, days, LAST, settings).forecasts) for days in (origins, FIRST_WEEKS))
        if found and young:
            _row(name, f"{found.brier:.4f}", f"{young.brier:.4f}")
    print()


def _show_change(at: Callable[[date], Sequence[AdviceRequest]], origins: list[date]) -> None:
    """The service that changes: how soon a forecast learns of it, by the length of its history."""
    windows = (USUAL.window, 183)
    _head("month end", "came in time", *(f"mean chance, {window} days of history" for window in windows))
    judged = [judge(at, origins, LAST, replace(USUAL, window=window)).forecasts for window in windows]
    for origin in origins[::2]:
        members = [[one for one in each if one.origin == origin and one.service == CHANGING] for each in judged]
        came = [one.came for one in members[0]]
        means = [_share(sum(one.chance for one in each) / len(each)) for each in members]
        _row(origin, _share(sum(came) / len(came)), *means)
    print()


def _show_thresholds(at: Callable[[date], Sequence[AdviceRequest]], fitted: list[date]) -> None:
    models = [fit((request.spell for request in at(day)), day) for day in fitted]
    _head("chance below", "alerts", "of requests", "precision", "recall", "median working days left")
    for below in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
        found = worth(watches(at(LAST), models, LAST, replace(LikelyLate(), below=below)))
        alerts = _share(found.alerts / found.requests)
        _row(below, found.alerts, alerts, _share(found.precision), _share(found.recall), found.median_days_left)
    print()
    _head("service, chance below 0.25", "requests", "late", "alerts", "precision", "recall", "median working days left")
    watched = watches(at(LAST), models, LAST, replace(LikelyLate(), below=0.25))
    for service in sorted({watch.service for watch in watched}):
        found = worth([watch for watch in watched if watch.service == service])
        late, alerts = _share(found.late / found.requests), _share(found.alerts / found.requests)
        _row(
            service, found.requests, late, alerts, _share(found.precision), _share(found.recall), found.median_days_left
        )


if __name__ == "__main__":
    main()
