"""What a stage would have said if nothing had ever gone wrong: its handler, in memory, one record after the other.

Apart from the runtime's own replay on purpose: that one is under test too.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from hub.runtime.state import PartitionState
from hub.stages.stage import Output, Record, Stage

Refused = Callable[[Output], bool]
"""Whether the broker would refuse an output for its size."""


@dataclass
class Replayed:
    """A partition's outputs in order, records that are given up, and the state by key."""

    partition: int = 0
    outputs: list[Output] = field(default_factory=list)
    given_up: list[Record] = field(default_factory=list)
    state: dict[str, bytes] = field(default_factory=dict)


def replay(stage: Stage, partition: int, records: Iterable[Record], refused: Refused) -> Replayed:
    """One partition's records through a stage."""
    state, found = PartitionState(), Replayed(partition)
    handler = stage.open(partition, state.begin())
    for record in records:
        consumed = 0
        while not consumed:
            changes = state.begin()
            try:
                step = handler.handle([record], changes)
            except Exception:
                found.given_up.append(record)
                break
            if any(map(refused, step.outputs)):
                found.given_up.append(record)
                break
            consumed = step.consumed
            found.outputs += step.outputs
            state.apply(changes)
            handler.committed(changes.changed)
    found.state = dict(state.begin().items())
    return found
