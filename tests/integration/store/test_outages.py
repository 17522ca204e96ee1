"""The database away or locked: the same batch can be tried again later."""

import socket

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from hub.stages.errors import Unavailable
from hub.store import Projector
from hub.store.engine import open_engine
from tests.support.readmodel import child

pytest_plugins = ["tests.support.postgres"]


def test_a_locked_sqlite_file_is_temporary(tmp_path):
    url = f"sqlite:///{tmp_path}/read-model.db"
    Projector.open(url, lambda _: None).close()
    projector = Projector(open_engine(url, busy_seconds=0.05), lambda _: None)
    other = open_engine(url)
    with other.begin() as connection:
        connection.execute(text("DELETE FROM offsets"))
        with pytest.raises(Unavailable):
            projector.apply("hub.children", 0, [child(0)], 0, 1)
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    projector.close()
    other.dispose()


def test_sqlite_in_a_folder_that_is_not_there_is_temporary(tmp_path):
    with pytest.raises(Unavailable):
        Projector.open(f"sqlite:///{tmp_path}/none/read-model.db", lambda _: None)


def test_a_postgres_that_does_not_answer_is_temporary():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable):
            Projector.open(f"postgresql+psycopg://nobody@127.0.0.1:{port}/none", lambda _: None)


def test_a_lost_connection_is_temporary_or_healed(postgres_url):
    projector = Projector.open(postgres_url, lambda _: None)
    other = open_engine(postgres_url)
    with projector._engine.begin() as inside:
        mine = inside.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with other.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:mine)"), {"mine": mine})
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    assert projector.positions([("hub.children", 0)]) == {("hub.children", 0): 1}
    projector.close()
    other.dispose()


def test_a_connection_lost_inside_the_transaction_is_temporary(postgres_url):
    projector = Projector.open(postgres_url, lambda _: None)
    other = open_engine(postgres_url)

    def cut(connection):
        mine = connection.connection.driver_connection.info.backend_pid
        with other.begin() as outside:
            outside.execute(text("SELECT pg_terminate_backend(:mine)"), {"mine": mine})

    event.listen(projector._engine, "commit", cut)
    with pytest.raises(Unavailable):
        projector.apply("hub.children", 0, [child(0)], 0, 1)
    event.remove(projector._engine, "commit", cut)
    assert projector.positions([("hub.children", 0)]) == {("hub.children", 0): 0}
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    projector.close()
    other.dispose()


def test_another_kind_of_database_is_refused_at_once():
    with pytest.raises(ValueError, match="SQLite or PostgreSQL"):
        open_engine("mysql+pymysql://localhost/x")


def test_postgres_ends_a_transaction_that_stands_still(postgres_url):
    """A stopped twin must not hold the position's lock: the server's own limits are set on every connection."""
    engine = open_engine(postgres_url)
    projector = Projector.open(postgres_url, lambda _: None)
    with projector._engine.begin() as connection:
        assert connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar() == "10s"
    stopped = engine.connect()
    stopped.execute(text("SET idle_in_transaction_session_timeout = '100ms'"))
    stopped.execute(text("INSERT INTO offsets VALUES ('hub.children', 0, 9, 0)"))
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    with pytest.raises(DBAPIError):
        stopped.execute(text("SELECT 1"))
    stopped.invalidate()
    stopped.close()
    assert projector.positions([("hub.children", 0)]) == {("hub.children", 0): 1}
    projector.close()
    engine.dispose()
