"""An embedded deployment's files are the owner's alone, new each time, and read by the processes they are for."""

from pathlib import Path

import pytest

from connectors.nhs.bars.callers import read_callers
from connectors.sdk.tokens import BearerTokens
from hub.embedded import deployment
from hub.platform.settings import Settings
from schemas.sources import Source, Sources

COUNCIL = "one-education:825:2022"
TRUST = "bht-community:RXQ:2026"
SOURCES = Sources(sources=(Source(id=COUNCIL, kind="council", area="825"), Source(id=TRUST, kind="nhs")))


@pytest.fixture
def made(tmp_path: Path) -> deployment.Deployment:
    return deployment.create(tmp_path / "run", SOURCES)


def test_secrets_are_readable_by_the_owner_alone(made: deployment.Deployment) -> None:
    for path in (made.folder / "key", *made.signing_keys.values()):
        assert path.stat().st_mode & 0o077 == 0


def test_each_deployment_has_its_own_secrets(made: deployment.Deployment, tmp_path: Path) -> None:
    other = deployment.create(tmp_path / "other", SOURCES)
    assert other.tokens[COUNCIL] != made.tokens[COUNCIL]
    assert (other.folder / "key").read_text() != (made.folder / "key").read_text()


def test_the_processes_read_what_was_written(made: deployment.Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in made.environment("127.0.0.1:1").items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.sources == SOURCES
    assert len(settings.key) >= 32
    tokens = BearerTokens.read(made.folder / "webhook-tokens.toml")
    assert tokens.source(f"Bearer {made.tokens[COUNCIL]}") == COUNCIL
    callers = read_callers(made.folder / "bars-callers.toml", settings.sources)
    assert [(caller.source, caller.ods) for caller in callers] == [(TRUST, frozenset({"RXQ"}))]
