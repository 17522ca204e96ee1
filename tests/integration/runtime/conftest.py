"""A broker of one's own for tests that damage what the whole hub shares."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.embedded import kafka as embedded
from tests.support.processes import PROJECT


@pytest.fixture(scope="package")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Kafka]:
    running = embedded.start(PROJECT, tmp_path_factory.mktemp("own-kafka"))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def deployed(own_broker: embedded.Kafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a deployment on that broker; also this process's own."""
    (tmp_path / "sources.toml").write_text(SOURCES)
    (tmp_path / "key").write_text("5e" * 32)
    env = {
        "SENDHUB_KAFKA": own_broker.bootstrap,
        "SENDHUB_SOURCES_FILE": str(tmp_path / "sources.toml"),
        "SENDHUB_KEY_FILE": str(tmp_path / "key"),
        "SENDHUB_SESSION_TIMEOUT": "3",
        "SENDHUB_BATCH_RECORDS": "40",
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return env


SOURCES = """
[[sources]]
id = "one-education:825:2022"
kind = "council"
area = "825"
creates_children = true
trusts_nhs_number = true
"""
