"""What a worker is handed of one source partition."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from hub.stages.stage import Record


class Partition(NamedTuple):
    """A topic's partition. Equal to aiokafka's and Faust's own tuples."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """One fetch: the position it started from, the records, and the position after it.

    `end` may lie beyond the last record: transaction markers take offsets too. `stable` is the partition's last stable
    offset, None while unknown.
    """

    start: int
    records: Sequence[Record]
    end: int
    stable: int | None


def to_record(raw: Any) -> Record:
    """aiokafka's record as ours."""
    return Record(raw.topic, raw.partition, raw.offset, raw.key, raw.value, tuple(raw.headers), raw.timestamp)
