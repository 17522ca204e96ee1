"""`sendhub forecast`, as its users see it."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.commands.forecast import app
from tests.unit.casework.facts import about_advice, asked, requested

START = date(2026, 1, 5)


@pytest.fixture(scope="module")
def facts(tmp_path_factory) -> Path:
    """Seventy children asked for one by one from January on: every second has advice after 30 days, or after 60."""
    file = tmp_path_factory.mktemp("forecast") / "facts.ndjson"
    file.write_text("".join(json.dumps(value) + "\n" for number in range(70) for value in child(number)))
    return file


def child(number: int) -> list[dict]:
    on = START + timedelta(days=2 * number)
    request, advice = f"REQ-{number}", f"ADV-{number}"
    received = on + timedelta(days=30 if number % 2 else 60)
    values = [
        requested(on.isoformat(), request),
        asked(on.isoformat(), advice, request),
        about_advice("advice.received", received.isoformat(), advice),
    ]
    return [value | {"child_id": f"chd-{number}"} for value in values]


@pytest.fixture(scope="module")
def model(facts, tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("forecast") / "model.json"
    done = run("fit", facts, "--as-of", "2026-04-30", "-o", file)
    assert (done.exit_code, done.output) == (0, "")
    return file


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def output(*arguments: object) -> str:
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_fit_writes_a_model_without_ids(model, facts):
    text = model.read_text()
    assert text == output("fit", facts, "--as-of", "2026-04-30")
    value = json.loads(text)
    assert value["as_of"] == "2026-04-30"
    assert [row["of"] for row in value["groups"]] == [[], ["speech-and-language"]]
    assert not any(part in text for part in ("chd-", "REQ-", "ADV-", "RXQ", "QU9"))


def test_fit_goes_by_what_was_known(facts):
    early = json.loads(output("fit", facts, "--as-of", "2026-04-30", "--known-at", "2026-01-31"))
    assert [row["n"] for row in early["groups"]] == [14, 14]


def test_show_says_what_was_learnt(model):
    shown = output("show", model)
    assert "speech-and-language" in shown
    assert "all services" in shown


def test_for_gives_each_open_request_its_chance_and_date(model, facts):
    values = [
        json.loads(line)
        for line in output("for", facts, "--as-of", "2026-05-01", "--model", model, "--json").splitlines()
    ]
    assert {frozenset(value) for value in values} == {
        frozenset({"deadline", "service", "due_on", "chance_by_due", "expected_on", "basis", "n"})
    }
    late = [value for value in values if value["due_on"] < "2026-05-01"]
    running = [value for value in values if value["due_on"] > "2026-05-01"]
    assert late
    assert running
    assert {value["chance_by_due"] for value in late} == {0.0}
    assert max(value["chance_by_due"] for value in running) > 0.3
    assert all(value["expected_on"] > "2026-05-01" for value in values if value["expected_on"])
    assert "speech-and-language" in output("for", facts, "--as-of", "2026-05-01", "--model", model)


def test_judge_holds_months_back(facts):
    months = ("--from", "2026-03", "--to", "2026-05", "--until", "2026-09-30")
    value = json.loads(output("judge", facts, *months, "--json"))
    assert set(value) == {"score", "services", "calibration", "alert", "left_out"}
    assert value["score"] == value["services"]["speech-and-language"]
    assert value["score"]["n"] > 20
    assert value["score"]["brier"] < value["score"]["base_brier"]
    assert sum(each["n"] for each in value["calibration"]) == value["score"]["n"]
    assert [each["below"] for each in value["alert"]] == [0.1, 0.2, 0.25, 0.3, 0.4, 0.5]
    shown = output("judge", facts, *months)
    assert f"{value['score']['brier']:.4f}" in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "missing.json"), "missing.json cannot be read"),
        (("judge", "-", "--from", "2026-03", "--to", "2026-05", "--until", "2026-09-30"), "not standard input"),
        (("judge", "x", "--from", "March", "--to", "2026-05", "--until", "2026-09-30"), "--from must be a month"),
        (("judge", "x", "--from", "2026-06", "--to", "2026-05", "--until", "2026-09-30"), "--to is before --from"),
        (("judge", "x", "--from", "2026-03", "--to", "2026-05", "--until", "soon"), "--until must be a date"),
        (("fit", "missing.ndjson", "--as-of", "2026-05-01"), "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(arguments, says):
    done = run(*arguments)
    assert done.exit_code == 2
    assert says in done.output
    assert "Traceback" not in done.output


def test_a_file_that_is_no_model_is_refused(tmp_path, facts):
    wrong = tmp_path / "model.json"
    for text, says in (("{", "is not JSON"), ("{}", "no forecast model of version 1")):
        wrong.write_text(text)
        done = run("for", facts, "--as-of", "2026-05-01", "--model", wrong)
        assert (done.exit_code, says in done.output) == (2, True)


def test_where_it_cannot_be_written_is_said(facts, tmp_path):
    done = run("fit", facts, "--as-of", "2026-04-30", "-o", tmp_path / "none" / "model.json")
    assert done.exit_code == 2
    assert "cannot be written" in done.output


def test_months_without_anything_to_judge_are_said(facts):
    done = run("judge", facts, "--from", "2025-03", "--to", "2025-03", "--until", "2026-09-30")
    assert done.exit_code == 2
    assert "nothing could be judged" in done.output
