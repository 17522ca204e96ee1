"""A projector sleeps inside its database transaction while its twin goes on: how long it holds the twin up, and what
becomes of what it had written.
"""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from hub.stages.errors import Unavailable
from hub.store import Conflict, Projector
from hub.store.engine import open_engine
from hub.store.tables import children
from tests.integration.test_exactly_once import await_stopped
from tests.support.processes import running
from tests.support.readmodel import child

pytest_plugins = ["tests.support.postgres"]


@contextmanager
def sleeping(url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A projector that sleeps inside a transaction; woken at the end of the block at the latest."""
    with running("tests.support.projecting", url, env={}, log=folder / "log") as process:
        await_stopped(process)
        yield process


def go_on(twin: Projector, seconds: float = 60) -> None:
    """As a lane does: wait for the database, however often."""
    end = time.monotonic() + seconds
    while True:
        try:
            return twin.apply("hub.children", 0, [child(1, "chd-of-the-twin")], 1, 2)
        except Unavailable:
            assert time.monotonic() < end, "the sleeper still holds its lock"


def keys(url: str) -> set[str]:
    engine = open_engine(url, read_only=True)
    try:
        with engine.connect() as connection:
            return set(connection.scalars(select(children.c.key)))
    finally:
        engine.dispose()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/read-model.db"


def test_on_postgres_the_server_ends_the_sleepers_transaction_and_the_twin_goes_on(
    postgres_url: str, tmp_path: Path
) -> None:
    with sleeping(postgres_url, tmp_path) as sleeper:
        twin = Projector.open(postgres_url, lambda _: None)
        go_on(twin)
        assert keys(postgres_url) == {"chd-1", "chd-of-the-twin"}
        sleeper.send_signal(signal.SIGCONT)
        assert sleeper.wait(60) == 3
    assert keys(postgres_url) == {"chd-1", "chd-of-the-twin"}
    twin.close()


def test_on_sqlite_the_twin_waits_visibly_until_the_sleeper_is_killed(sqlite_url: str, tmp_path: Path) -> None:
    """The file's one write lock is the sleeper's, and no server is there to take it away."""
    with sleeping(sqlite_url, tmp_path) as sleeper:
        twin = Projector(open_engine(sqlite_url, busy_seconds=0.05), lambda _: None)
        with pytest.raises(Unavailable):
            twin.apply("hub.children", 0, [child(1, "chd-of-the-twin")], 1, 2)
        assert keys(sqlite_url) == {"chd-1"}, "readers go on"
        sleeper.kill()
        sleeper.wait()
        go_on(twin)
    assert keys(sqlite_url) == {"chd-1", "chd-of-the-twin"}
    twin.close()


def test_on_sqlite_a_sleeper_that_wakes_ends_its_transaction_and_the_twin_does_not_repeat_it(
    sqlite_url: str, tmp_path: Path
) -> None:
    with sleeping(sqlite_url, tmp_path) as sleeper:
        twin = Projector(open_engine(sqlite_url, busy_seconds=0.05), lambda _: None)
        with pytest.raises(Unavailable):
            twin.apply("hub.children", 0, [child(1, "chd-of-the-twin")], 1, 2)
        sleeper.send_signal(signal.SIGCONT)
        assert sleeper.wait(60) == 0
        with pytest.raises(Conflict):
            go_on(twin)
    assert keys(sqlite_url) == {"chd-1", "chd-of-the-sleeper"}
    twin.close()
