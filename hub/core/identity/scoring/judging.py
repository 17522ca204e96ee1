"""How good a matcher was, where the truth is known: pairs, and the groups that they make."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

Pair = tuple[int, int]
"""Two records by place, the lower first."""

Key = TypeVar("Key")


class Figures(NamedTuple):
    """Precision: of the pairs said, how many are right. Recall: of the right ones, how many were said. `f1`: both."""

    precision: float
    recall: float
    f1: float


class Point(NamedTuple):
    """The figures when all pairs of at least this probability are said."""

    threshold: float
    figures: Figures


def figures(right: int, said: int, true: int) -> Figures:
    """Of counts. Where nothing was said nothing was wrong, and where nothing is true nothing was missed."""
    precision = right / said if said else 1.0
    recall = right / true if true else 1.0
    return Figures(precision, recall, 2 * right / (said + true) if said + true else 1.0)


def pairwise(said: Collection[Pair], truth: Collection[Pair]) -> Figures:
    """Of pairs of records."""
    true = truth if isinstance(truth, set) else set(truth)
    return figures(sum(1 for pair in said if pair in true), len(said), len(true))


def curve(scored: Mapping[Pair, float], truth: set[Pair]) -> list[Point]:
    """One point for each distinct probability, the highest first."""
    found: list[Point] = []
    right = 0
    ordered = sorted(scored.items(), key=lambda each: -each[1])
    for said, (pair, probability) in enumerate(ordered, 1):
        right += pair in truth
        if said == len(ordered) or ordered[said][1] != probability:
            found.append(Point(probability, figures(right, said, len(truth))))
    return found


def groups(size: int, pairs: Iterable[Pair]) -> list[int]:
    """For each record the lowest place of its group, where every pair joins two."""
    leads = list(range(size))

    def lead(place: int) -> int:
        while leads[place] != place:
            leads[place] = leads[leads[place]]
            place = leads[place]
        return place

    for one, other in pairs:
        low, high = sorted((lead(one), lead(other)))
        leads[high] = low
    return [lead(place) for place in range(size)]


def clustered(said: Sequence[int], true: Sequence[int], across: Callable[[int], int] | None = None) -> Figures:
    """Of all the pairs that two groupings of the same records make. `across`: only pairs of different sides count."""
    both = Counter(zip(said, true, strict=True))
    if across is None:
        return figures(_pairs(both), _pairs(Counter(said)), _pairs(Counter(true)))
    sides = [across(place) for place in range(len(said))]
    return figures(
        _across(list(zip(said, true, strict=True)), sides), _across(list(said), sides), _across(list(true), sides)
    )


def _pairs(sizes: Mapping[Key, int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


def _across(keys: Sequence[Key], sides: Sequence[int]) -> int:
    return _pairs(Counter(keys)) - _pairs(Counter(zip(keys, sides, strict=True)))
