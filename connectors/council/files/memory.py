"""What each feed last said, kept in the connectors' database. Keyed digests only, nothing about anybody in clear.

What is remembered as said is always already acked: publish first, then remember. A crash in between sends the same
messages once more, which everything downstream recognises by source, record, kind, occurrence and version.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    func,
    insert,
    make_url,
    select,
    update,
)

from connectors.council.files.events import Seen

_METADATA = MetaData()
_SEEN = Table(
    "files_seen",
    _METADATA,
    Column("feed", String(200), primary_key=True),
    Column("record", String(64), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("says", Text, nullable=False),
)
_EXTRACTS = Table(
    "files_extracts",
    _METADATA,
    Column("feed", String(200), primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("rows", Integer, nullable=False),
)
_HELD = Table(
    "files_held",
    _METADATA,
    Column("feed", String(200), primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("before", Integer, nullable=False),
    Column("opened_on", Date, nullable=False),
)
_CHUNK = 500
_WAIT_SECONDS = 10
"""How long SQLite waits for another connector that is writing."""


@dataclass(frozen=True, slots=True)
class Held:
    """An extract about which a person was asked."""

    version: int
    rows: int
    before: int
    opened_on: date


class Memory:
    """The tables `files_seen`, `files_extracts` and `files_held` of one database. One writer for each feed."""

    def __init__(self, url: str) -> None:
        waiting = {"timeout": _WAIT_SECONDS} if make_url(url).get_backend_name() == "sqlite" else {}
        self._engine: Engine = create_engine(url, connect_args=waiting, pool_pre_ping=True)

    def open(self) -> None:
        """Create the tables that are not there."""
        _METADATA.create_all(self._engine)

    def close(self) -> None:
        """Let the connections go."""
        self._engine.dispose()

    def seen(self, feed: str, records: Collection[str]) -> dict[str, Seen]:
        """What these records (keyed digests) last said; those never seen are left out."""
        wanted, found = list(records), {}
        with self._engine.connect() as connection:
            for start in range(0, len(wanted), _CHUNK):
                some = wanted[start : start + _CHUNK]
                query = select(_SEEN).where(_SEEN.c.feed == feed, _SEEN.c.record.in_(some))
                for row in connection.execute(query):
                    found[row.record] = Seen(row.version, json.loads(row.says))
        return found

    def remember(self, feed: str, seen: Mapping[str, Seen]) -> None:
        """Replace what these records said, all or none."""
        if not seen:
            return
        rows = [
            {"feed": feed, "record": record, "version": now.version, "says": json.dumps(dict(now.says), sort_keys=True)}
            for record, now in seen.items()
        ]
        with self._engine.begin() as connection:
            for start in range(0, len(rows), _CHUNK):
                some = rows[start : start + _CHUNK]
                names = [row["record"] for row in some]
                connection.execute(delete(_SEEN).where(_SEEN.c.feed == feed, _SEEN.c.record.in_(names)))
                connection.execute(insert(_SEEN), some)

    def rows_before(self, feed: str, version: int) -> int | None:
        """How many rows the last extract taken before this one had; None when there is none."""
        query = (
            select(_EXTRACTS.c.rows)
            .where(_EXTRACTS.c.feed == feed, _EXTRACTS.c.version < version)
            .order_by(_EXTRACTS.c.version.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def taken(self, feed: str, version: int, rows: int) -> None:
        """Note an extract that was taken; of several files of one instant the largest counts."""
        same = (_EXTRACTS.c.feed == feed) & (_EXTRACTS.c.version == version)
        with self._engine.begin() as connection:
            known = connection.execute(select(func.max(_EXTRACTS.c.rows)).where(same)).scalar_one_or_none()
            if known is None:
                connection.execute(insert(_EXTRACTS).values(feed=feed, version=version, rows=rows))
            else:
                connection.execute(update(_EXTRACTS).where(same).values(rows=max(rows, known)))

    def held(self, feed: str, up_to: int) -> list[Held]:
        """The open questions about extracts of a feed up to a version."""
        query = select(_HELD).where(_HELD.c.feed == feed, _HELD.c.version <= up_to).order_by(_HELD.c.version)
        with self._engine.connect() as connection:
            return [Held(row.version, row.rows, row.before, row.opened_on) for row in connection.execute(query)]

    def hold(self, feed: str, held: Held) -> None:
        """Note that a question was asked."""
        same = (_HELD.c.feed == feed) & (_HELD.c.version == held.version)
        values = {"version": held.version, "rows": held.rows, "before": held.before, "opened_on": held.opened_on}
        with self._engine.begin() as connection:
            connection.execute(delete(_HELD).where(same))
            connection.execute(insert(_HELD).values(feed=feed, **values))

    def let_go(self, feed: str, version: int) -> None:
        """Forget a question that was answered."""
        with self._engine.begin() as connection:
            connection.execute(delete(_HELD).where(_HELD.c.feed == feed, _HELD.c.version == version))
