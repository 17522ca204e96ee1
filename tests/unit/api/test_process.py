"""The API and the exporter as processes."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from queue import Empty, Queue

import httpx
import pytest

from tests.unit.api.conftest import HASH, TOKEN


@contextmanager
def process(module, **settings):
    """A process of ours and the line in which it says where it listens; ended by its own id."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SENDHUB_")}
    environment |= {f"SENDHUB_{name.upper()}": value for name, value in settings.items()}
    started = subprocess.Popen([sys.executable, "-m", module], env=environment, stderr=subprocess.PIPE, text=True)
    lines: Queue = Queue()
    reading = threading.Thread(target=lambda: [lines.put(line) for line in started.stderr], daemon=True)
    reading.start()
    try:
        yield started, listening(lines)
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGTERM)
        try:
            started.wait(timeout=20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        reading.join()
        started.stderr.close()


def listening(lines):
    seen = []
    try:
        while True:
            seen.append(lines.get(timeout=60))
            said = json.loads(seen[-1])
            if said["event"] == "listening":
                return said
    except (Empty, ValueError):
        pytest.fail(f"it does not say where it listens: {seen}")


def test_the_api_says_its_port_serves_and_stops(filled, url):
    with process("hub.api", database_url=url, api_token_sha256=HASH) as (started, said):
        base = f"http://127.0.0.1:{said['port']}"
        answer = httpx.get(f"{base}/children", headers={"Authorization": f"Bearer {TOKEN}"})
        assert len(answer.json()["items"]) == 12
        assert httpx.get(f"{base}/children").status_code == 401
        measured = httpx.get(f"http://127.0.0.1:{said['metrics_port']}/metrics").text
        assert 'sendhub_api_requests_total{route="/children",status="200"} 1.0' in measured
        assert "chd-" not in measured
        assert httpx.get(f"http://127.0.0.1:{said['metrics_port']}/ready").status_code == 200
    assert started.returncode in {0, -signal.SIGTERM}


def test_a_stream_does_not_keep_the_api_from_stopping(filled, url):
    with process("hub.api", database_url=url, api_token_sha256=HASH) as (started, said):
        headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/event-stream"}
        with httpx.stream("GET", f"http://127.0.0.1:{said['port']}/changes", headers=headers, timeout=20) as answer:
            lines = answer.iter_lines()  # kept: let go, it closes the connection
            assert next(lines).startswith("retry")
            started.send_signal(signal.SIGTERM)
            started.wait(timeout=20)
    assert started.returncode in {0, -signal.SIGTERM}


def test_the_exporter_serves_the_domain(filled, url):
    with process("hub.api.exporter", database_url=url) as (started, said):
        measured = httpx.get(f"http://127.0.0.1:{said['port']}/metrics").text
        assert "sendhub_read_model_up 1.0" in measured
        assert 'sendhub_deadlines{clock="advice-6w",state="overdue"} 6.0' in measured
    assert started.returncode == 0


@pytest.mark.parametrize(
    ("module", "settings", "says"),
    [
        ("hub.api", {}, "SENDHUB_API_TOKEN_SHA256"),
        ("hub.api", {"api_token_sha256": "secret"}, "SHA-256"),
        ("hub.api", {"api_token_sha256": HASH, "database_url": "nonsense"}, "SQLAlchemy URL"),
        ("hub.api.exporter", {"database_url": "mysql://user:hunter2@h/x"}, "SQLite or PostgreSQL"),
    ],
)
def test_wrong_settings_end_it_with_a_sentence(module, settings, says):
    environment = {"PATH": os.environ["PATH"]} | {f"SENDHUB_{name.upper()}": value for name, value in settings.items()}
    done = subprocess.run([sys.executable, "-m", module], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr
    assert "'secret'" not in done.stderr
