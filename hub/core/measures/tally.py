"""A tally of outcomes: in any order, in any parts, and each child once."""

from collections.abc import Iterable
from typing import Self

from hub.core.measures.cells import Cells
from hub.core.measures.counting import count_advice, count_case, count_review
from hub.core.measures.figures import Report, report_of
from hub.core.measures.look import Look
from hub.core.measures.outcome import Outcomes


class Tally:
    """The outcomes of children, by child: what was said last of a child counts."""

    def __init__(self, children: Iterable[Outcomes] = ()) -> None:
        self._children = {child.child_id: child for child in children}

    def add(self, child: Outcomes) -> None:
        """Take a child's outcomes in place of those it had."""
        self._children[child.child_id] = child

    def merge(self, other: Self) -> None:
        """Take another tally's children, in place of one's own where both have a child."""
        self._children |= other._children

    def __len__(self) -> int:
        return len(self._children)

    def report(self, look: Look) -> Report:
        """Every measure for a look."""
        cells = Cells()
        for child in self._children.values():
            for case in child.cases:
                if look.area in (None, case.area):
                    count_case(case, look, cells)
            for advice in child.advice:
                if look.area in (None, advice.area):
                    count_advice(advice, look, cells)
            for review in child.reviews:
                if look.area in (None, review.area):
                    count_review(review, look, cells)
        return report_of(cells, look)
