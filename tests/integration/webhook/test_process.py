"""The webhook as a process on loopback, with no broker: what a sender sees, and how the process ends."""

import signal
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.integration.webhook.conftest import TOKEN, Running, an_event, settings, start


@pytest.fixture
def webhook(start_webhook: Callable[..., Running]) -> Running:
    return start_webhook(SENDHUB_ACK_TIMEOUT="1.0")


def test_without_a_broker_it_is_up_and_never_says_yes(webhook: Running) -> None:
    for _ in range(2):
        answer = webhook.post(an_event())
        assert (answer.status_code, answer.json()["error"]) == (503, "not-acknowledged")
        assert int(answer.headers["retry-after"]) > 0
    assert httpx.get(f"http://127.0.0.1:{webhook.metrics_port}/live", timeout=10).status_code == 200
    ready = webhook.ready()
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
        ("ring", "secret-by-mistake", "ring is unfit: it is not JSON"),
        ("none", "", "`sendhub key ring FILE` makes one"),
    ],
)
def test_wrong_settings_end_it_with_one_sentence(tmp_path: Path, file: str, text: str, says: str) -> None:
    environment = settings(tmp_path)
    (tmp_path / file).write_text(text)
    if file in ("ring", "none"):
        (tmp_path / file).chmod(0o600)
        environment["SENDHUB_KEY_RING_FILE"] = str(tmp_path / "ring")
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
