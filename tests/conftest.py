"""Fixtures that the whole run shares."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.embedded import kafka as embedded
from tests.support.processes import PROJECT


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Kafka]:
    """The real Kafka, started once for the run, with ports and data of its own."""
    running = embedded.start(PROJECT, tmp_path_factory.mktemp("kafka"))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The third-party examples beside the checkout; a test that needs them is skipped by name where they are absent."""
    folder = Path(os.environ.get("SENDHUB_SHARED", PROJECT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("third-party examples are absent: set SENDHUB_SHARED to the folder that holds data/")
    return folder
