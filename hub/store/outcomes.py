"""The measures out of the read model, worked out anew only when its children or deadlines have changed."""

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
Parts = dict[tuple[str, str], str]
"""A child's narrow JSON by what part it is, and key."""

REPORTS_KEPT = 16


class Measures:
    """Reports on the read model. It keeps the outcomes and the last reports of one revision; threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._revision: Revision | None = None
        self._children: dict[str, tuple[Parts, Outcomes]] = {}
        self._tally = Tally()
        self._reports: dict[Look, Report] = {}

    def report(self, connection: Connection, look: Look) -> Report:
        """The report for a look."""
        with self._lock:
            # Read before the rows: rows that are newer than it are only read once more.
            revision = _revision(connection)
            if revision != self._revision:
                self._read(connection)
                self._revision = revision
            found = self._reports.get(look)
            if found is None:
                while len(self._reports) >= REPORTS_KEPT:
                    del self._reports[next(iter(self._reports))]
                found = self._reports[look] = self._tally.report(look)
            return found

    def _read(self, connection: Connection) -> None:
        """Read all rows, and make anew the outcomes of the children whose rows are others."""
        known = self._children
        self._children = {
            child_id: known[child_id] if child_id in known and known[child_id][0] == parts else _joined(child_id, parts)
            for child_id, parts in _parts(connection).items()
        }
        self._tally = Tally(child for _, child in self._children.values())
        self._reports = {}


def _revision(connection: Connection) -> Revision:
    """What differs whenever a child or a deadline was written."""
    columns = (offsets.c.topic, offsets.c.partition, offsets.c.next_offset, offsets.c.written_again)
    rows = connection.execute(select(*columns).where(offsets.c.topic.in_((CHILDREN.name, DEADLINES.name))))
    return tuple(sorted(tuple(row) for row in rows))


def _parts(connection: Connection) -> dict[str, Parts]:
    found: dict[str, Parts] = {}
    columns = (outcomes.c.child_id, outcomes.c.part, outcomes.c.key, outcomes.c.body)
    for child_id, part, key, body in connection.execute(select(*columns)):
        found.setdefault(child_id, {})[part, key] = body
    return found


def _joined(child_id: str, parts: Parts) -> tuple[Parts, Outcomes]:
    read: dict[str, list[Narrow]] = {"record": [], "deadline": []}
    for (part, _), body in parts.items():
        read[part].append(orjson.loads(body))
    return parts, joined(child_id, next(iter(read["record"]), None), read["deadline"])
