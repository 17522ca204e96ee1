"""How much likelier two records are a relative's than a stranger's."""

from collections.abc import Sequence
from math import log2

from hub.core.identity.scoring.compare import COMPARED
from hub.core.identity.scoring.weights import LEAST, Relative, Weights

Rare = Sequence[float | None]
"""For each field the bits of agreeing with one person's value, None where values are not counted."""

_ORDER = list(COMPARED).index("order")
_MOST_BITS = 500.0


class RelativeOdds:
    """One kind of relative under a model, ready for use."""

    def __init__(self, weights: Weights, relative: Relative) -> None:
        self._rate = relative.rate
        self._fields: list[tuple[int, list[float], list[float], float]] = []
        for place, (name, field) in enumerate(weights.fields.items()):
            if name in relative.fields:
                own = [log2(max(share, LEAST)) for share in relative.fields[name].values()]
                strangers = [log2(max(level.u, LEAST)) for level in field.levels.values()]
                same = log2(max(next(iter(field.levels.values())).m, LEAST))
                self._fields.append((place, own, strangers, same))

    def odds(self, levels: Sequence[int], rare: Rare = ()) -> float:
        """How many relatives are expected, times the likelihood of these levels for them against strangers.

        Names written the wrong way round say nothing about relatives, and are left out.
        """
        bits, swapped = 0.0, levels[_ORDER] == 1
        for place, own, strangers, same in self._fields:
            level = levels[place]
            if level < 0 or (swapped and place < _ORDER):
                continue
            rarity = rare[place] if rare and level == 0 else None
            bits += own[level] - (strangers[level] if rarity is None else same - rarity)
        return self._rate * float(2 ** min(bits, _MOST_BITS))
