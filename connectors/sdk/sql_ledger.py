"""The ledger in SQLite (one machine) or PostgreSQL (many), by the URL in the settings.

One step is one transaction, and the transactions of one connector and source follow each other: SQLite takes its write
lock before it reads, PostgreSQL an advisory lock named after connector and source.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from connectors.sdk.ledger import LEASE, Changes, LedgerUnavailable, Refusal, Row, RowLedger, Rows, State
from hub.platform.clock import Clock

_CHUNK = 500
_WAIT_MILLISECONDS = 3_000
_WORKERS = 6

_metadata = sa.MetaData()
_table = sa.Table(
    "connector_ledger",
    _metadata,
    sa.Column("connector", sa.String, primary_key=True),
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("token", sa.String, nullable=False),
    sa.Column("lease_until", sa.Double, nullable=False),
    sa.Column("content", sa.String, nullable=False),
    sa.Column("fields", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("body", sa.Text),
)


class SqlLedger(RowLedger):
    """The ledger of one connector; safe to share between threads, processes and machines.

    The table is made when first needed, so a database that is away at start is only unavailable.
    """

    def __init__(self, url: str, connector: str, clock: Clock | None = None, lease: float = LEASE) -> None:
        super().__init__(clock, lease)
        self._connector = connector
        self._engine = _engine(url)
        # Threads of one process that wait for SQLite's write lock sleep up to 0.1 s at a time: let them queue instead.
        workers = 1 if self._engine.dialect.name == "sqlite" else _WORKERS
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=f"ledger-{connector}")
        self._made = False

    async def ready(self) -> bool:
        """Whether the database answers now."""
        try:
            await self._change("", [], lambda rows: {})
        except LedgerUnavailable:
            return False
        return True

    def close(self) -> None:
        """Close the connections."""
        self._threads.shutdown()
        self._engine.dispose()

    async def _change(self, source: str, keys: Sequence[str], decide: Callable[[Rows], Changes]) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._change_now, source, keys, decide)

    def _change_now(self, source: str, keys: Sequence[str], decide: Callable[[Rows], Changes]) -> None:
        with self._transaction() as connection:
            self._lock(connection, source)
            changes = decide(self._read(connection, source, keys))
            self._delete(connection, source, [key for key, row in changes.items() if row is None])
            self._write(connection, source, {key: row for key, row in changes.items() if row is not None})

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                if not self._made:
                    self._lock(connection, "")
                    _metadata.create_all(connection)
                yield connection
            self._made = True
        except (DBAPIError, sa.exc.TimeoutError) as error:
            # The driver's own message may repeat values.
            raise LedgerUnavailable(f"the ledger's database: {type(error).__name__}") from None

    def _lock(self, connection: sa.Connection, source: str) -> None:
        if connection.dialect.name == "postgresql":
            name = f"connector_ledger/{self._connector}/{source}"
            connection.execute(sa.text(f"SET LOCAL lock_timeout = {_WAIT_MILLISECONDS}"))
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})

    def _read(self, connection: sa.Connection, source: str, keys: Sequence[str]) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for start in range(0, len(keys), _CHUNK):
            query = sa.select(_table).where(*self._place(source), _table.c.key.in_(keys[start : start + _CHUNK]))
            found.update((row.key, _row(row)) for row in connection.execute(query))
        return found

    def _delete(self, connection: sa.Connection, source: str, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK]
            connection.execute(sa.delete(_table).where(*self._place(source), _table.c.key.in_(chunk)))

    def _write(self, connection: sa.Connection, source: str, rows: Mapping[str, Row]) -> None:
        if not rows:
            return
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        statement = insert(_table)
        values = {column.name: statement.excluded[column.name] for column in _table.c if not column.primary_key}
        statement = statement.on_conflict_do_update(index_elements=list(_table.primary_key), set_=values)
        place = {"connector": self._connector, "source": source}
        connection.execute(statement, [{**place, "key": key, **_values(row)} for key, row in rows.items()])

    def _place(self, source: str) -> tuple[sa.ColumnElement[bool], ...]:
        return (_table.c.connector == self._connector, _table.c.source == source)


def _row(found: sa.Row[Any]) -> Row:
    return Row(
        state=State(found.state),
        token=found.token,
        lease_until=found.lease_until,
        content=found.content,
        fields=orjson.loads(found.fields),
        tries=found.tries,
        refusal=None if found.status is None else Refusal(found.status, found.body),
    )


def _values(row: Row) -> dict[str, Any]:
    return {
        "state": row.state.value,
        "token": row.token,
        "lease_until": row.lease_until,
        "content": row.content,
        "fields": orjson.dumps(dict(row.fields)).decode(),
        "tries": row.tries,
        "status": row.refusal.status if row.refusal else None,
        "body": row.refusal.body if row.refusal else None,
    }


def _engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": 3})
    engine = sa.create_engine(parsed, connect_args={"timeout": _WAIT_MILLISECONDS / 1_000})
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _set_up_sqlite(connection: Any, record: object) -> None:
    """WAL, every commit on disk, and transactions begun by us: the driver would begin them too late to be atomic."""
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
