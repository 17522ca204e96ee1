import json

import pytest
from typer.testing import CliRunner

from hub.commands.deadletter import app
from hub.embedded.ports import free_port
from hub.store import Projector
from tests.support.readmodel import dead_letter, resolution


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
        dead_letter(2, None, key=None, headers=(("ce_source", b"bht-community:RXQ:2026"), ("h", None))),
    ]
    done = dead_letter(3, stage="casework")
    letters += [done, resolution(4, done, reason="sent by post")]
    projector.apply("hub.deadletter", 0, letters, 0, 5)
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
        (["--step", "decode"], 3),
        (["--step", "read"], 0),
        (["--topic", "council.events"], 3),
        (["--since", "2026-10-20"], 3),
        (["--since", "2026-10-20T09:30:01Z"], 0),
        (["--status", "resolved"], 1),
        (["--status", "all"], 4),
        (["--status", "all", "--stage", "casework"], 1),
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


def test_show_says_what_became_of_it(filled):
    (letter,) = listed("--status", "resolved")
    shown = run("show", letter["id"]).stdout
    assert "resolved" in shown
    assert "sent by post" in shown
    dropped = run("show", letter["id"], "--raw")
    assert "dropped here when it was resolved" in dropped.stdout


def test_bytes_are_shown_only_where_the_look_is_audited(filled, monkeypatch):
    monkeypatch.setenv("SENDHUB_KAFKA", f"127.0.0.1:{free_port()}")
    letter = next(found for found in listed() if found["offset"] == 0)
    shown = run("show", letter["id"], "--raw")
    assert shown.exit_code == 2
    assert "can't be audited" in shown.stderr
    assert "Ada" not in shown.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["replay"], "nothing says which"),
        (["replay", "--since", "yesterday"], "--since takes"),
        (["replay", "--since", "2026-10-20T09:30:01"], "with its zone"),
        (["replay", "--all", "--reason", "x" * 501], "at most 500"),
        (["resolve", "a", "--reason", " "], "1 to 500"),
        (["list", "--status", "lost"], "no status"),
        (["replay", "--all"], "Kafka does not answer"),
        (["replay", "--all", "--dry-run"], "does not answer"),
        (["resolve", "a", "--reason", "r"], "Kafka does not answer"),
    ],
)
def test_wrong_input_is_said_in_a_sentence(url, monkeypatch, arguments, said):
    monkeypatch.setenv("SENDHUB_KAFKA", f"127.0.0.1:{free_port()}")
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_what_goes_wrong_is_said_in_a_sentence(url, monkeypatch):
    missing = run("list")
    assert (missing.exit_code, "no read model" in missing.stderr) == (2, True)
    Projector.open(url, lambda _: None).close()
    assert "No open dead letters." in run("list").stdout
    unknown = run("show", "none")
    assert (unknown.exit_code, "no dead letter with this id" in unknown.stderr) == (2, True)
    monkeypatch.setenv("SENDHUB_DATABASE_URL", "nonsense")
    assert "SQLAlchemy URL" in run("list").stderr
    assert run("list", "--limit", "0").exit_code == 2
