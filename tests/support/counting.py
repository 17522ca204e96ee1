"""A stage that counts per key, and numbers every output, so that any loss, repeat or wrong state shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from hub.stages.errors import PermanentError
from hub.stages.stage import Output, Record, Stage, State, Step
from schemas.topics import Topic


@dataclass(frozen=True)
class Run:
    """The topics of one run: named after it, so that tests that share a broker do not meet."""

    name: str

    @property
    def source(self) -> str:
        return f"{self.name}.in"

    @property
    def output(self) -> str:
        return f"{self.name}.out"

    @property
    def changelog(self) -> str:
        return f"{self.name}.state"

    def topics(self, partitions: int = 4) -> list[Topic]:
        return [
            Topic(self.source, partitions, "delete", 1),
            Topic(self.output, partitions, "delete", 1, max_message_bytes=10_000),
            Topic(self.changelog, partitions, "compact"),
        ]

    def stage(self) -> Stage:
        return Stage(self.name, (self.source,), self.changelog, lambda partition, state: Counting(self.output))


class Counting:
    def __init__(self, output: str) -> None:
        self._output = output

    def handle(self, records: Sequence[Record], state: State) -> Step:
        outputs = []
        for record in records:
            if record.value == b"poison":
                raise PermanentError("a poison record")
            event = orjson.loads(record.value)
            key = record.key.decode()
            seen = orjson.loads(state.get(key) or b'{"n": 0, "last": -1}')
            if event["id"] <= seen["last"]:
                raise AssertionError(f"{key}: {event['id']} came after {seen['last']}")
            now = {"n": seen["n"] + 1, "last": event["id"]}
            state.put(key, orjson.dumps(now))
            body = {"id": event["id"], "n": now["n"], "pad": "x" * event.get("pad", 0)}
            outputs.append(Output(self._output, record.key, orjson.dumps(body)))
        return Step(len(records), outputs)

    def committed(self, changes: Mapping[str, bytes | None]) -> None:
        return
