"""Every connector is made alike, and says so."""

from pathlib import Path

import pytest

from connectors.sdk.manifest import problems, read

ROOT = Path(__file__).parents[3]
FOLDERS = sorted(path.parent for path in (ROOT / "connectors").glob("*/*/__main__.py"))


def test_the_webhook_is_among_them() -> None:
    assert ROOT / "connectors" / "council" / "webhook" in FOLDERS


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_connector_that_runs_is_whole(folder: Path) -> None:
    assert problems(folder, ROOT) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_its_settings_are_those_it_names(folder: Path) -> None:
    """Each `SENDHUB_` variable in the manifest is a field of a settings class in the connector's settings module."""
    text = (folder / "settings.py").read_text()
    names = [name.removeprefix("SENDHUB_").lower() for name in read(folder).settings]
    assert [name for name in names if f"{name}:" not in text] == []


def test_what_is_missing_or_wrong_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "connectors" / "nhs" / "thing"
    folder.mkdir(parents=True)
    assert "manifest.toml is missing" in problems(folder, tmp_path)
    webhook = (ROOT / "connectors" / "council" / "webhook" / "manifest.toml").read_text()
    (folder / "manifest.toml").write_text(webhook.replace("council.events", "council.nothing"))
    assert problems(folder, tmp_path) == [
        "__init__.py is missing",
        "__main__.py is missing",
        "app.py is missing",
        "settings.py is missing",
        "name must be nhs/thing",
        "no topic council.nothing",
        "documentation names no file",
    ]
