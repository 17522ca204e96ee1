"""The only writer of the read model: rows and position move in one transaction, or neither does."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, Engine, Table, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

from hub.stages.projection import PURGED, Row, changes, child_of, withheld, without
from hub.stages.stage import Record
from hub.store import changes_log, schema
from hub.store.engine import open_engine
from hub.store.errors import Conflict, NotReached, translated
from hub.store.tables import (
    alerts,
    children,
    dead_letter_contents,
    dead_letters,
    merged_children,
    message_steps,
    messages,
    metadata,
    offsets,
    purged_children,
)
from schemas.topics import ALERTS, CHILDREN, DAY_MS, DEADLETTER, TRAIL, Topic

Observe = Callable[[datetime], None]
"""Told when the connector received what became a child's record, or an alert, once that is in the read model."""


def unobserved(received_at: datetime) -> None:
    """Where nobody asks."""


class Forgotten(NamedTuple):
    """Tables that keep what a topic says for as long as the topic does."""

    topic: Topic
    tables: tuple[Table, ...]


class Projector:
    """Applies batches of one topic partition.

    The position lives in the database and is moved by compare-and-set, so of two processes that believe to own a
    partition one is refused. It may be called from several threads, for different partitions.
    """

    def __init__(self, engine: Engine, observe: Observe, observe_alert: Observe = unobserved) -> None:
        self._engine = engine
        self._observe = {CHILDREN.name: observe, ALERTS.name: observe_alert}
        # SQLite has one writer: threads that queue for it here need not poll its lock.
        self._turn: AbstractContextManager[object] = Lock() if engine.dialect.name == "sqlite" else nullcontext()

    @classmethod
    def open(cls, url: str, observe: Observe, observe_alert: Observe = unobserved) -> Self:
        """A projector on a database whose tables are made when they are missing.

        Raises SchemaMismatch, or Unavailable while the database is away.
        """
        engine = open_engine(url)
        schema.prepare(engine)
        return cls(engine, observe, observe_alert)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def positions(self, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """The offset to read next of each topic partition; 0 for one never applied. Raises Unavailable."""
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(select(offsets.c.topic, offsets.c.partition, offsets.c.next_offset))
            known = {(topic, partition): position for topic, partition, position in rows}
        return {partition: known.get(partition, 0) for partition in partitions}

    def apply(
        self, topic: str, partition: int, records: Sequence[Record], expected: int, next_offset: int, shown: int = 0
    ) -> None:
        """Write what the records say and move the position from `expected` to `next_offset`, both or neither.

        Those before the offset `shown` stood in a read model before this one: when they came is not told again.

        `expected` is what `positions` said or the last call moved to, also where the log begins later. `records` may
        be empty: to pass a record that was given up. Raises Conflict when the position is elsewhere (also after a
        commit whose answer was lost), Unavailable, or PermanentError when one of the records can never be written.
        """
        if any(not expected <= record.offset < next_offset for record in records):
            raise Conflict("the records do not lie between the positions")
        rows = changes(records)
        with self._turn, translated(), self._engine.begin() as connection:
            _move(connection, topic, partition, records, expected, next_offset)
            rows = _without_purged(connection, rows)
            if topic == DEADLETTER.name:
                rows = _without_repeats(connection, rows)
            for table, changed in rows.items():
                _write(connection, metadata.tables[table], changed)
            changes_log.note(connection, topic, partition, records, rows)
            if topic in _FORGOTTEN:
                _forget(connection, _FORGOTTEN[topic], records, rows)
        self._report([record for record in records if record.offset >= shown])

    def reapply(self, record: Record, read_to: int) -> None:
        """Write what a record says that was passed by before; the position stays.

        The caller has read its partition up to `read_to` and found no later word on the same rows. The projection waits
        while this is written. Raises Conflict when it has gone beyond `read_to`, NotReached when it has yet to come to
        the record by itself; PermanentError and Unavailable as above.
        """
        rows = changes([record])
        with self._turn, translated(), self._engine.begin() as connection:
            here = (offsets.c.topic == record.topic, offsets.c.partition == record.partition)
            position = connection.scalar(select(offsets.c.next_offset).where(*here).with_for_update()) or 0
            if position <= record.offset:
                raise NotReached(f"{record.topic} {record.partition} is at {position}")
            if position > read_to:
                raise Conflict(f"{record.topic} {record.partition} is at {position}, read to {read_to}")
            rows = _without_purged(connection, rows)
            for table, changed in rows.items():
                _write(connection, metadata.tables[table], changed)
            changes_log.note(connection, record.topic, record.partition, [record], rows)
            connection.execute(update(offsets).where(*here).values(written_again=offsets.c.written_again + 1))

    def _report(self, records: Sequence[Record]) -> None:
        for record in records:
            if (observe := self._observe.get(record.topic)) is not None:
                for received_at in _received(record):
                    observe(received_at)


def _move(
    connection: Connection, topic: str, partition: int, records: Sequence[Record], expected: int, next_offset: int
) -> None:
    """Compare-and-set. First in the transaction: whoever comes second waits here, and then does not match."""
    newest = max((record.timestamp for record in records), default=0)
    moved = connection.scalar(
        update(offsets)
        .where(offsets.c.topic == topic, offsets.c.partition == partition, offsets.c.next_offset == expected)
        .values(next_offset=next_offset, last_record_ms=_greatest(connection)(offsets.c.last_record_ms, newest))
        .returning(offsets.c.next_offset)
    )
    if moved is None and expected == 0:
        moved = connection.scalar(
            _INSERT[connection.dialect.name](offsets)
            .values(topic=topic, partition=partition, next_offset=next_offset, last_record_ms=newest)
            .on_conflict_do_nothing()
            .returning(offsets.c.next_offset)
        )
    if moved is None:
        raise Conflict(f"{topic} {partition} is not at {expected}: somebody else has moved it")


def _write(connection: Connection, table: Table, changed: Mapping[str, Row | None]) -> None:
    gone = [{"gone": key} for key, row in changed.items() if row is None]
    kept = [{"key": key, **row} for key, row in changed.items() if row is not None]
    if gone:
        connection.execute(_REMOVE[table.name], gone)
    if kept:
        connection.execute(_UPSERT[connection.dialect.name, table.name], kept)


def _without_purged(
    connection: Connection, rows: Mapping[str, Mapping[str, Row | None]]
) -> dict[str, dict[str, Row | None]]:
    """The rows of children that are kept. What there is of those that were just purged goes, in every table; steps of
    messages only lose whose they are."""
    if purged := list(rows.get(PURGED, ())):
        ended = connection.scalars(select(alerts.c.key).where(alerts.c.child_id.in_(purged)))
        rows = {**rows, "alerts": {**rows.get("alerts", {}), **dict.fromkeys(ended)}}
        steps = connection.execute(select(message_steps).where(message_steps.c.child_id.in_(purged))).mappings()
        kept = {step["key"]: withheld({name: step[name] for name in step if name != "key"}) for step in steps}
        rows = {**rows, "message_steps": {**kept, **rows.get("message_steps", {})}}
    for table in _OF_CHILDREN if purged else ():
        whose = table.c.child_id if "child_id" in table.c else table.c.key
        connection.execute(delete(table).where(whose.in_(purged)))
    named = {child_of(table, key, row) for table, changed in rows.items() for key, row in changed.items()} - {None}
    known = select(purged_children.c.key).where(purged_children.c.key.in_(sorted(map(str, named))))
    gone = set(connection.scalars(known)) if named else set()
    return without(rows, gone)


def _without_repeats(
    connection: Connection, rows: Mapping[str, Mapping[str, Row | None]]
) -> dict[str, dict[str, Row | None]]:
    """Of dead letters those whose resolution is not known: a letter that is written twice stays resolved."""
    opened = [key for key, row in rows.get("dead_letters", {}).items() if row is not None and row["status"] == "open"]
    known = select(dead_letters.c.key).where(dead_letters.c.key.in_(opened), dead_letters.c.status != "open")
    resolved = set(connection.scalars(known)) if opened else set()
    return {table: {key: row for key, row in changed.items() if key not in resolved} for table, changed in rows.items()}


def _forget(
    connection: Connection,
    what: Forgotten,
    records: Sequence[Record],
    rows: Mapping[str, Mapping[str, Row | None]],
) -> None:
    """Drop what its topic no longer keeps, counted back from the newest.

    The bytes of dead letters may hold personal data, and a copy must not outlive the original. The newest is no later
    than the record's own time on Kafka: one from a process whose clock runs ahead makes no other one old.
    """
    written = max((record.timestamp for record in records), default=0) * 1000
    said = (row["at"] for table in what.tables for row in rows.get(table.name, {}).values() if row is not None)
    limit = min(written, max(said, default=0)) - (what.topic.keep_days or 0) * DAY_MS * 1000
    for table in what.tables:
        connection.execute(delete(table).where(table.c.at < limit))


def _received(record: Record) -> list[datetime]:
    """The header `received_at` as an instant; none where it is absent or is not one."""
    found = next((value for name, value in record.headers if name == "received_at"), b"")
    try:
        instant = datetime.fromisoformat(found.decode())
    except ValueError:
        return []
    return [instant] if instant.tzinfo else []


def _greatest(connection: Connection) -> Any:
    return func.max if connection.dialect.name == "sqlite" else func.greatest


def _upsert(dialect: str, table: Table) -> Insert:
    statement = _INSERT[dialect](table)
    changed = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    found: Insert = (
        statement.on_conflict_do_update(index_elements=["key"], set_=changed)
        if changed
        else statement.on_conflict_do_nothing(index_elements=["key"])
    )
    return found


_INSERT: Mapping[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_FORGOTTEN: Mapping[str, Forgotten] = {
    DEADLETTER.name: Forgotten(DEADLETTER, (dead_letters, dead_letter_contents)),
    TRAIL.name: Forgotten(TRAIL, (messages, message_steps)),
}
_KEYED = [table for table in metadata.tables.values() if "key" in table.columns]
_OF_CHILDREN = [table for table in _KEYED if "child_id" in table.columns or table in (children, merged_children)]
"""Tables whose rows are each a child's, or may be."""
_UPSERT = {(dialect, table.name): _upsert(dialect, table) for dialect in _INSERT for table in _KEYED}
_REMOVE = {table.name: delete(table).where(table.c.key == bindparam("gone")) for table in _KEYED}
