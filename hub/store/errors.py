"""What the store raises.

Exception
├── Conflict         somebody else moved the position: read `positions` again and go on from there
├── NotReached       the projection has yet to come to a record by itself
├── SchemaMismatch   the database is not of the version that this program reads and writes
└── StageError       (hub.stages.errors)
    ├── Unavailable      the database is away, locked or too slow: the same again later
    └── PermanentError   a row that the database refuses
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from hub.stages.errors import PermanentError, Unavailable


class Conflict(Exception):
    """The stored position is not the expected one; nothing was written."""


class NotReached(Exception):
    """The stored position lies at or before the record; nothing was written."""


class SchemaMismatch(Exception):
    """The read model's tables are missing or of another version."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn SQLAlchemy's errors into a stage's.

    Only what the database says of the data itself is permanent. All else is temporary, a corrupt file included: to
    wait visibly is better than to give up record after record for the database's fault.
    """
    try:
        yield
    except (DataError, IntegrityError) as error:
        raise PermanentError(f"the database refuses a row ({type(error.orig).__name__})", step="project") from None
    except SQLAlchemyError as error:
        cause = type(getattr(error, "orig", None) or error).__name__
        raise Unavailable(f"the read model's database is away, locked or too slow ({cause})") from error
