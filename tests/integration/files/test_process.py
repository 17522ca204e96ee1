"""The file connector as a process without a broker: files stay, it says why, and it ends cleanly."""

import os
import signal
import subprocess
import sys
from datetime import date

import httpx
import pytest

from hub.simulator.council_csv import drop, file_name, people_csv
from tests.integration.files.conftest import MODULE, Place
from tests.support.files import person_row
from tests.support.processes import PROJECT, running

NAME = file_name("people", date(2024, 3, 2))


def run(place: Place, kafka: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", MODULE, *arguments]
    environment = {**os.environ, **place.env(kafka)}
    return subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_without_a_broker_a_file_is_not_moved_and_readiness_says_so(place: Place, no_broker: str) -> None:
    content = people_csv([person_row()])
    drop(place.folder, NAME, content)
    with running(MODULE, env=place.env(no_broker), log=place.log) as process:
        base = f"http://127.0.0.1:{place.metrics_port()}"
        retries = 'sendhub_files_retries_total{reason="not-acknowledged"}'
        place.until(lambda: retries in httpx.get(f"{base}/metrics", timeout=10).text)
        ready = httpx.get(f"{base}/ready", timeout=10)
        assert (ready.status_code, sorted(ready.json()["problems"])) == (503, ["broker", "files"])
        assert httpx.get(f"{base}/live", timeout=10).status_code == 200
        assert (place.folder / NAME).read_bytes() == content
        assert list((place.folder / "done").iterdir()) == []
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    log = place.log.read_text()
    assert "Traceback" not in log
    assert "Example" not in log
    assert "9990000018" not in log


def test_a_bad_file_is_rejected_without_a_broker_too(place: Place, no_broker: str) -> None:
    drop(place.folder, NAME, b"")
    with running(MODULE, env=place.env(no_broker), log=place.log):
        place.until(lambda: (place.folder / "rejected" / NAME).exists())
    assert (place.folder / "rejected" / f"{NAME}.report.json").exists()


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("mappings/more.toml", "kind = 'people'", "more.toml: source: Field required"),
        ("key", "short", "fewer than 32 bytes"),
        ("sources.toml", "[[sources]]\nid = 7\n", "sources.0.id"),
    ],
)
def test_wrong_settings_end_it_with_one_sentence(place: Place, no_broker: str, file: str, text: str, says: str) -> None:
    (place.root / file).write_text(text)
    found = run(place, no_broker)
    assert found.returncode == 1
    assert says in found.stderr
    assert "Traceback" not in found.stderr


def test_a_held_file_is_released_by_command(place: Place, no_broker: str) -> None:
    (place.folder / "held").mkdir()
    (place.folder / "release").mkdir()
    (place.folder / "held" / NAME).write_bytes(b"1")
    assert run(place, no_broker, "release", NAME).stdout == "released: it is taken at the next poll\n"
    assert (place.folder / "release" / NAME).read_bytes() == b"1"
    again = run(place, no_broker, "release", NAME)
    assert (again.returncode, again.stderr) == (1, "no watched folder has a file of that name in held/\n")
    assert run(place, no_broker, "nonsense").returncode == 1
