"""A webhook process on loopback, and what a sender does with it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
    """A webhook process and its ports."""

    process: subprocess.Popen[str]
    port: int
    metrics_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    def post(self, body: bytes, token: str = TOKEN) -> httpx.Response:
        return httpx.post(self.url, content=body, headers=headers(token), timeout=30)

    def metric(self, name: str) -> str:
        text = httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10).text
        return next((line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith(name)), "absent")

    def ready(self) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.metrics_port}/ready", timeout=10)


def headers(token: str = TOKEN) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", "content-type": "application/json"}


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(folder: Path, **changes: str) -> dict[str, str]:
    """The environment of a process whose files are in the folder; no broker is at its address unless one is given."""
    (folder / "key").write_text("k" * 40)
    (folder / "sources.toml").write_text(f'[[sources]]\nid = "{SOURCE}"\nkind = "council"\n')
    (folder / "tokens.toml").write_text(f'[tokens]\n"{SOURCE}" = ["{hash_token(TOKEN)}"]\n')
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SENDHUB_")},
        "SENDHUB_KAFKA": f"127.0.0.1:{closed_port()}",
        "SENDHUB_LEDGER_URL": f"sqlite:///{folder}/ledger.db",
        "SENDHUB_KEY_FILE": str(folder / "key"),
        "SENDHUB_KEY_RING_FILE": os.environ["SENDHUB_KEY_RING_FILE"],
        "SENDHUB_SOURCES_FILE": str(folder / "sources.toml"),
        "SENDHUB_WEBHOOK_TOKENS_FILE": str(folder / "tokens.toml"),
        **changes,
    }


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "connectors.council.webhook"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


@contextmanager
def running(environment: dict[str, str]) -> Iterator[Running]:
    """A process that has told its ports; ended by its own process id."""
    process = start(environment)
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


@pytest.fixture
def start_webhook(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts replicas that share one ledger; the keywords are settings."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(running(settings(tmp_path, **changes)))


def an_event(record: str = "PLAN-1", **changes: Any) -> bytes:
    event = {
        "kind": "plan.issued",
        "record": record,
        "version": 1,
        "effective_on": "2024-09-14",
        "recorded_at": "2024-09-14T14:02:11Z",
        "person": {"id": "P-1001"},
    }
    return json.dumps(event | changes).encode()
