"""A real PostgreSQL for a test run: its own data, a free loopback port, a user without rights on the machine.

Use it with `pytest_plugins = ["tests.support.postgres"]` and the fixture `postgres_url`.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.support.missing import missing

PASSWORD = secrets.token_hex(8)


class Missing(Exception):
    """PostgreSQL cannot be run here."""


def binaries() -> Path:
    """The folder of the newest PostgreSQL's programs; raises Missing."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise Missing("PostgreSQL's programs are not installed (Debian: apt-get install postgresql)")
    return Path(on_path).resolve().parent


def unprivileged() -> dict[str, object]:
    """Arguments of Popen that give up root, which PostgreSQL refuses to run as."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise Missing("there is no user postgres or nobody to run PostgreSQL as")


class Server:
    """A running server, which can be killed and started again on the same port and data."""

    def __init__(self, folder: Path) -> None:
        self._programs, self._rights, self._folder = binaries(), unprivileged(), folder
        (folder / "password").write_text(PASSWORD)
        if self._rights:
            os.chown(folder, self._rights["user"], self._rights["group"])
            os.chown(folder / "password", self._rights["user"], self._rights["group"])
        _initialise(self._programs, folder, self._rights)
        self.process, self.port = _start(self._programs, folder, self._rights)

    def kill(self) -> None:
        """End it as a power cut would, with all of its children: they share its process group."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def restart(self) -> None:
        """Start it again; its log of changes brings back what was committed."""
        (self._folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        self.process, self.port = _start(self._programs, self._folder, self._rights, self.port)

    def stop(self) -> None:
        """End it in an orderly way."""
        _stop(self.process)

    def create(self) -> str:
        """The SQLAlchemy URL of a fresh, empty database."""
        name = f"t_{secrets.token_hex(6)}"
        with psycopg.connect(_dsn(self.port), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return _dsn(self.port, name).replace("postgresql://", "postgresql+psycopg://")


@contextmanager
def serving(folder: Path | None = None) -> Iterator[Server]:
    """A server until the end of the block, in a folder that is there or in one of its own."""
    with tempfile.TemporaryDirectory(prefix="sendhub-postgres-", ignore_cleanup_errors=True) as own:
        server = Server(folder or Path(own))
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def running() -> Iterator[int]:
    """A server that listens on the port given, until the end of the block."""
    with serving() as server:
        yield server.port


def _initialise(programs: Path, folder: Path, rights: dict) -> None:
    command = [programs / "initdb", "-D", folder / "data", "-U", "sendhub", "-E", "UTF8", "--locale=C", "--no-sync"]
    access = ["--auth=scram-sha-256", f"--pwfile={folder / 'password'}"]
    done = subprocess.run([*command, *access], cwd=folder, capture_output=True, text=True, timeout=120, **rights)
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr}")


def _start(programs: Path, folder: Path, rights: dict, wanted: int = 0) -> tuple[subprocess.Popen, int]:
    for _ in range(3):
        with socket.socket() as chosen:
            chosen.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            chosen.bind(("127.0.0.1", wanted))
            port = chosen.getsockname()[1]
        command = [programs / "postgres", "-D", folder / "data", "-h", "127.0.0.1", "-p", str(port), "-k", folder]
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*command, "-F"], cwd=folder, stdout=log, stderr=log, start_new_session=True, **rights
            )
        if _answers(process, port):
            return process, port
        _stop(process)
    raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()[-2000:]}")


def _answers(process: subprocess.Popen, port: int) -> bool:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(_dsn(port), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return True
    return False


def _stop(process: subprocess.Popen) -> None:
    """Fast shutdown of our own process, by its id."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _dsn(port: int, database: str = "postgres") -> str:
    return f"postgresql://sendhub:{PASSWORD}@127.0.0.1:{port}/{database}"


@pytest.fixture(scope="session")
def postgres_port() -> Iterator[int]:
    """The port of one server for the whole run; where there is none: skipped, or with CI=true failed."""
    with running_or_skipped() as port:
        yield port


@contextmanager
def running_or_skipped() -> Iterator[int]:
    """As `running`; where PostgreSQL is not installed the test goes the way of `missing`."""
    try:
        binaries(), unprivileged()
    except Missing as error:
        missing(str(error))
    with running() as port:
        yield port


@pytest.fixture
def postgres_url(postgres_port: int) -> Iterator[str]:
    """The SQLAlchemy URL of a fresh, empty database."""
    name = f"t_{secrets.token_hex(6)}"
    with psycopg.connect(_dsn(postgres_port), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield _dsn(postgres_port, name).replace("postgresql://", "postgresql+psycopg://")
    with psycopg.connect(_dsn(postgres_port), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
