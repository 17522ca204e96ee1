"""What is done with each fact, the same for every system: counting shows the runtime, casework the job."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from bench.inputs import SOURCE
from hub.core.casework.policy import Policy
from hub.stages.casework import casework
from hub.stages.stage import Handler, Output, Record, Stage, State, Step
from schemas.sources import Source, Sources
from schemas.topics import ALERTS, CHILDREN, DEADLINES, REVIEW, Topic

POLICY = Policy(Sources(sources=(Source(id=SOURCE, kind="council", area="825", creates_children=True),)))
OUT = Topic("out", 4, "delete", 1)
OUTPUTS: Mapping[str, tuple[Topic, ...]] = {"counting": (OUT,), "casework": (CHILDREN, DEADLINES, ALERTS, REVIEW)}
"""The topics that a handler writes; the first is the one whose records are counted."""

Handle = Callable[[Record, State], list[Output]]
"""One record at a time, with the state of its key."""


class Counting:
    """Counts the events of each key, and says the count."""

    def handle(self, records: Sequence[Record], state: State) -> Step:
        outputs = []
        for record in records:
            key = (record.key or b"").decode()
            event, now = orjson.loads(record.value or b""), 1 + int(state.get(key) or 0)
            state.put(key, str(now).encode())
            outputs.append(Output(OUT.name, record.key or b"", orjson.dumps({"of": event["kind"], "n": now})))
        return Step(len(records), outputs)

    def committed(self, changes: object) -> None:
        return


class Elsewhere:
    """A handler whose outputs go to topics of one run."""

    def __init__(self, handler: Handler, prefix: str) -> None:
        self._handler, self._prefix = handler, prefix
        self.committed = handler.committed

    def handle(self, records: Sequence[Record], state: State) -> Step:
        step = self._handler.handle(records, state)
        moved = [Output(f"{self._prefix}.{each.topic}", each.key, each.value, each.headers) for each in step.outputs]
        return Step(step.consumed, moved)


class Nothing:
    """A state that is empty and stays so."""

    def get(self, key: str) -> bytes | None:
        return None

    def put(self, key: str, value: bytes | None) -> None:
        return

    def items(self) -> Any:
        return iter(())


def stage(handler: str, source: str, prefix: str) -> Stage:
    """For systems that hand over whole batches."""
    return Stage(
        "bench", (source,), f"{prefix}.state", lambda partition, state: Elsewhere(_make(handler, state), prefix)
    )


def single(handler: str, prefix: str) -> Handle:
    """For systems that hand over one record."""
    made = Elsewhere(_make(handler, Nothing()), prefix)
    return lambda record, state: made.handle([record], state).outputs


def _make(handler: str, state: State) -> Handler:
    if handler == "counting":
        return Counting()
    return casework(POLICY, time.monotonic).open(0, state)
