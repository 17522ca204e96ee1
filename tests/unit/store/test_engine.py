import sqlite3
import threading

import pytest
from sqlalchemy.exc import OperationalError

from hub.stages.errors import Unavailable
from hub.store import Projector, schema
from hub.store.engine import open_engine
from hub.store.errors import SchemaMismatch


@pytest.fixture
def held(tmp_path):
    """A file not yet in WAL mode that somebody is about to write: SQLite's own busy time-out does not cover the change
    of mode then.
    """
    holder = sqlite3.connect(tmp_path / "held.db", isolation_level=None, check_same_thread=False)
    holder.execute("CREATE TABLE t (x)")
    holder.execute("BEGIN IMMEDIATE")
    yield holder
    holder.close()


def opened(tmp_path, busy_seconds):
    engine = open_engine(f"sqlite:///{tmp_path / 'held.db'}", busy_seconds=busy_seconds)
    with engine.connect() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    engine.dispose()
    return mode


def test_who_opens_a_file_that_another_holds_waits(tmp_path, held):
    threading.Timer(0.2, held.rollback).start()
    assert opened(tmp_path, 30) == "wal"


def test_the_wait_has_an_end(tmp_path, held):
    with pytest.raises(OperationalError, match="locked"):
        opened(tmp_path, 0.05)


def test_whoever_only_reads_makes_no_file_where_there_is_none(tmp_path, monkeypatch):
    folder = tmp_path / "where % it # is"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for url in (f"sqlite:///{folder}/model.db", "sqlite:///model.db"):
        engine = open_engine(url, read_only=True)
        with pytest.raises(SchemaMismatch, match="no read model in this database yet"):
            schema.check(engine)
        assert not list(folder.iterdir())
    (folder / "deeper").mkdir()
    for away in ("nowhere/model.db", "deeper"):
        with pytest.raises(Unavailable):
            schema.check(open_engine(f"sqlite:///{folder}/{away}", read_only=True))
    Projector.open(url, lambda _: None).close()
    for url in (f"sqlite:///{folder}/model.db", "sqlite:///model.db"):
        schema.check(open_engine(url, read_only=True))
