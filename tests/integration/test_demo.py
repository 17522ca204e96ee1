"""The demo, as a newcomer starts it: a small partnership, from nothing to the last line."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from schemas.topics import TOPICS
from tests.support.collector import collecting
from tests.support.marked_demo import MARK
from tests.support.processes import PROJECT

LAST_LINE = re.compile(
    r"demo: children=(\d+) requests=\d+ advice=\d+ deadlines=(\d+) alerts_open=\d+ dead_letters=0 lost=(\d+)"
)


def command(folder: Path, *more: str, module: str = "hub.cli") -> list[str]:
    return [sys.executable, "-m", module, "demo", "--children", "24", "--weeks", "2", "--folder", str(folder), *more]


def test_it_ends_by_itself_when_everything_arrived_and_leaves_nothing_running_and_nobody_in_clear(
    tmp_path: Path,
) -> None:
    started = command(tmp_path, "--once", module="tests.support.marked_demo")
    with collecting() as traces:
        env = {**os.environ, "SENDHUB_OTLP_ENDPOINT": traces.url}
        result = subprocess.run(started, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    found = LAST_LINE.fullmatch(result.stdout.strip().splitlines()[-1])
    assert found is not None, result.stdout
    assert found.group(1) == "24"
    assert int(found.group(2)) > 48
    assert found.group(3) == "0"
    assert "What happened" in result.stdout
    assert still_running(tmp_path) == []
    ways = traces.names.values()
    assert any(way >= {"receive council.events", "intake", "identity", "casework", "projection"} for way in ways)
    nobody_in_clear(tmp_path, result.stdout + result.stderr, b"".join(traces.bodies))


def nobody_in_clear(folder: Path, said: str, traces: bytes) -> None:
    """Marker names, numbers, postcodes and dates of birth are in the council's own files, and in no other file of the
    run: not in a log segment of any topic, a database, or a log; nor in what was said and traced."""
    (run,) = (path for path in folder.iterdir() if path.is_dir())
    marks = marked(json.loads((folder / "people.json").read_text()))
    files = [path for path in run.rglob("*") if path.is_file()]
    found = {path.relative_to(run): set(marks.findall(path.read_bytes())) for path in files}
    inbox = {path for path, hits in found.items() if hits and path.parts[0] == "inbox"}
    assert inbox, "the search finds what is there"
    assert {path: hits for path, hits in found.items() if hits and path not in inbox} == {}
    assert not marks.findall(said.encode() + traces)
    looked_at = {path.parts[-2].rpartition("-")[0] for path in found if path.suffix == ".log" and "kafka" in path.parts}
    assert looked_at >= {topic.name for topic in TOPICS}, "the segments of every topic"
    assert {path.name for path in found} >= {"readmodel.db", "ledger.db", "intake.log", "bars.log"}


def marked(people: dict[str, list[str]]) -> re.Pattern[bytes]:
    """The people's names and numbers as they are written, and a date of birth by its field."""
    values = {value.encode() for kind in people.values() for value in kind}
    grouped = {b" ".join((each[:3], each[3:6], each[6:])) for each in values if each.isdigit()}
    plain = b"|".join(re.escape(each) for each in sorted(values | grouped))
    return re.compile(MARK.encode() + rb"|birth_?date\W{1,4}[0-9]{4}-[0-9]{2}-|" + plain, re.IGNORECASE)


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
