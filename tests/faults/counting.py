"""A stage beside the real ones that numbers every fact of a child, so that any loss, repeat or wrong state shows.

The real stages recognise a repeat and say nothing, which would hide that the runtime handed one over twice.
"""

from collections.abc import Mapping, Sequence

import orjson

from hub.stages.errors import PermanentError, TemporaryError
from hub.stages.stage import Output, Record, Stage, State, Step
from schemas.topics import FACTS, Topic

NAME = "counting"
OUTPUT = Topic("count.out", 4, "delete", 1, max_message_bytes=20_000)
STATE = Topic("count.state", 4, "compact")
TOO_LARGE = 40_000
CYCLE = 97
"""In a rough series, of so many offsets one is refused, one takes too long and one is answered too large."""


def counting(rough: bool) -> Stage:
    """The stage. A rough one meets a poison record of each kind now and then."""
    return Stage(NAME, (FACTS.name,), STATE.name, lambda partition, state: Counting(rough), (OUTPUT.name,))


class Counting:
    def __init__(self, rough: bool) -> None:
        self._rough = rough

    def handle(self, records: Sequence[Record], state: State) -> Step:
        return Step(len(records), [self._count(record, state) for record in records])

    def committed(self, changes: Mapping[str, bytes | None]) -> None:
        return

    def _count(self, record: Record, state: State) -> Output:
        key = (record.key or b"").decode()
        before = orjson.loads(state.get(key) or b'{"n": 0, "offset": -1}')
        if before["offset"] >= record.offset:
            raise AssertionError(f"offset {record.offset} was handed over after {before['offset']}")
        pad = self._roughly(record)
        state.put(key, orjson.dumps({"n": before["n"] + 1, "offset": record.offset}))
        body = {"n": before["n"] + 1, "offset": record.offset, "pad": "x" * pad}
        return Output(OUTPUT.name, record.key or b"", orjson.dumps(body), (("id", f"{record.offset}".encode()),))

    def _roughly(self, record: Record) -> int:
        """How much to pad; or raises what this record has coming."""
        turn = record.offset % CYCLE if self._rough else None
        if turn == 31:
            raise PermanentError("one in so many is refused")
        if turn == 62 and record.offset < CYCLE:
            raise TemporaryError("this one always takes too long", delay=0.05)
        return TOO_LARGE if turn == 93 else 0
