"""However the log is cut into batches, the stage writes the same and remembers the same."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.stages.identity import identity
from hub.stages.stage import Output, Record
from schemas.statements import Observation
from tests.property.identity.strategies import observations
from tests.unit.identity.people import KEY, SOURCES


class Overlay:
    """A batch's view of committed values."""

    def __init__(self, committed: dict[str, bytes]) -> None:
        self.committed = committed
        self.changes: dict[str, bytes | None] = {}

    def get(self, key: str) -> bytes | None:
        return self.changes[key] if key in self.changes else self.committed.get(key)

    def put(self, key: str, value: bytes | None) -> None:
        self.changes[key] = value

    def items(self) -> Iterator[tuple[str, bytes]]:
        return iter(self.committed.items())

    def commit(self) -> dict[str, bytes]:
        merged = {**self.committed, **self.changes}
        return {key: value for key, value in merged.items() if value is not None}


def log_of(said: Sequence[Observation], days: int) -> list[Record]:
    """Observations, then days."""
    records = []
    for offset, one in enumerate(said):
        headers = (("id", f"o{offset}".encode()), ("causes", b"m"))
        value = one.model_dump_json().encode()
        records.append(Record("hub.observations", 0, offset, b"population", value, headers))
    for day in range(days):
        value = b'{"kind": "day.reached", "effective_on": "2026-09-%d"}' % (15 + day)
        headers = (("kind", b"day.reached"), ("id", f"d{day}".encode()))
        records.append(Record("hub.observations", 0, len(records), b"day", value, headers))
    return records


def run(records: Sequence[Record], cuts: Sequence[int]) -> tuple[list[Output], dict[str, bytes]]:
    """A new handler for each batch, as after a crash."""
    outputs: list[Output] = []
    values: dict[str, bytes] = {}
    edges = [0, *sorted(cut % (len(records) + 1) for cut in cuts), len(records)]
    for start, end in pairwise(edges):
        state = Overlay(values)
        step = identity(KEY, SOURCES, lambda outcome, source: None).open(0, state).handle(records[start:end], state)
        assert step.consumed == end - start
        outputs.extend(step.outputs)
        values = state.commit()
    return outputs, values


@settings(max_examples=80, deadline=None)
@given(st.lists(observations(), max_size=8), st.integers(0, 3), st.lists(st.integers(0, 20), max_size=4))
def test_any_cut_into_batches_writes_and_remembers_the_same(
    said: list[Observation], days: int, cuts: list[int]
) -> None:
    records = log_of(said, days)
    assert run(records, cuts) == run(records, [])


@settings(max_examples=80, deadline=None)
@given(st.lists(observations(), max_size=8))
def test_every_output_has_an_id_of_its_own(said: list[Observation]) -> None:
    outputs, _ = run(log_of(said, 1), [])
    ids = [dict(output.headers)["id"] for output in outputs]
    assert len(ids) == len(set(ids))
