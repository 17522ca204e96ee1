"""A projector sleeps inside its database transaction while its twin goes on: how long it holds the twin up, and what
becomes of what it had written.
"""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from hub.embedded.kafka import Kafka
from hub.platform.clock import SystemClock
from hub.platform.settings import Settings
from hub.runtime import topics
from hub.runtime.database_committer import DatabaseCommitter
from hub.runtime.partitions import Partition
from hub.runtime.producer import Reach
from hub.runtime.worker import no_point
from hub.stages.errors import PermanentError, Unavailable
from hub.stages.stage import Record
from hub.store import Conflict, Projector
from hub.store.engine import open_engine
from hub.store.tables import children
from schemas.topics import CHILDREN, DEADLETTER, DEADLETTER_KEYS
from tests.integration.test_exactly_once import await_stopped
from tests.support.processes import running
from tests.support.readmodel import child
from tests.support.streams import read_all

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


async def test_a_projector_that_dies_between_a_letter_and_its_database_does_not_write_the_letter_twice(
    broker: Kafka, sqlite_url: str
) -> None:
    await topics.create(broker.bootstrap, 1, [DEADLETTER, DEADLETTER_KEYS])
    stage, source = f"dying-{uuid4().hex[:8]}", Partition(CHILDREN.name, 0)
    record, error = Record(*source, 0, b"chd-1", b"{"), PermanentError("refused", step="project")
    projector = Projector.open(sqlite_url, lambda _: None)

    def committer(reach: Reach) -> DatabaseCommitter:
        settings = Settings(kafka=broker.bootstrap)
        return DatabaseCommitter(settings, SystemClock(), stage, source, projector, NoLog(), reach)

    def dies(point: str) -> None:
        raise SystemExit(point)

    dying = committer(dies)
    await dying.open()
    with pytest.raises(SystemExit):
        await dying.bury(record, error, 1, 1)
    assert projector.positions([source]) == {source: 0}
    again = committer(no_point)
    await again.open()
    await again.bury(record, error, 1, 1)
    assert projector.positions([source]) == {source: 1}
    written = await read_all(broker.bootstrap, [DEADLETTER.name])
    assert [stage.encode() in dict(each.headers)["dl_meta"] for each in written[DEADLETTER.name]].count(True) == 1
    projector.close()


class NoLog:
    """A source log of which nothing is asked but where to start."""

    async def committed_offset(self, partition: Partition) -> int | None:
        return None

    async def check_start(self, partition: Partition, stored: int | None) -> int:
        return stored or 0

    async def announce(self, partition: Partition, offset: int) -> None:
        return None
