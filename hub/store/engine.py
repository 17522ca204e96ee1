"""How the read model's database is opened: SQLite in WAL mode, or PostgreSQL. All waits have limits."""

import os
import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

BUSY_SECONDS = 5.0
"""How long a writer waits for SQLite's one write lock."""

_FILE = "file:"
"""How SQLite's own addresses begin."""

_POSTGRES_LIMITS = {
    "lock_timeout": "5s",
    "statement_timeout": "30s",
    # A stopped process must not hold the position's row lock for ever.
    "idle_in_transaction_session_timeout": "10s",
    "TimeZone": "UTC",
}


def open_engine(url: str, *, read_only: bool = False, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """An engine for the URL (`sqlite:///file` or `postgresql+psycopg://…`); it connects when first used.

    Raises ValueError for another kind of database. Parameters are kept out of error texts.
    """
    try:
        kind = make_url(url).get_backend_name()
    except ArgumentError:
        raise ValueError("the database's address is not an SQLAlchemy URL, such as sqlite:///sendhub.db") from None
    if kind == "sqlite":
        return _sqlite(url, read_only, busy_seconds)
    if kind == "postgresql":
        return _postgres(url, read_only)
    raise ValueError(f"the read model is kept in SQLite or PostgreSQL, not in {kind}")


def _sqlite(url: str, read_only: bool, busy_seconds: float) -> Engine:
    place = _existing(url) if read_only else make_url(url)
    engine = create_engine(place, hide_parameters=True, connect_args={"timeout": busy_seconds})

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        # Python's driver would begin transactions late; `begun` does it instead.
        connection.isolation_level = None
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        else:
            _use_wal(connection, busy_seconds)
            # A crash of the machine may undo the last transactions, never tear one: they are read from Kafka again.
            connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def is_missing(engine: Engine) -> bool:
    """Whether it is a file that nobody has made yet, in a folder that is there."""
    if engine.url.get_backend_name() != "sqlite":
        return False
    file = Path(unquote(str(engine.url.database).removeprefix(_FILE)))
    return file.parent.is_dir() and not file.exists()


def _existing(url: str) -> URL:
    """The same file, but whoever only reads makes none where there is none: an empty one looks like a read model."""
    made = make_url(url)
    if made.database in (None, "", ":memory:"):
        return made
    return made.set(
        database=f"{_FILE}{quote(os.path.abspath(str(made.database)))}",
        query={**made.query, "mode": "rw", "uri": "true"},
    )


def _use_wal(connection: Any, busy_seconds: float) -> None:
    """Put the file into WAL mode. SQLite does not wait for others here by itself: it says at once that it is locked."""
    until = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not busy or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _postgres(url: str, read_only: bool) -> Engine:
    limits = _POSTGRES_LIMITS | ({"default_transaction_read_only": "on"} if read_only else {})
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_timeout=10,
        connect_args={"connect_timeout": 5, "options": options},
    )
