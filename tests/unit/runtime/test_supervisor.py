"""The supervisor starts again what ends, with growing pauses, and leaves nothing behind."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hub.runtime import supervisor
from hub.runtime.supervisor import Program, Supervisor

SLEEP = "import time; time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); " + SLEEP
PARENT = (
    "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', sys.argv[1]]); "
    "print(child.pid, flush=True); child.wait()"
)


def program(name: str, folder: Path, *arguments: str) -> Program:
    return Program(name, [sys.executable, "-c", *arguments], {}, folder / f"{name}.log")


@asynccontextmanager
async def supervised(*programs: Program) -> AsyncIterator[Supervisor]:
    made, stopping = Supervisor(programs), asyncio.Event()
    task = asyncio.create_task(made.run(stopping))
    try:
        yield made
    finally:
        stopping.set()
        await task


async def until(true: object, seconds: float = 30.0) -> None:
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)


async def test_what_ends_is_started_again_after_pauses_that_double_up_to_a_limit(tmp_path: Path, quick: None) -> None:
    with capture_logs() as logs:
        async with supervised(program("failing", tmp_path, "raise SystemExit(7)")) as made:
            await until(lambda: made.restarts.get("failing", 0) >= 5)
    said = [entry for entry in logs if entry["event"] == "process ended, starting it again"]
    assert [entry["pause"] for entry in said[:5]] == [0.01, 0.02, 0.04, 0.05, 0.05]
    assert {entry["ended"] for entry in said} == {"status 7"}


async def test_one_that_fails_leaves_its_neighbours_alone(tmp_path: Path, quick: None) -> None:
    async with supervised(
        program("failing", tmp_path, "raise SystemExit(1)"), program("steady", tmp_path, SLEEP)
    ) as made:
        await until(lambda: made.restarts.get("failing", 0) >= 2)
        assert "steady" not in made.restarts
        assert made.pid("steady") is not None


async def test_a_command_that_cannot_be_started_is_tried_again_and_said(tmp_path: Path, quick: None) -> None:
    absent = Program("absent", [str(tmp_path / "no-such-command")], {}, tmp_path / "absent.log")
    with capture_logs() as logs:
        async with supervised(absent) as made:
            await until(lambda: made.restarts.get("absent", 0) >= 2)
    assert logs[0]["ended"] == "could not be started: FileNotFoundError"


async def test_all_end_when_it_stops_and_none_is_started_again(tmp_path: Path) -> None:
    async with supervised(*[program(name, tmp_path, SLEEP) for name in ("one", "two")]) as made:
        await until(lambda: made.pid("one") and made.pid("two"))
        pids = [made.pid("one"), made.pid("two")]
    assert not any(alive(pid) for pid in pids if pid)
    assert made.restarts == {}


async def test_one_that_ignores_sigterm_is_killed(tmp_path: Path, quick: None) -> None:
    deaf = program("deaf", tmp_path, STUBBORN)
    async with supervised(deaf) as made:
        await until(lambda: deaf.log.exists() and b"deaf" in deaf.log.read_bytes())
        pid = made.pid("deaf")
    assert pid is not None
    assert not alive(pid)


async def test_stopping_at_once_leaves_nothing_running(tmp_path: Path, quick: None) -> None:
    made, stopping = Supervisor([program("late", tmp_path, SLEEP)]), asyncio.Event()
    task = asyncio.create_task(made.run(stopping))
    await asyncio.sleep(0)  # the process is being started just now
    await asyncio.sleep(0)
    stopping.set()
    await asyncio.wait_for(task, 30)
    assert made.pid("late") is None


async def test_what_a_process_left_behind_ends_with_it(tmp_path: Path, quick: None) -> None:
    parent = program("parent", tmp_path, PARENT, STUBBORN)
    async with supervised(parent) as made:
        await until(lambda: parent.log.exists() and parent.log.read_bytes().count(b"\n") >= 2)
        child = next(int(line) for line in parent.log.read_text().split() if line.isdigit())
        pid = made.pid("parent")
        assert pid is not None
        os.kill(pid, 9)
        await until(lambda: not alive(child))
