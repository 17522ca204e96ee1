"""Drives the casework stage without a broker: a state in memory, and the topics it would have written."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from hub.core.casework.policy import Policy
from hub.stages.casework import casework
from hub.stages.stage import Output, Record

from .facts import POLICY


class MemoryState:
    """Committed values with a batch's changes on top."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.changed: dict[str, bytes | None] = {}

    def get(self, key: str) -> bytes | None:
        return self.changed[key] if key in self.changed else self.values.get(key)

    def put(self, key: str, value: bytes | None) -> None:
        self.changed[key] = value

    def items(self) -> Iterator[tuple[str, bytes]]:
        return iter(self.values.items())

    def commit(self) -> dict[str, bytes | None]:
        changed, self.changed = self.changed, {}
        for key, value in changed.items():
            if value is None:
                self.values.pop(key, None)
            else:
                self.values[key] = value
        return changed


class Bench:
    """A handler and what it said: compacted topics as dicts, alerts as a list."""

    def __init__(self, policy: Policy = POLICY, monotonic: Callable[[], float] = lambda: 0.0) -> None:
        self.policy, self.monotonic = policy, monotonic
        self.state = MemoryState()
        self.topics: dict[str, dict[bytes, Any]] = {}
        self.alerts: list[dict[str, Any]] = []
        self.outputs: list[Output] = []
        self.reopen()

    def reopen(self) -> None:
        """As after a crash: what was not committed is gone."""
        self.state.changed = {}
        self.handler = casework(self.policy, self.monotonic).open(0, self.state)

    def feed(self, values: Sequence[dict[str, Any]]) -> int:
        """Hand over one batch until all of it is consumed; how many steps that took."""
        records = [to_record(value) for value in values]
        steps = 0
        while records:
            step = self.handler.handle(records, self.state)
            self.commit(step.outputs)
            records = records[step.consumed :]
            steps += 1
        return steps

    def commit(self, outputs: list[Output]) -> None:
        self.handler.committed(self.state.commit())
        self.outputs += outputs
        for output in outputs:
            value = orjson.loads(output.value) if output.value is not None else None
            if output.topic == "hub.alerts":
                if value is not None:
                    self.alerts.append(value)
                continue
            topic = self.topics.setdefault(output.topic, {})
            if value is None:
                topic.pop(output.key, None)
            else:
                topic[output.key] = value

    def open_alerts(self) -> dict[str, dict[str, Any]]:
        """The alerts that are open after all that was said."""
        last = {alert["id"]: alert for alert in self.alerts}
        return {id_: alert for id_, alert in last.items() if alert["state"] == "open"}


def to_record(value: dict[str, Any]) -> Record:
    headers = (("kind", value["kind"].encode()),)
    return Record("hub.facts", 0, 0, value.get("child_id", "day").encode(), orjson.dumps(value), headers)


def reached(day: str) -> dict[str, Any]:
    return {"kind": "day.reached", "effective_on": day}
