"""Fitting a model to records of which nobody knows who is who.

How often the values of two persons agree (u) is counted on pairs taken at large: nearly all are of two persons. How
often one person's agree (m), how many records a person has and how many relatives come from the pairs that the
population's keys find, by expectation and maximisation over three explanations of each pair: one person, two who are
related, two strangers. What was known before holds m in place where there is little to learn from. Relatives have an
explanation of their own because without it, among children, brothers and sisters are taken for one person.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from hub.core.identity.scoring.compare import compare
from hub.core.identity.scoring.population import FEWEST
from hub.core.identity.scoring.relatives import RelativeOdds
from hub.core.identity.scoring.traits import Traits
from hub.core.identity.scoring.weights import Level, Weights

AT_LARGE = 300_000
"""Pairs that u is counted on."""
_STRENGTH = 300.0
"""Pairs that what was known before of m counts as."""
_STRANGERS = 2_000.0
"""Pairs that what was known before of u counts as."""
_HOUSEHOLDS = 50.0
"""Records that what was known before of relatives counts as."""
_LEAST_RATE = 1e-3
_ROUNDS = 25
_ODD_STEPS = (1, 7_919, 104_729)

Shares = list[list[float]]
Patterns = Mapping[tuple[int, ...], int]


def fitted(weights: Weights, records: Sequence[Traits], pairs: Sequence[tuple[int, int]]) -> Weights:
    """The model as these records have it; `pairs` are the places of those that the population's keys found."""
    kinds = tuple(weights.further.values())
    model = _with_u(weights, at_large(weights, records))
    patterns = Counter(tuple(compare(records[one], records[other], kinds)) for one, other in pairs)
    for _ in range(_ROUNDS):
        model = _once(model, weights, patterns, len(records))
    return model


def told(weights: Weights, before: Weights, records: Sequence[Traits], true: Sequence[tuple[int, int]]) -> Weights:
    """The model with m and the rate as they are where the truth is known: counted on all pairs of one person.

    `before` holds m in place where there are few; u and relatives stay as they were fitted.
    """
    counts = [[level.m * _STRENGTH for level in field.levels.values()] for field in before.fields.values()]
    kinds = tuple(weights.further.values())
    for one, other in true:
        for row, level in zip(counts, compare(records[one], records[other], kinds), strict=True):
            if level >= 0:
                row[level] += 1
    rates = [relative.rate for relative in weights.relatives.values()]
    return _with_m(weights, counts, max(2 * len(true) / max(len(records), 1), _LEAST_RATE), rates)


def at_large(weights: Weights, records: Sequence[Traits]) -> Shares:
    """How often pairs at large are on each level of each field. Which pairs: by strides, the same ones each time."""
    kinds = tuple(weights.further.values())
    counts = [[level.u * _STRANGERS for level in field.levels.values()] for field in weights.fields.values()]
    for one, other in _strides(len(records)):
        for row, level in zip(counts, compare(records[one], records[other], kinds), strict=True):
            if level >= 0:
                row[level] += 1
    return [[count / sum(row) for count in row] for row in counts]


def _strides(size: int) -> Iterator[tuple[int, int]]:
    """Pairs of places, each place about equally often."""
    if size < 2:
        return
    rounds = min(size - 1, max(1, AT_LARGE // size))
    for number in range(rounds):
        step = 1 + (number * _ODD_STEPS[1] + _ODD_STEPS[2]) % (size - 1)
        for one in range(0, size, max(1, size * rounds // AT_LARGE)):
            yield one, (one + step) % size


def _once(model: Weights, before: Weights, patterns: Patterns, size: int) -> Weights:
    """One round: what each pair probably is under the model, and the model that this makes likeliest."""
    scale = max(size, FEWEST)
    counts = [[level.m * _STRENGTH for level in field.levels.values()] for field in before.fields.values()]
    rows = [[level.bits for level in field.levels.values()] for field in model.fields.values()]
    relatives = [RelativeOdds(model, relative) for relative in model.relatives.values()]
    same = 0.0
    related = [0.0] * len(relatives)
    for pattern, count in patterns.items():
        bits = sum(row[level] for row, level in zip(rows, pattern, strict=True) if level >= 0)
        one = model.rate * 2 ** min(bits, 500.0) / scale
        others = [relative.odds(pattern) / scale for relative in relatives]
        all_of_it = 1 + one + sum(others)
        likely = count * one / all_of_it
        same += likely
        for row, level in zip(counts, pattern, strict=True):
            if level >= 0:
                row[level] += likely
        related = [sum_ + count * odds / all_of_it for sum_, odds in zip(related, others, strict=True)]
    rates = [
        (2 * number + relative.rate * _HOUSEHOLDS) / (size + _HOUSEHOLDS)
        for number, relative in zip(related, before.relatives.values(), strict=True)
    ]
    return _with_m(model, counts, max(2 * same / max(size, 1), _LEAST_RATE), rates)


def _with_u(weights: Weights, rows: Shares) -> Weights:
    fields = {
        name: field.model_copy(
            update={
                "levels": {
                    level: Level(m=known.m, u=share)
                    for (level, known), share in zip(field.levels.items(), row, strict=True)
                }
            }
        )
        for (name, field), row in zip(weights.fields.items(), rows, strict=True)
    }
    return weights.model_copy(update={"fields": fields})


def _with_m(weights: Weights, counts: Shares, rate: float, rates: Sequence[float]) -> Weights:
    fields = {
        name: field.model_copy(
            update={
                "levels": {
                    level: Level(m=count / sum(row), u=known.u)
                    for (level, known), count in zip(field.levels.items(), row, strict=True)
                }
            }
        )
        for (name, field), row in zip(weights.fields.items(), counts, strict=True)
    }
    relatives = {
        who: relative.model_copy(update={"rate": number})
        for (who, relative), number in zip(weights.relatives.items(), rates, strict=True)
    }
    return weights.model_copy(update={"fields": fields, "relatives": relatives, "rate": min(rate, 100.0)})
