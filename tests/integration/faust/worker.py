"""The hub's own worker at the work of tests/support/tally.py.

Usage: python -m tests.integration.faust.worker RUN FOLDER [options]. The lane's ways stand as they are: only the
handler waits for the gate, as a stage does for a database.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from faust.transport.drivers import aiokafka as driver

from hub.platform.logs import set_up
from hub.platform.settings import Settings
from hub.runtime.driver import LaneConsumer
from hub.runtime.worker import no_point, run_stage
from hub.stages.errors import Unavailable
from hub.stages.stage import Output, Record, Stage, State, Step
from tests.support.counting import Run
from tests.support.tally import Gate, count, waits
from tests.support.worker import At

FAUSTS_OWN = ("track_message", "ack", "_commit", "seek_to_committed", "getmany")
"""Faust's ways with records and offsets: in them lie the defects, and no lane ever takes one."""


def watch_faust(gate: Gate) -> None:
    """Note it whenever one of Faust's own ways is taken."""
    for name in FAUSTS_OWN:
        setattr(LaneConsumer, name, _noted(gate, name))


def _noted(gate: Gate, name: str) -> Callable[..., Any]:
    faust = getattr(driver.Consumer, name)

    def taken(consumer: LaneConsumer, *arguments: Any, **options: Any) -> Any:
        gate.note("faust", name)
        return faust(consumer, *arguments, **options)

    return taken


class Tally:
    """Counts as the stock agent does. Without state every event is its key's first."""

    def __init__(self, output: str, gate: Gate, stateless: bool) -> None:
        gate.note("ready", True)
        self._output, self._gate, self._stateless = output, gate, stateless

    def handle(self, records: Sequence[Record], state: State) -> Step:
        return Step(len(records), [self._count(record, state) for record in records])

    def committed(self, changes: Mapping[str, bytes | None]) -> None:
        self._gate.note("committed", len(changes))

    def _count(self, record: Record, state: State) -> Output:
        assert record.key is not None
        assert record.value is not None
        if waits(record.value) and not self._gate.is_open():
            self._gate.note("waiting", record.offset)
            raise Unavailable("the gate is closed", delay=0.1)
        key = record.key.decode()
        made = count(record.value, state.get(key))
        if not self._stateless:
            state.put(key, made.state)
        self._gate.note("handled", record.offset)
        return Output(self._output, record.key, made.output)


def main() -> None:
    set_up("test-worker")
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--no-table", action="store_true")
    parser.add_argument("--kill-at", help="end at this named point, at its second time: the first opens the state")
    asked = parser.parse_args()
    run, gate = Run(asked.run), Gate(asked.folder)
    watch_faust(gate)
    changelog = None if asked.no_table else run.changelog
    stage = Stage(run.name, (run.source,), changelog, lambda *_: Tally(run.output, gate, asked.no_table), (run.output,))
    run_stage(Settings(), stage, At(asked.kill_at, "kill", 2) if asked.kill_at else no_point)


if __name__ == "__main__":
    main()
