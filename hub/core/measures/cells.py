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


class Cells:
    """Counts, hits among them, and observations in days, by cell."""

    def __init__(self) -> None:
        self.counted: Counter[Cell] = Counter()
        self.hits: Counter[Cell] = Counter()
        self.days: defaultdict[Cell, Counter[int]] = defaultdict(Counter)

    def count(self, cell: Cell, hit: bool) -> None:
        """One more thing counted, and whether it is what the measure asks for. Once for all services, once for its."""
        for each in _both(cell):
            self.counted[each] += 1
            self.hits[each] += hit

    def observe(self, cell: Cell, days: int) -> None:
        """One more observation of a series."""
        for each in _both(cell):
            self.days[each][days] += 1

    def services(self, what: str) -> list[str]:
        """The services of which anything was counted or observed under a name, in order."""
        cells = (cell for cell in (*self.counted, *self.days) if cell.what == what)
        return sorted({cell.service for cell in cells if cell.service is not None})


def _both(cell: Cell) -> tuple[Cell, ...]:
    return (cell,) if cell.service is None else (cell, cell._replace(service=None))
