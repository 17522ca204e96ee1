"""A heartbeat passes all four stages as it is, and leaves nothing behind."""

from collections.abc import Mapping

import pytest

from hub.core.casework.policy import Policy
from hub.runtime.state import PartitionState
from hub.stages import projection
from hub.stages.casework import CaseworkHandler
from hub.stages.heartbeat import is_heartbeat
from hub.stages.identity import IdentityHandler
from hub.stages.intake import IntakeHandler
from hub.stages.stage import Handler, Output, Record
from schemas import heartbeats
from schemas.sources import Sources
from schemas.topics import CHILDREN, COUNCIL_EVENTS, FACTS, OBSERVATIONS


def pass_on(handler: Handler, record: Record) -> tuple[list[Output], Mapping[str, bytes | None]]:
    changes = PartitionState().begin()
    step = handler.handle([record], changes)
    assert step.consumed == 1
    return step.outputs, changes.changed


def as_read(output: Output) -> Record:
    assert output.partition is not None
    return Record(output.topic, output.partition, 7, output.key, output.value, output.headers)


@pytest.mark.parametrize("number", range(9))
def test_it_goes_through_every_stage_with_the_time_it_was_put_in(number: int) -> None:
    headers = heartbeats.first_headers(number, 1_790_000_000.25)
    record = Record(COUNCIL_EVENTS.name, 3, 0, heartbeats.KEY, heartbeats.VALUE, (*headers, ("version", b"of a topic")))
    handlers = (
        IntakeHandler(Sources(), lambda outcome, source: None),
        IdentityHandler(b"k" * 32, Sources(), lambda outcome, source: None),
        CaseworkHandler(Policy(Sources()), lambda: 0.0, PartitionState().begin()),
    )
    way = []
    for handler in handlers:
        (output,), changed = pass_on(handler, record)
        assert not changed, "no state grows"
        assert output.headers == headers
        record = as_read(output)
        assert is_heartbeat(record)
        way.append((output.topic, output.partition))
    assert way == [(OBSERVATIONS.name, 0), (FACTS.name, number % 4), (CHILDREN.name, number % 4)]
    assert record.value is None, "to consumers the end of a child that never was"
    assert projection.changes([record]) == {}
    assert heartbeats.inserted_at(record.headers) == 1_790_000_000.25


def test_one_that_does_not_say_when_or_which_is_passed_on_all_the_same() -> None:
    headers = (("number", b"x"), ("inserted_at", b"soon"))
    record = Record(OBSERVATIONS.name, 0, 0, heartbeats.KEY, heartbeats.VALUE, (("kind", b"heartbeat"), *headers))
    (output,), _ = pass_on(IdentityHandler(b"k" * 32, Sources(), lambda outcome, source: None), record)
    assert output.partition == 0
    assert heartbeats.inserted_at(output.headers) is None
