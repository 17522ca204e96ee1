"""The settings and the read model, for commands that only look."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError
from sqlalchemy import Connection

from hub.commands.failures import stop
from hub.platform.settings import Settings
from hub.stages.errors import Unavailable
from hub.store import SchemaMismatch
from hub.store.engine import open_engine
from hub.store.readmodel import ReadModel


def settings() -> Settings:
    """The settings; ends the command with a sentence that names those which cannot be read."""
    try:
        return Settings()
    except ValidationError as error:
        names = ", ".join(f"SENDHUB_{item['loc'][0]}".upper() for item in error.errors(include_input=False))
        stop(f"the environment has settings that can't be read: {names}. docs/settings.md says what each takes")


@contextmanager
def read_model() -> Iterator[Connection]:
    """A connection of one moment; ends the command with a sentence when it cannot be read."""
    try:
        engine = open_engine(settings().database_url, read_only=True)
    except ValueError as error:
        stop(str(error))
    try:
        with ReadModel(engine).connection() as connection:
            yield connection
    except (Unavailable, SchemaMismatch) as error:
        stop(f"{error}. Check SENDHUB_DATABASE_URL, and that the hub is running.")
    finally:
        engine.dispose()
