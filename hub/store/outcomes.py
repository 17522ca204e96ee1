"""The measures out of the read model, worked out anew only when its children or deadlines have changed."""

from collections.abc import Iterator
from threading import Lock

import orjson
from sqlalchemy import Connection, select

from hub.core.measures.figures import Report
from hub.core.measures.joining import joined
from hub.core.measures.look import Look
from hub.core.measures.narrow import Narrow
from hub.core.measures.outcome import Outcomes
from hub.core.measures.tally import Tally
from hub.store.tables import offsets, outcomes
from schemas.topics import CHILDREN, DEADLINES

Revision = tuple[tuple[object, ...], ...]

REPORTS_KEPT = 16


class Measures:
    """Reports on the read model. It keeps the outcomes and the last reports of one revision; threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._revision: Revision | None = None
        self._tally = Tally()
        self._reports: dict[Look, Report] = {}

    def report(self, connection: Connection, look: Look) -> Report:
        """The report for a look."""
        with self._lock:
            # Read before the rows: rows that are newer than it are only read once more.
            revision = _revision(connection)
            if revision != self._revision:
                self._tally, self._reports = Tally(_children(connection)), {}
                self._revision = revision
            found = self._reports.get(look)
            if found is None:
                while len(self._reports) >= REPORTS_KEPT:
                    del self._reports[next(iter(self._reports))]
                found = self._reports[look] = self._tally.report(look)
            return found


def _revision(connection: Connection) -> Revision:
    """What differs whenever a child or a deadline was written."""
    columns = (offsets.c.topic, offsets.c.partition, offsets.c.next_offset, offsets.c.written_again)
    rows = connection.execute(select(*columns).where(offsets.c.topic.in_((CHILDREN.name, DEADLINES.name))))
    return tuple(sorted(tuple(row) for row in rows))


def _children(connection: Connection) -> Iterator[Outcomes]:
    records: dict[str, Narrow] = {}
    deadlines: dict[str, list[Narrow]] = {}
    for child_id, part, body in connection.execute(select(outcomes.c.child_id, outcomes.c.part, outcomes.c.body)):
        narrow = orjson.loads(body)
        if part == "record":
            records[child_id] = narrow
        else:
            deadlines.setdefault(child_id, []).append(narrow)
    for child_id in records.keys() | deadlines.keys():
        yield joined(child_id, records.get(child_id), deadlines.get(child_id, ()))
