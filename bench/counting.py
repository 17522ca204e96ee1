"""The counting handler, on the lane and on Quix Streams: state is a count for each key, one output for each event."""

import sys
from typing import Any

import orjson

from hub.platform.logs import set_up
from hub.platform.settings import Settings
from hub.runtime.worker import run_stage
from hub.stages.stage import Output, Record, Stage, State, Step


class Counting:
    """Counts the events of each key."""

    def __init__(self, output: str) -> None:
        self._output = output

    def handle(self, records: Any, state: State) -> Step:
        outputs = []
        for record in records:
            key = record.key.decode()
            event, now = orjson.loads(record.value), count(state.get(key))
            state.put(key, orjson.dumps(now))
            outputs.append(Output(self._output, record.key, orjson.dumps({"of": event["kind"], "n": now})))
        return Step(len(records), outputs)

    def committed(self, changes: object) -> None:
        return


def count(before: bytes | None) -> int:
    return 1 + (orjson.loads(before) if before else 0)


def lane(source: str, output: str, changelog: str) -> None:
    set_up("bench", "WARNING")
    run_stage(Settings(), Stage("bench-count", (source,), changelog, lambda partition, state: Counting(output)))


def quix(source: str, output: str, changelog: str) -> None:
    from bench.quix import run

    def handle(record: Record, state: Any) -> list[Output]:
        before = state.get("n")
        now = 1 + (before or 0)
        state.set("n", now)
        return [Output(output, record.key or b"", orjson.dumps({"of": orjson.loads(record.value)["kind"], "n": now}))]

    run("bench-count-quix", source, (output,), handle)


if __name__ == "__main__":
    {"lane": lane, "quix": quix}[sys.argv[1]](*sys.argv[2:])
