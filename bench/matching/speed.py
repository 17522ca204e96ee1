"""One record looked up among many: time, load and memory, as the population grows; and Splink's look-up beside it."""

import gc
import logging
import resource
import time
from collections.abc import Sequence
from random import Random

import pandas
from rich.console import Console
from rich.table import Table

from hub.core.identity.policies import CURRENT
from hub.core.identity.scoring.population import Population
from hub.core.identity.scoring.scorer import Scorer
from hub.core.identity.scoring.traits import Traits, traits_of
from hub.runtime.matching import read_weights
from hub.simulator.kin import Kin, Kindred

SIZES = (5_000, 50_000, 500_000)
LOOK_UPS = 3_000
SPLINKS_SIZE = 50_000
SPLINKS_LOOK_UPS = 30
SEED = 2028


def show(console: Console, sizes: Sequence[int] = SIZES) -> None:
    """A row for each size, and Splink's."""
    table = Table(*("people", "load: records a minute", "bytes a person", "p50 ms", "p99 ms", "found first"), box=None)
    for size in sizes:
        table.add_row(*_measured(size))
    console.print(table)
    if SPLINKS_SIZE in sizes:
        ours, theirs = _beside_splink()
        ratio = theirs[0] / ours[0]
        console.print(
            f"one record against {SPLINKS_SIZE:,}, same run: p50 {ours[0]:.3f} ms, Splink {theirs[0]:.0f} ms: "
            f"{ratio:,.0f} times (p99 {ours[1]:.2f} and {theirs[1]:.0f} ms)"
        )


def _people(size: int) -> tuple[Kindred, list[Kin]]:
    kindred = Kindred(Random(SEED))
    return kindred, list(kindred.people(size))


def _traits(kin: Kin) -> Traits:
    return traits_of(kin.given, kin.family, kin.born, kin.sex, kin.postcode)


def _measured(size: int) -> tuple[str, ...]:
    kindred, people = _people(size)
    before = _resident()
    begun = time.perf_counter()
    population = Population()
    for place, kin in enumerate(people):
        population.add(str(place), _traits(kin))
    loaded = time.perf_counter() - begun
    memory = (_resident() - before) / size
    times, first = _look_ups(kindred, people, population)
    cells = (f"{size:,}", f"{size / loaded * 60:,.0f}", f"{memory:,.0f}", *(f"{each:.3f}" for each in times))
    return (*cells, f"{first:.1%}")


def _look_ups(kindred: Kindred, people: Sequence[Kin], population: Population) -> tuple[tuple[float, float], float]:
    """p50 and p99 in ms of making a record's traits and ranking whom it may be, and how often that was right."""
    scorer = Scorer(read_weights(None), population)
    rng = Random(SEED + 1)
    asked = [(str(place), kindred.again(people[place])) for place in rng.sample(range(len(people)), LOOK_UPS)]
    gc.collect()
    gc.freeze()
    gc.disable()
    taken, first = [], 0
    for person, kin in asked:
        begun = time.perf_counter()
        ranked = scorer.rank(_traits(kin), CURRENT.asked_from)
        taken.append((time.perf_counter() - begun) * 1000)
        first += bool(ranked) and ranked[0].person == person
    gc.enable()
    gc.unfreeze()
    return _quantiles(taken), first / len(asked)


def _beside_splink() -> tuple[tuple[float, float], tuple[float, float]]:
    from bench.matching.splinks import look_up

    logging.getLogger("splink").setLevel(logging.ERROR)
    kindred, people = _people(SPLINKS_SIZE)
    population = Population()
    for place, kin in enumerate(people):
        population.add(str(place), _traits(kin))
    ours, _ = _look_ups(kindred, people, population)
    ask = look_up(_frame(people))
    rng = Random(SEED + 1)
    taken = []
    for place in rng.sample(range(len(people)), SPLINKS_LOOK_UPS + 5):
        record = _frame([kindred.again(people[place])]).assign(unique_id=-1)
        begun = time.perf_counter()
        ask(record)
        taken.append((time.perf_counter() - begun) * 1000)
    return ours, _quantiles(taken[5:])


def _frame(people: Sequence[Kin]) -> pandas.DataFrame:
    return pandas.DataFrame(
        {
            "unique_id": range(len(people)),
            "given": [kin.given for kin in people],
            "family": [kin.family for kin in people],
            "born": [kin.born.isoformat() if kin.born else None for kin in people],
            "postcode": [kin.postcode for kin in people],
        }
    )


def _quantiles(taken: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(taken)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def _resident() -> int:
    """Bytes that the process holds now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
