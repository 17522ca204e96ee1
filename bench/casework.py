"""The real casework handler, on the lane and on Quix Streams: the same `handle` for both."""

import sys
import time
from typing import Any

from bench.inputs import SOURCE
from hub.core.casework.policy import Policy
from hub.platform.logs import set_up
from hub.platform.settings import Settings
from hub.runtime.worker import run_stage
from hub.stages.casework import CaseworkHandler, casework
from hub.stages.stage import Output, Record, Stage
from schemas.sources import Source, Sources
from schemas.topics import ALERTS, CHILDREN, DEADLINES, REVIEW

POLICY = Policy(Sources(sources=(Source(id=SOURCE, kind="council", area="825", creates_children=True),)))
OUTPUTS = (CHILDREN.name, DEADLINES.name, ALERTS.name, REVIEW.name)


def lane(source: str, changelog: str) -> None:
    set_up("bench", "WARNING")
    made = casework(POLICY, time.monotonic)
    run_stage(Settings(), Stage("bench-casework", (source,), changelog, made.open))


class QuixState:
    """Quix's state of one key as a stage's view: text for bytes, since Quix keeps JSON."""

    def __init__(self, state: Any) -> None:
        self._state = state

    def get(self, key: str) -> bytes | None:
        found = self._state.get(key)
        return None if found is None else str(found).encode()

    def put(self, key: str, value: bytes | None) -> None:
        if value is None:
            self._state.delete(key)
        else:
            self._state.set(key, value.decode())

    def items(self) -> Any:
        return iter(())


def quix(source: str, changelog: str) -> None:
    from bench.quix import run

    handler = CaseworkHandler(POLICY, time.monotonic, QuixState({}))

    def handle(record: Record, state: Any) -> list[Output]:
        return handler.handle([record], QuixState(state)).outputs

    run("bench-casework-quix", source, OUTPUTS, handle)


if __name__ == "__main__":
    {"lane": lane, "quix": quix}[sys.argv[1]](*sys.argv[2:])
