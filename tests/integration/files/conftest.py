"""The file connector's process, its folder and its environment."""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import orjson
import pytest

from connectors.council.files.settings import SHIPPED_MAPPINGS
from tests.support.files import KEY

Found = TypeVar("Found")
MODULE = "connectors.council.files"
SHIPPED = (SHIPPED_MAPPINGS / "one-education-people.toml").read_text("utf-8")


@dataclass
class Place:
    """Where one test's process lives. `source` is the test's own, so that it finds its messages on a shared broker."""

    root: Path
    source: str

    @property
    def folder(self) -> Path:
        return self.root / "inbox"

    @property
    def log(self) -> Path:
        return self.root / "log"

    def env(self, kafka: str, **changes: str) -> dict[str, str]:
        cleared = {name: "" for name in os.environ if name.startswith("SENDHUB_FILES_")}
        return {
            **cleared,
            "SENDHUB_KAFKA": kafka,
            "SENDHUB_LEDGER_URL": f"sqlite:///{self.root}/ledger.db",
            "SENDHUB_KEY_FILE": str(self.root / "key"),
            "SENDHUB_SOURCES_FILE": str(self.root / "sources.toml"),
            "SENDHUB_FILES_FOLDERS": str(self.folder),
            "SENDHUB_FILES_MAPPINGS": str(self.root / "mappings"),
            "SENDHUB_FILES_POLL": "0.1",
            "SENDHUB_FILES_SETTLE": "0.1",
            "SENDHUB_ACK_TIMEOUT": "1.0",
            **changes,
        }

    def metrics_port(self) -> int:
        """The port that the newest process told in its log."""
        return int(self.until(lambda: self._told("watching"))["metrics_port"])

    def until(self, look: Callable[[], Found]) -> Found:
        """What `look` finds, once it finds something; fails after a minute."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found = look()
            if found:
                return found
            time.sleep(0.05)
        pytest.fail(f"nothing came within a minute; the log: {self.log.read_text()[-2_000:]}")

    def _told(self, event: str) -> dict[str, object] | None:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        found = [orjson.loads(line) for line in lines if line.startswith("{")]
        return next((each for each in reversed(found) if each["event"] == event), None)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path, f"files-{uuid4().hex[:8]}:825:2026")
    place.folder.mkdir()
    (tmp_path / "key").write_bytes(KEY)
    (tmp_path / "sources.toml").write_text(f'[[sources]]\nid = "{place.source}"\nkind = "council"\n')
    (tmp_path / "mappings").mkdir()
    mapping = SHIPPED.replace("one-education:825:2022", place.source)
    (tmp_path / "mappings" / "one-education-people.toml").write_text(mapping, "utf-8")
    return place


@pytest.fixture
def no_broker() -> str:
    """An address at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"
