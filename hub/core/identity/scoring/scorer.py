"""The evidence that two persons are one, in bits, with what each field adds."""

from math import log2
from typing import Final, NamedTuple

from hub.core.identity.scoring.compare import COMPARED, UNKNOWN, Levels, compare
from hub.core.identity.scoring.population import FEWEST, Population
from hub.core.identity.scoring.relatives import Rare, RelativeOdds
from hub.core.identity.scoring.traits import Traits
from hub.core.identity.scoring.weights import LEAST, Weights

_ORDER = list(COMPARED).index("order")
_LIKE_ALL: Final = 50
"""A value's own share counts as much as the model's average does after so many records."""


class Part(NamedTuple):
    """What one field says: the level that the two values are on, and the bits that this adds."""

    field: str
    level: str
    bits: float


class Candidate(NamedTuple):
    """Somebody whom a record may be: bits of evidence, and the probability that it is the same person."""

    person: str
    bits: float
    probability: float


class Scorer:
    """Scores by a model. Agreement on a rare value says more than on a common one: the population tells which."""

    def __init__(self, weights: Weights, population: Population) -> None:
        self._population = population
        self._rate = weights.rate
        self._kinds = tuple(weights.further.values())
        self._fields = tuple((name, tuple(field.levels)) for name, field in weights.fields.items())
        self._rows = [tuple(level.bits for level in field.levels.values()) for field in weights.fields.values()]
        self._same = [next(iter(field.levels.values())) for field in weights.fields.values()]
        self._relatives = [RelativeOdds(weights, relative) for relative in weights.relatives.values()]

    def bits(self, one: Traits, other: Traits) -> float:
        """Evidence that the two are one person; below nought it speaks against. The same both ways round."""
        return self._total(compare(one, other, self._kinds), self._rare(one))

    def parts(self, one: Traits, other: Traits) -> tuple[Part, ...]:
        """The evidence field by field, for a person to read; fields that one of the two lacks are left out."""
        levels, rare = compare(one, other, self._kinds), self._rare(one)
        found = [
            Part(name, names[level], self._of(field, levels, rare))
            for field, ((name, names), level) in enumerate(zip(self._fields, levels, strict=True))
            if level != UNKNOWN
        ]
        related = self._total(levels, rare) - sum(part.bits for part in found)
        return (*found, Part("relatives", "could be", related)) if related else tuple(found)

    def probability(self, bits: float) -> float:
        """How likely two records with so much evidence are one person, in a population of this size."""
        return 1 / (1 + 2 ** -max(min(bits - self._doubt(), 500.0), -500.0))

    def rank(self, traits: Traits, at_least: float = 0.0) -> list[Candidate]:
        """Everybody whom it may be with at least that probability, the likeliest first."""
        rare, people, kinds = self._rare(traits), self._population, self._kinds
        found = [
            (self._total(compare(traits, people.traits(person), kinds), rare), person)
            for person in people.candidates(traits)
        ]
        least = self._bits_for(at_least)
        likely = sorted((-bits, person) for bits, person in found if bits >= least)
        return [Candidate(person, -bits, self.probability(-bits)) for bits, person in likely]

    def _doubt(self) -> float:
        """Bits that tell one person from all others."""
        return log2(max(len(self._population), FEWEST) / self._rate)

    def _bits_for(self, probability: float) -> float:
        if probability <= 0:
            return float("-inf")
        return self._doubt() + log2(probability / max(1 - probability, LEAST))

    def _total(self, levels: Levels, rare: Rare) -> float:
        total, swapped = 0.0, levels[_ORDER] == 1
        for row, level, same in zip(self._rows, levels, rare, strict=True):
            if level == 0 and same is not None and not swapped:
                total += same
            elif level >= 0:
                total += row[level]
        return total - self._related(levels, rare) if total > 0 else total

    def _related(self, levels: Levels, rare: Rare) -> float:
        """What the evidence loses because relatives would agree as much."""
        size = max(len(self._population), FEWEST)
        odds = sum(relative.odds(levels, rare) for relative in self._relatives) / size
        return log2(1 + odds)

    def _of(self, field: int, levels: Levels, rare: Rare) -> float:
        same = rare[field]
        if levels[field] == 0 and same is not None and levels[_ORDER] != 1:
            return same
        return self._rows[field][levels[field]]

    def _rare(self, traits: Traits) -> Rare:
        """What it says to agree with each of these values, where values are counted."""
        counted = self._population.shares(traits)
        return [
            None if field not in counted else self._bits_of_same(field, *counted[field])
            for field in range(len(self._rows))
        ]

    def _bits_of_same(self, field: int, count: int, known: int) -> float:
        same = self._same[field]
        share = (max(count, 2) + _LIKE_ALL * max(same.u, LEAST)) / (max(known, 2) + _LIKE_ALL)
        return log2(max(same.m, LEAST) / share)
