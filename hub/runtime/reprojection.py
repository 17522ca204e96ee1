"""Records that the read model refused, written into it later: directly, never by way of their topic.

Most of the projection's topics are compacted: an old record put at their end would hide a newer one for ever. So a
record is written only where its log still holds it and says nothing later about the same rows.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from itertools import groupby
from typing import Any, Literal

from hub.platform.settings import Settings
from hub.runtime.letters import Letter
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition, to_record
from hub.stages import projection
from hub.stages.errors import PermanentError
from hub.stages.stage import Record
from hub.store import Conflict, NotReached, Projector

Ending = Literal["applied", "superseded", "refused", "not-reached"]
"""`refused` once more, or the projection (begun anew) has `not-reached` the record and will come to it by itself."""

RowId = tuple[str, str]
ROUNDS = 50
"""How often the projection may be ahead of what was read, before it is given up: a moment each."""


async def reproject(
    settings: Settings, projector: Projector, letters: Sequence[Letter]
) -> AsyncGenerator[tuple[Letter, Ending], None]:
    """Write what can be written, one record after the other; raises Unavailable, or Conflict after many attempts."""
    for place, group in groupby(sorted(letters, key=_place), key=_partition):
        async with LogReader(settings, [place]) as log:
            reading = _Reading(log, place)
            found = list(group)
            await reading.begin([letter.meta.offset for letter in found])
            for letter in found:
                yield letter, await _write(projector, reading, letter.meta.offset)


def _place(letter: Letter) -> tuple[Partition, int]:
    return _partition(letter), letter.meta.offset


def _partition(letter: Letter) -> Partition:
    return Partition(letter.meta.source_topic, letter.meta.partition)


async def _write(projector: Projector, reading: "_Reading", offset: int) -> Ending:
    """Write one record, reading on as often as the projection has moved beyond what was read."""
    for _ in range(ROUNDS):
        record = reading.records.get(offset)
        if record is None or offset in reading.superseded:
            return "superseded"
        try:
            await asyncio.to_thread(projector.reapply, record, reading.end)
        except Conflict:
            await reading.go_on()
        except NotReached:
            return "not-reached"
        except PermanentError:
            return "refused"
        else:
            return "applied"
    raise Conflict("the projection kept moving on: try again when less is written")


class _Reading:
    """One partition from the first of the wanted records on.

    A wanted record that the log no longer holds is not among `records`: a later one took its place. `superseded` are
    those about whose rows a later record speaks.
    """

    def __init__(self, log: LogReader, place: Partition) -> None:
        self.records: dict[int, Record] = {}
        self.superseded: set[int] = set()
        self.end = 0
        self._log = log
        self._place = place
        self._rows: dict[RowId, int] = {}
        self._keys: set[bytes | None] = set()

    async def begin(self, offsets: Iterable[int]) -> None:
        """Read from the first of these offsets to where the log ends now."""
        self._wanted = set(offsets)
        await self._log.seek(self._place, min(self._wanted))
        await self.go_on()

    async def go_on(self) -> None:
        """Read what came since."""
        end = (await self._log.bounds())[self._place][1]
        async for batch in self._log.read_to({self._place: end}):
            for raw in batch:
                self._take(raw)
                end = max(end, raw.offset + 1)
        self.end = end

    def _take(self, raw: Any) -> None:
        wanted = raw.offset in self._wanted
        if not wanted and raw.key not in self._keys:
            return
        record = to_record(raw)
        if wanted:
            self.records[raw.offset] = record
            self._keys.add(raw.key)
        for row in _rows(record):
            if row in self._rows:
                self.superseded.add(self._rows[row])
            if wanted:
                self._rows[row] = raw.offset
            else:
                self._rows.pop(row, None)


def _rows(record: Record) -> list[RowId]:
    """The rows that a record speaks of; one that still can't be read speaks of none."""
    try:
        changed = projection.changes([record])
    except PermanentError:
        return []
    return [(table, key) for table, rows in changed.items() for key in rows]
