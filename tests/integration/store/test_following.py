"""The change feed over a real socket: the page's reader as it is written, and a stream that is broken off at random."""

import hashlib
import json
import random
import re
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import httpx
import pytest
import uvicorn

from hub.api import changes_stream
from hub.api.app import create_app
from hub.api.settings import ApiSettings
from hub.store import Projector
from hub.store.engine import open_engine
from tests.support.processes import PROJECT
from tests.support.readmodel import child, record

pytest_plugins = ["tests.support.postgres"]

TOKEN = "a-token-for-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def projector(database_url):
    opened = Projector.open(database_url, lambda _: None)
    yield opened
    opened.close()


@pytest.fixture
def served(database_url, projector):
    """The API's address."""
    engine = open_engine(database_url, read_only=True)
    app = create_app(ApiSettings(api_token_sha256=hashlib.sha256(TOKEN.encode()).hexdigest()), engine)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
    engine.dispose()


def test_the_reader_over_http_runs_as_written(projector, served, tmp_path):
    program, copy = tmp_path / "follow.py", tmp_path / "copy.db"
    text = (PROJECT / "docs" / "consuming.md").read_text()
    program.write_text(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[1])

    def follow():
        subprocess.run([sys.executable, program, served, TOKEN, copy, "--once"], check=True, timeout=60)
        with closing(sqlite3.connect(copy)) as held:
            return {key: json.loads(value) for key, value in held.execute("SELECT key, value FROM rows")}

    projector.apply("hub.children", 0, [child(0), child(1, "chd-2")], 0, 2)
    assert set(follow()) == {"chd-1", "chd-2"}
    projector.apply("hub.children", 0, [record("hub.children", 2, "chd-1", None), child(3, "chd-2", standing=7)], 2, 4)
    held = follow()
    assert (set(held), held["chd-2"]["standing"]) == ({"chd-2"}, 7)


def test_a_stream_that_breaks_off_loses_nothing(projector, served, monkeypatch):
    """Written while it is read; each connection is cut after some bytes, wherever that is."""
    monkeypatch.setattr(changes_stream, "BEAT_SECONDS", 0.2)
    total, held, last, dice = 40, {}, None, random.Random(7)

    def write():
        for number in range(total):
            projector.apply("hub.children", number % 4, [child(number, f"chd-{number:03}")], *_positions(number))
            time.sleep(0.01)

    writing = threading.Thread(target=write)
    writing.start()
    with httpx.Client(base_url=served, headers={**BEARER, "Accept": "text/event-stream"}, timeout=20) as client:
        deadline = time.monotonic() + 60
        while len(held) < total and time.monotonic() < deadline:
            seen, most = b"", dice.randint(300, 20_000)
            place = {"Last-Event-ID": last} if last else {}
            with client.stream("GET", "/changes", headers=place) as answer:
                for part in answer.iter_bytes(256):
                    seen += part
                    if len(seen) > most or len(held) == total:
                        break
            for block in seen.decode().split("\n\n")[:-1]:  # the last is not whole
                fields = dict(line.split(": ", 1) for line in block.splitlines())
                last = fields.get("id", last)
                for change in json.loads(fields["data"])["changes"] if "data" in fields else ():
                    held[change["key"]] = change["value"]
    writing.join()
    assert sorted(held) == [f"chd-{number:03}" for number in range(total)]


def _positions(number):
    """Four partitions in turn: where each is, and goes on."""
    return (max(0, number - 3), number + 1) if number >= 4 else (0, number + 1)
