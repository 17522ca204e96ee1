"""Following messages through the read model: every way one can end is found, and nothing hides what came first."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from hub.commands.messages import app
from hub.stages.projection import changes
from hub.store import Projector
from hub.store.engine import open_engine
from hub.store.messages import OUTCOMES, children_of, followed, messages
from schemas.envelope import Envelope
from schemas.trail import MessageRead, ObservationTaken, message_key, receipt
from tests.support.readmodel import AT, dead_letter, record, resolution

COUNCIL = "one-education:825:2022"


def envelope(name, at=AT):
    return Envelope(id=name, source=COUNCIL, type="sendhub.council.event", time=at)


def read(offset, name, outcome="read", at=AT):
    step = MessageRead(
        **dict(receipt(envelope(name, at))), topic="council.events", partition=0, offset=offset, outcome=outcome
    )
    return record("hub.trail", offset, step.message, step.model_dump_json().encode())


def took(offset, name, outcome, child=None, observation=None):
    step = ObservationTaken(
        message=message_key(COUNCIL, name), observation=observation or f"o-{name}", source=COUNCIL,
        kind="assessment.requested", received_at=AT, outcome=outcome, child_id=child,
    )  # fmt: skip
    return record("hub.trail", offset, step.message, step.model_dump_json().encode())


def given_up(offset, name):
    return dead_letter(offset, headers=envelope(name).headers())


@pytest.fixture
def url(tmp_path, monkeypatch):
    found = f"sqlite:///{tmp_path}/read-model.db"
    monkeypatch.setenv("SENDHUB_DATABASE_URL", found)
    monkeypatch.setenv("COLUMNS", "200")
    return found


@pytest.fixture
def filled(url):
    trail = [
        read(0, "m-taken"), took(1, "m-taken", "taken", "chd-1"), took(2, "m-taken", "repeat"),
        read(3, "m-asked"), took(4, "m-asked", "asked"),
        read(5, "m-out", "out-of-scope"),
        read(6, "m-kept"), took(7, "m-kept", "kept"),
    ]  # fmt: skip
    lost, mended = given_up(0, "m-lost"), given_up(1, "m-mended")
    projector = Projector.open(url, lambda _: None)
    projector.apply("hub.trail", 0, trail, 0, 8)
    projector.apply("hub.deadletter", 0, [lost, mended, resolution(2, mended)], 0, 3)
    projector.close()
    return url


def found(url, **asked):
    wanted = {"filters": {}, "became": None, "child_id": None, "after": None, "limit": 50} | asked
    with open_engine(url, read_only=True).connect() as connection:
        return {json.loads(body)["message_id"] for body in messages(connection, **wanted).bodies}


@pytest.mark.parametrize(
    ("became", "names"),
    [
        ("taken", {"m-taken"}),
        ("repeat", {"m-taken"}),
        ("asked", {"m-asked"}),
        ("kept", {"m-kept"}),
        ("out-of-scope", {"m-out"}),
        ("read", {"m-taken", "m-asked", "m-kept"}),
        ("dead-letter", {"m-lost"}),
    ],
)
def test_a_message_is_found_by_how_its_steps_ended(filled, became, names):
    assert became in OUTCOMES
    assert found(filled, became=became) == names


def test_every_message_is_there_also_one_that_was_given_up(filled):
    assert found(filled) == {"m-taken", "m-asked", "m-out", "m-kept", "m-lost", "m-mended"}
    assert found(filled, child_id="chd-1") == {"m-taken"}
    assert found(filled, filters={"source": "nobody"}) == set()


def test_one_that_comes_again_does_not_hide_what_became_of_it_first(filled):
    with open_engine(filled, read_only=True).connect() as connection:
        whole = followed(connection, message_key(COUNCIL, "m-taken"))
        assert followed(connection, "nothing") is None
    steps = [json.loads(step) for step in whole.steps]
    assert [step["step"] for step in steps] == ["intake", "identity", "identity"]
    assert [step["outcome"] for step in steps[1:]] == ["taken", "repeat"], "what comes again comes after it"
    assert children_of(whole.steps) == ("chd-1",)


def test_a_message_has_the_same_row_whichever_topic_is_read_first():
    of_trail = changes([read(8, "m")])["messages"]
    assert changes([given_up(3, "m")])["messages"] == of_trail


def test_an_older_letter_does_not_undo_what_a_replay_came_to(filled):
    projector = Projector.open(filled, lambda _: None)
    projector.apply("hub.trail", 0, [read(8, "m-late")], 8, 9)
    projector.apply("hub.deadletter", 0, [given_up(3, "m-late")], 3, 4)
    projector.close()
    assert "m-late" in found(filled, became="read") & found(filled, became="dead-letter")


def test_what_its_topic_no_longer_keeps_is_dropped(filled):
    month_later = replace(read(8, "m-new", at=AT + timedelta(days=31)), timestamp=1_796_000_000_000)
    projector = Projector.open(filled, lambda _: None)
    projector.apply("hub.trail", 0, [month_later], 8, 9)
    projector.close()
    assert found(filled) == {"m-new"}


def test_a_step_that_is_none_is_refused():
    with pytest.raises(Exception, match="do not fit TrailStep"):
        changes([record("hub.trail", 0, "k", {"step": "dance"})])


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_the_command_lists_and_follows(filled):
    listed = run("list", "--outcome", "taken")
    assert "m-taken" in listed.stdout
    assert "m-asked" not in listed.stdout
    shown = run("show", "m-taken", "--source", COUNCIL)
    assert shown.exit_code == 0
    assert "intake: read: 0 observations" in shown.stdout
    assert "facts of a child chd-1" in shown.stdout
    assert "council.events, partition 0, offset 0" in shown.stdout
    assert (
        json.loads(run("show", message_key(COUNCIL, "m-lost"), "--json").stdout)["dead_letters"][0]["status"] == "open"
    )


def test_a_feed_that_there_is_not_is_told_beside_what_was_found(filled, tmp_path, monkeypatch):
    (tmp_path / "sources.toml").write_text(f'[[sources]]\nid = "{COUNCIL}"\nkind = "council"\n')
    monkeypatch.setenv("SENDHUB_SOURCES_FILE", str(tmp_path / "sources.toml"))
    right, slip = run("list", "--source", COUNCIL), run("list", "--source", f"{COUNCIL}3")
    assert (right.exit_code, slip.exit_code) == (0, 0)
    assert "registered" not in right.stderr
    assert "no feed of this id is registered" in slip.stderr
    assert slip.stdout == "No messages match.\n"


@pytest.mark.parametrize(
    "arguments", [("list", "--outcome", "eaten"), ("show", "m-taken"), ("list", "--since", "soon")]
)
def test_what_is_not_there_is_said(filled, arguments):
    asked = run(*arguments)
    assert asked.exit_code != 0
    assert "Traceback" not in asked.output
