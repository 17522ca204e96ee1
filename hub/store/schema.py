"""The version of the read model's tables. The read model can be rebuilt, so a version is replaced, not migrated."""

import secrets

from sqlalchemy import Connection, Engine, func, insert, inspect, select
from sqlalchemy.exc import OperationalError

from hub.store.changes_tables import change_epoch
from hub.store.engine import is_missing
from hub.store.errors import SchemaMismatch, translated
from hub.store.tables import metadata, schema_version

VERSION = 7

_LOCK = 0x5E2D_0001
"""Names the advisory lock under which the tables are made."""

_NONE = "there is no read model in this database yet: the projection stage makes it"
_REBUILD = "point SENDHUB_DATABASE_URL at an empty database and the projection fills it again"


def prepare(engine: Engine) -> None:
    """Make the tables in an empty database, else check their version.

    Raises SchemaMismatch when they are of another version, Unavailable when the database is away.
    """
    with translated(), engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        if not _ours(connection):
            metadata.create_all(connection)
            connection.execute(insert(schema_version).values(version=VERSION))
            connection.execute(insert(change_epoch).values(epoch=secrets.token_hex(8)))
        _compare(connection)


def check(engine: Engine) -> None:
    """Raises SchemaMismatch when the tables are missing or of another version, Unavailable as above."""
    with translated(), _opened(engine) as connection:
        if not _ours(connection):
            raise SchemaMismatch(_NONE)
        _compare(connection)


def _opened(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except OperationalError:
        # A file that is not there yet is no fault of the database.
        if is_missing(engine):
            raise SchemaMismatch(_NONE) from None
        raise


def _ours(connection: Connection) -> bool:
    return bool(set(inspect(connection).get_table_names()) & set(metadata.tables))


def _compare(connection: Connection) -> None:
    if not inspect(connection).has_table(schema_version.name):
        raise SchemaMismatch(f"the database holds tables of the same names without a version: {_REBUILD}")
    found = connection.execute(select(func.max(schema_version.c.version))).scalar_one()
    if found != VERSION:
        age = "an unknown" if found is None else "a newer" if found > VERSION else "an older"
        raise SchemaMismatch(f"the read model was made by {age} version ({found}, this one is {VERSION}): {_REBUILD}")
