"""What `sendhub review` asks the desk for, and what it refuses to ask."""

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.commands.review import Asked


def test_what_was_asked_is_told_as_it_is_typed_to_decide_on_it():
    assert Asked("t1", (), ("chd-1", "chd-2")).words == "t1 --beside chd-1 --beside chd-2"
    assert Asked(None, ("chd-1", "chd-2"), ()).words == "--child chd-1 --child chd-2"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "give the id of a question, or the children to compare"),
        (("t1", "--child", "chd-1"), "give the id of a question, or the children to compare"),
        (("--child", "chd-1", "--beside", "chd-2"), "--beside goes with a question"),
    ],
)
def test_a_question_or_children_and_beside_goes_with_a_question(tmp_path, monkeypatch, arguments, says):
    (tmp_path / "token").write_text("a token of the test")
    monkeypatch.setenv("SENDHUB_IDENTITY_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SENDHUB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    answer = CliRunner().invoke(app, ["review", "show", *arguments, "--purpose", "to see"])
    assert (answer.exit_code, says in answer.output) == (2, True), answer.output
