"""A reader's view of the read model: a connection for each question, only once the tables are known to fit."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from hub.stages.errors import Unavailable
from hub.store import reader, schema
from hub.store.errors import SchemaMismatch, translated


class ReadModel:
    """Opens read-only connections; raises SchemaMismatch or Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._fits = False

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection in a transaction of its own, so that all it reads is of one moment."""
        if not self._fits:
            schema.check(self._engine)
            self._fits = True
        with translated(), self._engine.connect() as connection:
            yield connection

    def problem(self) -> str | None:
        """What keeps it from being read now, as a sentence; None when nothing does."""
        try:
            with self.connection() as connection:
                reader.freshness(connection)
        except (SchemaMismatch, Unavailable) as error:
            return str(error)
        return None


def instants(freshness: Mapping[str, int]) -> dict[str, datetime]:
    """Milliseconds since 1970 as instants; without those never told."""
    return {topic: datetime.fromtimestamp(ms / 1000, UTC) for topic, ms in sorted(freshness.items()) if ms > 0}
