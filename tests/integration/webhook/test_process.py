"""The webhook as a process on loopback, with no broker: what a sender sees, and how the process ends."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.sdk.tokens import hash_token

SOURCE = "one-education:825:2022"
TOKEN = "a-token-of-the-first-source-0123456789"


@dataclass
class Running:
    """A webhook process, its ports, and its log lines up to the one that told them."""

    process: subprocess.Popen[str]
    port: int
    metrics_port: int

    def post(self, body: bytes, token: str = TOKEN) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        return httpx.post(f"http://127.0.0.1:{self.port}/events", content=body, headers=headers, timeout=30)

    def metric(self, name: str) -> str:
        text = httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10).text
        return next((line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith(name)), "absent")


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(folder: Path, **changes: str) -> dict[str, str]:
    (folder / "key").write_text("k" * 40)
    (folder / "sources.toml").write_text(f'[[sources]]\nid = "{SOURCE}"\nkind = "council"\n')
    (folder / "tokens.toml").write_text(f'[tokens]\n"{SOURCE}" = ["{hash_token(TOKEN)}"]\n')
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SENDHUB_")},
        "SENDHUB_KAFKA": f"127.0.0.1:{closed_port()}",
        "SENDHUB_LEDGER_URL": f"sqlite:///{folder}/ledger.db",
        "SENDHUB_KEY_FILE": str(folder / "key"),
        "SENDHUB_SOURCES_FILE": str(folder / "sources.toml"),
        "SENDHUB_WEBHOOK_TOKENS_FILE": str(folder / "tokens.toml"),
        **changes,
    }


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "connectors.council.webhook"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def webhook(tmp_path: Path) -> Iterator[Running]:
    process = start(settings(tmp_path, SENDHUB_ACK_TIMEOUT="1.0"))
    try:
        assert process.stderr is not None
        told: dict[str, Any] = {}
        for line in process.stderr:
            told = json.loads(line) if line.startswith("{") else {}
            if told.get("event") == "listening":
                break
        yield Running(process, told["port"], told["metrics_port"])
    finally:
        process.kill()
        process.communicate()


def an_event() -> bytes:
    event = {
        "kind": "plan.issued",
        "record": "PLAN-1",
        "version": 1,
        "effective_on": "2024-09-14",
        "recorded_at": "2024-09-14T14:02:11Z",
        "person": {"id": "P-1001"},
    }
    return json.dumps(event).encode()


def test_without_a_broker_it_is_up_and_never_says_yes(webhook: Running) -> None:
    for _ in range(2):
        answer = webhook.post(an_event())
        assert (answer.status_code, answer.json()["error"]) == (503, "not-acknowledged")
        assert int(answer.headers["retry-after"]) > 0
    assert httpx.get(f"http://127.0.0.1:{webhook.metrics_port}/live", timeout=10).status_code == 200
    ready = httpx.get(f"http://127.0.0.1:{webhook.metrics_port}/ready", timeout=10)
    assert (ready.status_code, list(ready.json()["problems"])) == (503, ["broker"])


def test_what_is_refused_is_refused_without_a_broker_too(webhook: Running) -> None:
    too_large = b'{"kind": "' + b"x" * 20_000_000 + b'"}'
    answers = [
        webhook.post(too_large),
        webhook.post(b"[" * 10_000 + b"]" * 10_000),
        webhook.post(an_event()[:-9]),
        webhook.post(b"{}"),
        webhook.post(an_event(), token="wrong"),
    ]
    assert [answer.status_code for answer in answers] == [413, 400, 400, 422, 401]
    assert webhook.post(an_event()).status_code == 503, "still up"
    refused = 'sendhub_connector_messages_refused_total{connector="webhook",reason="too-large"'
    assert webhook.metric(refused) == "1.0"


def test_a_body_that_breaks_off_or_is_no_http_does_not_hurt(webhook: Running) -> None:
    head = f"POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
    for sent in (
        head + "Content-Length: 500\r\n\r\n{",
        "GARBAGE\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ):
        with socket.create_connection(("127.0.0.1", webhook.port), timeout=10) as connection:
            connection.sendall(sent.encode())
    assert webhook.post(b"{}").status_code == 422


def test_a_signal_ends_it_cleanly(webhook: Running) -> None:
    webhook.process.send_signal(signal.SIGTERM)
    _, errors = webhook.process.communicate(timeout=30)
    assert webhook.process.returncode == 0, errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        (
            "tokens.toml",
            '[tokens]\n"one-education:825:2022" = ["secret-by-mistake"]\n',
            "tokens.one-education:825:2022.0",
        ),
        ("tokens.toml", '[tokens]\n"nobody:825:2022" = []\n', "nobody:825:2022, which is not a registered source"),
        ("key", "short", "fewer than 32 bytes"),
    ],
)
def test_wrong_settings_end_it_with_one_sentence(tmp_path: Path, file: str, text: str, says: str) -> None:
    environment = settings(tmp_path)
    (tmp_path / file).write_text(text)
    process = start(environment)
    try:
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 1
    assert says in errors
    assert "secret-by-mistake" not in errors
    assert "Traceback" not in errors
