"""The real casework stage on topics of a test's own, so that tests that share a broker do not meet."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hub.core.casework.policy import Policy
from hub.stages.casework import casework
from hub.stages.stage import Handler, Record, Stage, State, Step
from schemas.sources import Source, Sources

COUNCIL = "one-education:825:2022"
SOURCES = Sources(sources=(Source(id=COUNCIL, kind="council", area="825", creates_children=True),))


def renamed_casework(run: str) -> Stage:
    """Casework that reads, writes and keeps its state in topics whose names begin with the run's."""
    real = casework(Policy(SOURCES), time.monotonic)
    assert real.changelog is not None
    return replace(
        real,
        name=run,
        sources=tuple(own(run, topic) for topic in real.sources),
        changelog=own(run, real.changelog),
        open=lambda partition, state: _Renamed(run, real.open(partition, state)),
        writes=tuple(own(run, topic) for topic in real.writes),
    )


def own(run: str, topic: str) -> str:
    """The run's own topic in the place of one of the hub's."""
    return f"{run}.{topic}"


@dataclass
class _Renamed:
    run: str
    real: Handler

    def handle(self, records: Sequence[Record], state: State) -> Step:
        step = self.real.handle(records, state)
        return Step(step.consumed, [replace(each, topic=own(self.run, each.topic)) for each in step.outputs])

    def committed(self, changes: Mapping[str, bytes | None]) -> None:
        self.real.committed(changes)
