"""The operator's commands, run as processes against the real broker and a running hub."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from hub.embedded.kafka import Kafka
from hub.embedded.ports import free_port
from hub.embedded.system import System
from tests.support.processes import PROJECT

in_session = pytest.mark.asyncio(loop_scope="session")


def sendhub(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hub.cli", *arguments],
        cwd=PROJECT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@in_session
async def test_doctor_finds_a_running_hub_well(hub: System) -> None:
    result = sendhub("doctor", "--json", **hub.deployment.environment(hub.kafka))
    findings = json.loads(result.stdout)
    assert [finding for finding in findings if not finding["well"]] == []
    assert {finding["check"] for finding in findings} == {
        "java", "kafka", "topics", "database", "clock", "key", "key ring", "sources",
    }  # fmt: skip
    assert result.returncode == 0


def test_doctor_says_what_to_do_about_each_thing_that_is_missing(tmp_path: Path) -> None:
    result = sendhub(
        "doctor",
        "--json",
        SENDHUB_KAFKA=f"127.0.0.1:{free_port()}",
        SENDHUB_KEY_FILE=str(tmp_path / "none"),
        SENDHUB_KEY_RING_FILE=str(tmp_path / "none"),
        SENDHUB_SOURCES_FILE=str(tmp_path / "none.toml"),
        SENDHUB_DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none",
    )
    wrong = {finding["check"]: finding for finding in json.loads(result.stdout) if not finding["well"]}
    assert set(wrong) == {"kafka", "key", "key ring", "sources", "database"}
    assert all(finding["todo"] for finding in wrong.values())
    assert result.returncode == 1


@in_session
async def test_topics_are_as_they_must_be(hub: System) -> None:
    result = sendhub("topics", "--json", SENDHUB_KAFKA=hub.kafka)
    assert json.loads(result.stdout) == {"created": [], "problems": []}
    assert result.returncode == 0


def test_topics_says_when_kafka_is_away() -> None:
    result = sendhub("topics", SENDHUB_KAFKA=f"127.0.0.1:{free_port()}")
    assert result.returncode == 2
    assert "does not answer" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "key"
    assert sendhub("key", str(file)).returncode == 0
    before = file.read_bytes()
    assert len(before.strip()) == 64
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert sendhub("key", str(file)).returncode == 2
    assert file.read_bytes() == before


def test_a_stage_that_is_none_is_refused_by_name(broker: Kafka) -> None:
    result = sendhub("stage", "nonsense", SENDHUB_KAFKA=broker.bootstrap)
    assert result.returncode == 2
    assert "casework" in result.stderr


def test_up_refuses_a_process_that_is_none() -> None:
    result = sendhub("up", "--only", "nonsense")
    assert result.returncode == 2
    assert "webhook" in result.stderr


def test_up_keeps_processes_running_until_it_is_told_to_stop(broker: Kafka, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "hub.cli",
        "up",
        "--only",
        "ticker",
        "--free-ports",
        "--logs-folder",
        str(tmp_path),
    ]
    env = {**os.environ, "SENDHUB_KAFKA": broker.bootstrap, "SENDHUB_GROUP_PREFIX": "up"}
    assert sendhub("topics", SENDHUB_KAFKA=broker.bootstrap).returncode == 0
    process = subprocess.Popen(command, cwd=PROJECT, env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline().split()[-1])
        first = ready_pid(port, tmp_path)
        os.kill(first, signal.SIGKILL)
        assert ready_pid(port, tmp_path, other_than=first) != first
        process.terminate()
        assert process.wait(30) == 0
        assert not Path(f"/proc/{first}").exists()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def ready_pid(port: int, folder: Path, other_than: int = 0) -> int:
    """The process id of the ticker, once it is ready."""
    end = time.monotonic() + 40
    while time.monotonic() < end:
        pids = [pid for pid in ticker_pids(folder) if pid != other_than]
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/ready", trust_env=False).status_code
        except httpx.HTTPError:
            answer = 0
        if pids and answer == 200:
            return pids[0]
        time.sleep(0.1)
    raise AssertionError((folder / "ticker.log").read_text())


def ticker_pids(folder: Path) -> list[int]:
    """The processes whose output goes to the ticker's log in this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "fd" / "1").resolve() == folder / "ticker.log":
                found.append(int(entry.name))
        except OSError:
            continue
    return found
