"""The matching engine over a file of records: the population, the model fitted to it, and what it finds."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from hub.commands.match.records import Record
from hub.core.identity.scoring.fitting import fitted
from hub.core.identity.scoring.judging import Pair
from hub.core.identity.scoring.population import Population
from hub.core.identity.scoring.scorer import Scorer
from hub.core.identity.scoring.weights import Weights

FAINT = 0.001
"""Pairs less likely than this are not kept: no threshold that anybody would choose lies below."""


class Scored(NamedTuple):
    """Pairs of places with their probability, and the seconds that each look-up took."""

    pairs: dict[Pair, float]
    seconds: list[float]


class Engine:
    """Everybody of one or two files. With two, records are looked for in the other file alone."""

    def __init__(self, records: Sequence[Record], weights: Weights, *, fit: bool) -> None:
        self._records = records
        self._traits = [record.traits for record in records]
        self._numbers = [record.verified_number for record in records]
        self._population = Population(tuple(weights.further.values()))
        for place, traits in enumerate(self._traits):
            self._population.add(str(place), traits)
        self.weights = fitted(weights, self._traits, self._found()) if fit else weights
        self.scorer = Scorer(self.weights, self._population)

    def score(self) -> Scored:
        """Look every record up, as the stage does when it comes."""
        pairs: dict[Pair, float] = {}
        seconds = []
        for place, traits in enumerate(self._traits):
            begun = time.perf_counter()
            ranked = self.scorer.rank(traits, FAINT)
            seconds.append(time.perf_counter() - begun)
            for candidate in ranked:
                other = int(candidate.person)
                if self._may_pair(place, other):
                    pairs[min(place, other), max(place, other)] = candidate.probability
        return Scored(pairs, seconds)

    def _found(self) -> list[Pair]:
        found = {
            (min(place, other), max(place, other))
            for place, traits in enumerate(self._traits)
            for other in map(int, self._population.candidates(traits))
            if self._may_pair(place, other)
        }
        return sorted(found)

    def _may_pair(self, one: int, other: int) -> bool:
        if one == other or self._two_numbers(one, other):
            return False
        return self._records[one].file != self._records[other].file or self._one_file()

    def _two_numbers(self, one: int, other: int) -> bool:
        """Two verified NHS numbers are two children: nobody is asked."""
        numbers = {self._numbers[one], self._numbers[other]} - {None}
        return len(numbers) > 1

    def _one_file(self) -> bool:
        return self._records[0].file == self._records[-1].file
