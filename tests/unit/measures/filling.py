"""A read model filled as the projection fills it, out of evaluations: no broker."""

from collections.abc import Iterable
from datetime import date
from random import Random
from typing import Any

import orjson

from hub.core.casework.evaluate import Evaluation, evaluate
from hub.core.facts.fact import read_fact
from hub.stages.stage import Record
from hub.store import Projector
from tests.unit.casework.facts import POLICY
from tests.unit.measures.partnership import partnership

PARTITIONS = 4


def evaluated(children: int, day: date, seed: int = 7, known_at: date | None = None) -> list[Evaluation]:
    """A partnership as it stands on a day."""
    return [
        evaluate(child_id, [read_fact(fact) for fact in facts], day, POLICY, known_at)
        for child_id, facts in partnership(children, seed)
    ]


def records(evaluations: Iterable[Evaluation], seed: int = 1) -> list[tuple[str, bytes, Any]]:
    """Topic, key and value of what casework would write, in no order."""
    found: list[tuple[str, bytes, Any]] = []
    for each in evaluations:
        child_id = each.child_id
        found.append(("hub.children", child_id.encode(), each.record))
        for deadline in each.deadlines:
            found.append(("hub.deadlines", f"{child_id}|{deadline.id}".encode(), deadline.to_json(child_id, each.day)))
    Random(seed).shuffle(found)
    return found


def fill(projector: Projector, written: Iterable[tuple[str, bytes, Any]]) -> None:
    """Apply them, spread over partitions by child."""
    logs: dict[tuple[str, int], list[Record]] = {}
    for topic, key, value in written:
        partition = sum(key.partition(b"|")[0]) % PARTITIONS
        log = logs.setdefault((topic, partition), [])
        log.append(Record(topic, partition, len(log), key, orjson.dumps(value), (), 1_792_000_000_000))
    for (topic, partition), log in logs.items():
        projector.apply(topic, partition, log, 0, len(log))
