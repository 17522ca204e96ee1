"""What matching would do with a file of records whose truth is known."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from hub.commands.match.engine import Engine, Scored
from hub.commands.match.linking import linked
from hub.commands.match.records import Record
from hub.commands.match.truth import Truth
from hub.core.identity.policy import Policy
from hub.core.identity.scoring.judging import Figures, Pair, Point, clustered, curve, figures, groups, pairwise
from hub.core.identity.scoring.weights import Weights

SHOWN = 20
"""False pairs that the table lists; the JSON has all."""


class Evaluation(NamedTuple):
    """`linked`: pairs that the rules join. `said`: those, and all of at least the threshold's probability, of which a
    person is asked. `scored`: every pair with its probability.
    """

    records: Sequence[Record]
    truth: Truth
    threshold: float
    scored: Scored
    linked: set[Pair]
    said: set[Pair]
    points: list[Point]
    weights: Weights

    @property
    def pairwise(self) -> Figures:
        """Of pairs, proposals and links alike."""
        return pairwise(self.said, self.truth.pairs)

    @property
    def clustered(self) -> Figures:
        """Of the groups that the pairs make."""
        across = (lambda place: self.records[place].file) if self._two_files else None
        return clustered(groups(len(self.records), self.said), self.truth.groups, across)

    @property
    def links(self) -> Figures:
        """Of what the rules join alone."""
        return pairwise(self.linked, self.truth.pairs)

    @property
    def proposals(self) -> set[Pair]:
        """Pairs that a person would be asked about."""
        return self.said - self.linked

    @property
    def false_links(self) -> list[Pair]:
        """Pairs that are joined without anybody being asked, and are two people."""
        return sorted(self.linked - self.truth.pairs)

    @property
    def best(self) -> Point:
        """The threshold that would have given the highest F1 here. It is chosen knowing the truth: no promise."""
        return max(self.points, key=lambda point: point.figures.f1, default=Point(1.0, figures(0, 0, 1)))

    @property
    def _two_files(self) -> bool:
        return self.records[0].file != self.records[-1].file


def evaluate(
    records: Sequence[Record], truth: Truth, weights: Weights, policy: Policy, *, threshold: float | None, fit: bool
) -> Evaluation:
    """Match the records as the stage would, and hold what comes out against the truth."""
    engine = Engine(records, weights, fit=fit)
    scored = engine.score()
    least = policy.asked_from if threshold is None else threshold
    joined = linked(records, engine.weights, policy)
    said = joined | {pair for pair, probability in scored.pairs.items() if probability >= least}
    return Evaluation(records, truth, least, scored, joined, said, curve(scored.pairs, truth.pairs), engine.weights)


def as_json(found: Evaluation) -> dict[str, Any]:
    """The object that `--json` prints. Latencies are of looking one record up among all, in milliseconds."""
    ids = [record.id for record in found.records]
    return {
        "pairwise": {**_rounded(found.pairwise), "threshold": found.threshold},
        "clustered": {**_rounded(found.clustered), "threshold": found.threshold},
        "potential": len(found.proposals),
        "records": len(found.records),
        "latency_ms": latency(found.scored.seconds),
        "links": {**_rounded(found.links), "pairs": len(found.linked)},
        "false_links": [[ids[one], ids[other]] for one, other in found.false_links],
        "best": {**_rounded(found.best.figures), "threshold": round(found.best.threshold, 6)},
        "true_pairs": len(found.truth.pairs),
    }


def latency(seconds: Sequence[float]) -> dict[str, float]:
    """The middle and the hundredth slowest, in milliseconds."""
    ordered = sorted(seconds)
    return {
        "p50": round(ordered[len(ordered) // 2] * 1000, 4),
        "p99": round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1000, 4),
    }


def _rounded(found: Figures) -> dict[str, float]:
    return {name: round(value, 6) for name, value in found._asdict().items()}
