import json

import pytest
from typer.testing import CliRunner

from hub.commands.deadletter import app
from hub.store import Projector
from tests.support.readmodel import dead_letter


@pytest.fixture
def url(tmp_path, monkeypatch):
    found = f"sqlite:///{tmp_path}/read-model.db"
    monkeypatch.setenv("SENDHUB_DATABASE_URL", found)
    monkeypatch.setenv("COLUMNS", "200")
    return found


@pytest.fixture
def filled(url):
    projector = Projector.open(url, lambda _: None)
    letters = [
        dead_letter(0, b'{"given": "Ada\x1b[31m"}\xff'),
        dead_letter(1, stage="identity", error="KeyError", message="[red]no[/red] such \x1b[2Jthing"),
        dead_letter(2, None, key=None, headers=(("ce_source", b"bht-community:RXQ:2026"),)),
    ]
    projector.apply("hub.deadletter", 0, letters, 0, 3)
    projector.close()


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def listed(*arguments):
    return [json.loads(line) for line in run("list", "--json", *arguments).stdout.splitlines()]


def test_list_shows_why_and_nothing_of_the_content(filled):
    shown = run("list")
    assert shown.exit_code == 0
    assert "the body is not JSON" in shown.stdout
    assert "[red]no[/red]" in shown.stdout
    assert "Ada" not in shown.stdout
    assert "\x1b[2J" not in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ([], 3),
        (["--stage", "identity"], 1),
        (["--source", "bht-community:RXQ:2026"], 1),
        (["--error", "KeyError"], 1),
        (["--stage", "identity", "--error", "PermanentError"], 0),
        (["--limit", "2"], 2),
    ],
)
def test_list_filters(filled, arguments, count):
    assert len(listed(*arguments)) == count


def test_a_list_that_was_cut_says_so(filled):
    assert "There are more than these 2" in run("list", "--limit", "2").stdout
    assert "There are more" not in run("list", "--limit", "3").stdout


def test_show_tells_all_but_the_content(filled):
    letter = next(found for found in listed() if found["offset"] == 0)
    shown = run("show", letter["id"])
    assert shown.exit_code == 0
    assert "council.events, partition 2, offset 0" in shown.stdout
    assert "Ada" not in shown.output


def test_raw_shows_the_content_escaped_with_a_warning(filled):
    letter = next(found for found in listed() if found["offset"] == 0)
    shown = run("show", letter["id"], "--raw")
    assert "personal data" in shown.stderr
    assert 'value: {"given": "Ada\\x1b[31m"}\\xff' in shown.stdout
    assert "header ce_source: one-education:825:2022" in shown.stdout
    assert "\x1b[31m" not in shown.output


def test_raw_of_a_tombstone(filled):
    letter = next(found for found in listed() if found["offset"] == 2)
    shown = run("show", letter["id"], "--raw").stdout
    assert "key: (none)" in shown
    assert "value: (none)" in shown


def test_what_goes_wrong_is_said_in_a_sentence(url, monkeypatch):
    missing = run("list")
    assert (missing.exit_code, "no read model" in missing.stderr) == (2, True)
    Projector.open(url, lambda _: None).close()
    assert "No dead letters." in run("list").stdout
    unknown = run("show", "none")
    assert (unknown.exit_code, "no dead letter with this id" in unknown.stderr) == (2, True)
    monkeypatch.setenv("SENDHUB_DATABASE_URL", "nonsense")
    assert "SQLAlchemy URL" in run("list").stderr
    assert run("list", "--limit", "0").exit_code == 2
