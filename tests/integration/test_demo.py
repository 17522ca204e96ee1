"""The demo, as a newcomer starts it: a small partnership, from nothing to the last line."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support.processes import PROJECT

LAST_LINE = re.compile(
    r"demo: children=(\d+) requests=\d+ advice=\d+ deadlines=(\d+) alerts_open=\d+ dead_letters=0 lost=(\d+)"
)


def command(folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "hub.cli", "demo", "--children", "24", "--weeks", "2", "--folder", str(folder), *more]


def test_it_ends_by_itself_when_everything_arrived_and_leaves_nothing_running(tmp_path: Path) -> None:
    result = subprocess.run(
        command(tmp_path, "--once"), cwd=PROJECT, capture_output=True, text=True, timeout=240, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    found = LAST_LINE.fullmatch(result.stdout.strip().splitlines()[-1])
    assert found is not None, result.stdout
    assert found.group(1) == "24"
    assert int(found.group(2)) > 48
    assert found.group(3) == "0"
    assert "What happened" in result.stdout
    assert still_running(tmp_path) == []


def test_ctrl_c_in_the_middle_ends_everything_that_it_started(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command(tmp_path), cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "separate processes" in line:
                break
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        process.wait(60)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert still_running(tmp_path) == []


def still_running(folder: Path) -> list[str]:
    """The command lines and environments that name the run's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in text:
            found.append((entry / "cmdline").read_text().replace("\0", " "))
    return found
