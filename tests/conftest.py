"""Fixtures that the whole run shares."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.embedded import kafka as embedded
from hub.platform.keyring import machine_day, write_ring
from hub.platform.keys import new_ring
from tests.support.processes import PROJECT

_OWN = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """A key ring for the run: whatever is started without one of its own seals with it."""
    config.stash[_OWN] = Path(tempfile.mkdtemp(prefix="sendhub-tests-"))
    write_ring(config.stash[_OWN] / "ring", new_ring(machine_day()))
    os.environ["SENDHUB_KEY_RING_FILE"] = str(config.stash[_OWN] / "ring")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The ring goes with the run."""
    shutil.rmtree(config.stash[_OWN], ignore_errors=True)


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """In CI nothing may be skipped, but what needs third-party examples that this machine does not have."""
    wrong = _skipped_in_ci(terminalreporter)
    if wrong:
        terminalreporter.section("skipped in CI, where nothing may be")
        for report in wrong:
            terminalreporter.line(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Skips in CI fail the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and _skipped_in_ci(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _skipped_in_ci(reporter: pytest.TerminalReporter) -> list[pytest.TestReport]:
    if os.environ.get("CI") != "true":
        return []
    return [report for report in reporter.stats.get("skipped", ()) if "third-party" not in str(report.longrepr)]
