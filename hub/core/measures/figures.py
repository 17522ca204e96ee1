"""Figures out of whole numbers. All outlets print these, so all print the same digits."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any, NamedTuple

from hub.core.measures.catalogue import MEASURES, Cohort, Measure
from hub.core.measures.cells import Cell, Cells
from hub.core.measures.look import Look
from hub.core.measures.timed import Basis

NOW = "now"

_PER_UNIT = {"percent": (100, 1), "weeks": (1, 7), "days": (1, 1), "working days": (1, 1)}
"""By what the numerator, and by what the denominator, is multiplied to give the value in its unit."""


class Figure(NamedTuple):
    """One figure of a measure.

    A ratio's value is a percentage, a mean's is in its unit (its numerator in days); both to one decimal, halves up.
    A percentile is a value that was observed (nearest rank), without a numerator; a count has no denominator. The value
    is None where nothing was counted.
    """

    cohort: Cohort
    basis: Basis
    source: str
    service: str | None
    weeks: str | None
    numerator: int | None
    denominator: int | None
    value: Decimal | int | None

    def to_json(self) -> dict[str, Any]:
        """As it is exchanged."""
        value = float(self.value) if isinstance(self.value, Decimal) else self.value
        return self._asdict() | {"value": value}


@dataclass(frozen=True, slots=True)
class Report:
    """Every measure for one look."""

    look: Look
    measures: tuple[tuple[Measure, tuple[Figure, ...]], ...]

    def to_json(self, known_at: str = NOW) -> dict[str, Any]:
        """As it is exchanged; `known_at`: the day whose knowledge it rests on, or `now`."""
        return {
            "from": self.look.from_on,
            "to": self.look.to_on,
            "as_of": self.look.as_of,
            "known_at": known_at,
            "area": self.look.area,
            "measures": [
                {
                    "id": measure.id,
                    "title": measure.title,
                    "definition": measure.definition,
                    "kind": measure.kind,
                    "unit": measure.unit,
                    "figures": [figure.to_json() for figure in figures],
                }
                for measure, figures in self.measures
            ],
        }


def report_of(cells: Cells, look: Look) -> Report:
    """The report: every cohort on every basis, also where nothing was counted; services where anything was."""
    cells.totals()
    return Report(look, tuple((measure, tuple(_figures(measure, cells))) for measure in MEASURES))


def rounded(numerator: int, denominator: int) -> Decimal:
    """The quotient of two whole numbers, none of them negative, to one decimal, halves up."""
    return Decimal((20 * numerator + denominator) // (2 * denominator)).scaleb(-1)


def percentile(days: Counter[int], rank: int) -> int | None:
    """The least observed value that `rank` in a hundred do not exceed; None without observations."""
    wanted, seen = -(-rank * days.total() // 100), 0
    for value in sorted(days):
        seen += days[value]
        if seen >= wanted:
            return value
    return None


def _figures(measure: Measure, cells: Cells) -> Iterator[Figure]:
    counted = measure.series or measure.id
    services = (None, *cells.services(counted))
    bands = measure.bands.names if measure.bands else (None,)
    for cohort, basis, service, weeks in product(measure.cohorts, measure.bases, services, bands):
        numbers = _numbers(measure, Cell(counted, cohort, basis, service, weeks), cells)
        yield Figure(cohort, basis, measure.source(cohort, basis), service, weeks, *numbers)


def _numbers(measure: Measure, cell: Cell, cells: Cells) -> tuple[int | None, int | None, Decimal | int | None]:
    """Numerator, denominator and value."""
    count = cells.counts[cell]
    if measure.kind == "count":
        return count.hits, None, count.hits
    if measure.kind == "ratio":
        return count.hits, count.counted, _value(measure, count.hits, count.counted)
    days = cells.days[cell]
    if measure.kind == "percentile":
        return None, days.total(), percentile(days, measure.rank)
    total = sum(value * times for value, times in days.items())
    return total, days.total(), _value(measure, total, days.total())


def _value(measure: Measure, numerator: int, denominator: int) -> Decimal | None:
    if not denominator:
        return None
    times, per = _PER_UNIT[measure.unit]
    return rounded(numerator * times, denominator * per)
