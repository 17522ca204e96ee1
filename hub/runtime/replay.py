"""A stage's own handler over one partition's log again, in memory: what the running one must have come to.

Batches are handled as the lane handles them: one that holds a record which raises is halved until that stands alone,
and the record is passed over, as it was when it became a dead letter.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from aiokafka.producer.message_accumulator import BatchBuilder

from hub.runtime.state import Changes, PartitionState
from hub.stages.stage import Output, Record, Stage, Step
from schemas.topics import TOPICS

BATCH_OVERHEAD = 1_000
"""Bytes that a batch of one record takes beside key and value, at most: below it no size need be worked out."""

Accept = Callable[[Mapping[str, bytes | None], Sequence[Output]], bool | None]
"""Whether a step within a day was done by the running stage; None when it can't be known from this step alone."""


class Pace:
    """A clock for a stage that bounds its slices by time: it stands still, or makes every slice as small as can be."""

    def __init__(self) -> None:
        self.slow = False
        self._seconds = 0.0

    def __call__(self) -> float:
        """Seconds that only grow."""
        self._seconds += 3600.0 if self.slow else 0.0
        return self._seconds


class TooLarge(Exception):
    """The broker would refuse an output for its size."""


class Replay:
    """One partition. `pace` must be the clock that the stage was made with; `buried` are offsets to pass over."""

    def __init__(self, stage: Stage, partition: int, pace: Pace, buried: Collection[int] = ()) -> None:
        self.state = PartitionState()
        self.passed_over = 0
        self._pace = pace
        self._buried = buried
        self._handler = stage.open(partition, self.state.begin())
        self._limits = {topic.name: topic.max_message_bytes for topic in TOPICS}

    def feed(self, records: Sequence[Record]) -> Iterator[Output]:
        """Handle records to their end; their outputs, as each step is done."""
        batches: deque[Sequence[Record]] = deque([self._not_buried(records)])
        while batches:
            batch = batches.popleft()
            if not batch:
                continue
            try:
                changes, step = self._step(batch)
            except Exception:
                if len(batch) == 1:
                    self.passed_over += 1
                else:
                    middle = len(batch) // 2
                    batches.extendleft((batch[middle:], batch[:middle]))
                continue
            self._apply(changes.changed)
            batches.appendleft(batch[step.consumed :])
            yield from step.outputs

    def go_into(self, record: Record, accept: Accept) -> list[Output]:
        """Handle a record that is worked through in slices as far as the running stage has: slice by slice of the least
        size, while `accept` says so. Its outputs. Where the running stage stands before the record nothing happens.
        """
        outputs: list[Output] = []
        unsure: list[Output] = []
        undo: dict[str, bytes | None] = {}
        while (found := self._slice(record)) is not None:
            changes, step = found
            accepted = accept(changes.changed, step.outputs)
            if accepted is False:
                break
            for key in changes.changed:
                undo.setdefault(key, self.state.get(key))
            self._apply(changes.changed)
            unsure += step.outputs
            if accepted:
                outputs += unsure
                unsure, undo = [], {}
        self._apply(undo)
        return outputs

    def is_long(self, record: Record) -> bool:
        """Whether the running stage may stand within a record."""
        return self._slice(record) is not None

    def _slice(self, record: Record) -> tuple[Changes, Step] | None:
        """The least that can be done of a record, None when that is all of it (or it can't be handled)."""
        self._pace.slow = True
        try:
            found = self._step([record])
        except Exception:
            return None
        finally:
            self._pace.slow = False
        return None if found[1].consumed else found

    def _not_buried(self, records: Sequence[Record]) -> Sequence[Record]:
        if not self._buried:
            return records
        left = [record for record in records if record.offset not in self._buried]
        self.passed_over += len(records) - len(left)
        return left

    def _step(self, records: Sequence[Record]) -> tuple[Changes, Step]:
        changes = self.state.begin()
        step = self._handler.handle(records, changes)
        for output in step.outputs:
            if not self._fits(output):
                raise TooLarge(output.topic)
        return changes, step

    def _apply(self, changed: Mapping[str, bytes | None]) -> None:
        for key, value in changed.items():
            self.state.load(key, value)
        self._handler.committed(changed)

    def _fits(self, output: Output) -> bool:
        limit = self._limits.get(output.topic)
        if limit is None or len(output.key) + len(output.value or b"") + BATCH_OVERHEAD <= limit:
            return True
        return size_alone(output) <= limit


def size_alone(output: Output) -> int:
    """What the record takes as a batch of its own: the size that the broker judges."""
    batch = BatchBuilder(1, 0, is_transactional=1)
    batch.append(timestamp=0, key=output.key, value=output.value, headers=list(output.headers))
    size: int = batch.size()
    return size
