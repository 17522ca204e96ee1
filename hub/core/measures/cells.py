"""The whole numbers that figures are made of. Adding is all that is done to them, so no order matters."""

from collections import Counter, defaultdict
from typing import NamedTuple

from hub.core.measures.catalogue import Cohort
from hub.core.measures.timed import Basis


class Cell(NamedTuple):
    """Where a figure stands. `what` is a measure's id, or the name of a series; `service`, `weeks` None for all."""

    what: str
    cohort: Cohort
    basis: Basis
    service: str | None = None
    weeks: str | None = None


class Count:
    """How many things were counted, and how many of them are what the measure asks for."""

    __slots__ = ("counted", "hits")

    def __init__(self) -> None:
        self.counted = 0
        self.hits = 0


class Cells:
    """Counts and observations in days, by cell. What belongs to a service is added up for all by `totals`."""

    def __init__(self) -> None:
        self.counts: defaultdict[Cell, Count] = defaultdict(Count)
        self.days: defaultdict[Cell, Counter[int]] = defaultdict(Counter)

    def count(self, cell: Cell, hit: bool) -> None:
        """One more thing counted, and whether it is what the measure asks for."""
        count = self.counts[cell]
        count.counted += 1
        count.hits += hit

    def observe(self, cell: Cell, days: int) -> None:
        """One more observation of a series."""
        self.days[cell][days] += 1

    def totals(self) -> None:
        """Add up the services, once, when everything is counted."""
        for cell, count in list(self.counts.items()):
            if cell.service is not None:
                total = self.counts[cell._replace(service=None)]
                total.counted += count.counted
                total.hits += count.hits
        for cell, days in list(self.days.items()):
            if cell.service is not None:
                self.days[cell._replace(service=None)] += days

    def services(self, what: str) -> list[str]:
        """The services of which anything was counted or observed under a name, in order."""
        cells = (cell for cell in (*self.counts, *self.days) if cell.what == what)
        return sorted({cell.service for cell in cells if cell.service is not None})
