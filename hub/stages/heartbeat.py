"""How a stage passes a heartbeat on: with its own headers, so that its number and the time it was put in travel on."""

from hub.stages.stage import Output, Record
from schemas import heartbeats
from schemas.topics import CHILDREN, FACTS, OBSERVATIONS


def is_heartbeat(record: Record) -> bool:
    """Whether a record is one. Their key is nobody else's."""
    return record.key == heartbeats.KEY


def to_observations(record: Record) -> Output:
    """From a raw topic."""
    return Output(OBSERVATIONS.name, heartbeats.KEY, heartbeats.VALUE, heartbeats.own(record.headers), partition=0)


def to_facts(record: Record) -> Output:
    """From hub.observations, to each partition in turn."""
    partition = heartbeats.partition_of(record.headers, FACTS.partitions)
    return Output(FACTS.name, heartbeats.KEY, heartbeats.VALUE, heartbeats.own(record.headers), partition)


def to_children(record: Record) -> Output:
    """From hub.facts, on the same partition. It has no value, so that compaction removes it."""
    return Output(CHILDREN.name, heartbeats.KEY, None, heartbeats.own(record.headers), record.partition)
