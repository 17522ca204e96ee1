"""`sendhub reconcile` and `sendhub clocks compute`, as a process would see them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from schemas.alerts import Alert
from schemas.deadlines import Deadline
from schemas.records import ChildRecord
from tests.unit.casework.facts import COUNCIL, about_request, asked, requested

FACTS = [
    requested("2026-09-01", data={"case_reference": "EHC-1"}),
    asked("2026-09-14"),
    requested("2026-09-02", received="2026-10-25") | {"child_id": "chd-0"},
]


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    return write(tmp_path, FACTS)


def write(folder: Path, values, name="facts.ndjson") -> Path:
    file = folder / name
    file.write_text("".join(value if isinstance(value, str) else json.dumps(value) + "\n" for value in values))
    return file


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def lines(result) -> list[dict]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_object_a_child_with_sorted_keys(facts):
    result = run("reconcile", facts, "--as-of", "2026-10-26", "--json")
    first, second = lines(result)
    assert [first["child_id"], second["child_id"]] == ["chd-0", "chd-1"]
    assert set(second) == {"child_id", "record", "deadlines", "alerts", "questions"}
    for line in result.stdout.splitlines():
        assert line == json.dumps(json.loads(line), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    ChildRecord.model_validate_json(json.dumps(second["record"]))
    assert [Deadline.model_validate(value).as_of.isoformat() for value in second["deadlines"]] == ["2026-10-26"] * 8
    assert {Alert.model_validate(value).threshold for value in second["alerts"]} == {"due-soon", "overdue"}


def test_known_at_says_what_was_known_and_now_means_everything(facts):
    as_of = ("reconcile", facts, "--as-of", "2026-10-20", "--json")
    by_default, now = lines(run(*as_of)), lines(run(*as_of, "--known-at", "now"))
    assert [len(child["deadlines"]) for child in by_default] == [0, 8]
    assert [len(child["deadlines"]) for child in now] == [7, 8]
    earlier = lines(run(*as_of, "--known-at", "2026-09-10"))
    assert [len(child["deadlines"]) for child in earlier] == [0, 7]


def test_sources_give_live_from_and_precedence(facts, tmp_path):
    sources = tmp_path / "sources.toml"
    sources.write_text(f'[[sources]]\nid = "{COUNCIL}"\nkind = "council"\nlive_from = 2026-12-01\n')
    for child in lines(run("reconcile", facts, "--as-of", "2026-10-26", "--sources", sources, "--json")):
        assert child["alerts"] == []


def test_compute_prints_one_deadline_a_line(facts):
    found = lines(run("clocks", "compute", facts, "--as-of", "2026-10-26", "--json"))
    assert sorted(value["clock"] for value in found if value["child_id"] == "chd-1") == [
        "advice-6w",
        "advice-all-in-12w",
        "assessment-decision-6w",
        "draft-sent-16w",
        "final-plan-20w",
        "icb-told-considering-2wd",
        "no-plan-decision-16w",
        "section-g-before-final",
    ]
    assert len(found) == 15


def test_people_can_read_both(facts):
    shown = run("reconcile", facts, "--as-of", "2026-10-26").stdout
    assert "EHC-1" in shown
    assert "overdue" in shown
    assert "2027-01-19" in run("clocks", "compute", facts, "--as-of", "2026-10-26").stdout


def bad(**fields):
    return FACTS[0] | fields


BAD = [
    ("{not json\n", "line 2: not JSON"),
    ("[1]\n", "line 2: not a JSON object"),
    (bad(effective_on="30/02/2026"), "line 2: effective_on"),
    (bad(effective_on="2026-02-30", version="x"), "line 2: version"),
    (bad(received_at="2026-09-01T09:00:00"), "line 2: received_at"),
    (bad(effective_on=1788220800), "line 2: effective_on"),
    (bad(recorded_at=1788220800), "line 2: recorded_at"),
    (bad(received_at="0001-01-01T00:00:00Z"), "line 2: received_at"),
    (bad(version="x"), "line 2: version"),
    (bad(version="7"), "line 2: version"),
    (bad(version=True), "line 2: version"),
    (bad(version=2**64), "line 2: version"),
    (bad(version=-1), "line 2: version"),
    (bad(link="lnk-1", seq=2**64), "line 2: seq"),
    (bad(kind="assessment.forgotten", retracted=True), "line 2: kind"),
    (bad(child_id=None), "line 2: child_id"),
    (bad(surprise=1), "line 2: surprise"),
    (bad(kind="assessment.forgotten"), "line 2: kind"),
    (bad(data={"basis": "s99"}), "line 2: data.basis"),
    (bad(subject={"request": ""}), "line 2: subject.request"),
    (bad(kind="link.assigned"), "line 2: link"),
]


@pytest.mark.parametrize(("line", "message"), BAD)
@pytest.mark.parametrize("command", [["reconcile"], ["clocks", "compute"]])
def test_a_bad_line_is_named_and_nothing_is_printed(line, message, command, tmp_path):
    file = write(tmp_path, [FACTS[0], line, FACTS[1]])
    result = run(*command, file, "--as-of", "2026-10-20", "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr


def test_a_retraction_need_not_repeat_what_it_takes_back(tmp_path):
    decided = about_request("assessment.decided", "2026-09-30", data={"outcome": "assess"})
    blanked = decided | {"version": 2, "retracted": True, "effective_on": None, "data": {}}
    file = write(tmp_path, [FACTS[0], blanked, decided])
    (child,) = lines(run("reconcile", file, "--as-of", "2026-10-20", "--json"))
    states = {value["clock"]: value["state"] for value in child["deadlines"]}
    assert states["assessment-decision-6w"] == "overdue"


def test_a_received_value_is_never_repeated(tmp_path):
    file = write(tmp_path, [bad(effective_on="SECRET", version="SECRET", data={"basis": "SECRET"})])
    assert "SECRET" not in run("reconcile", file, "--as-of", "2026-10-20").stderr


def test_days_on_the_topic_and_empty_lines_are_passed_over(tmp_path):
    file = write(tmp_path, ["\n", {"kind": "day.reached", "effective_on": "2026-09-02"}, FACTS[0]])
    assert len(lines(run("reconcile", file, "--as-of", "2026-10-20", "--json"))) == 1


@pytest.mark.parametrize("option", ["--as-of", "--known-at"])
def test_a_day_that_is_none_is_refused(option, facts):
    result = run("reconcile", facts, "--as-of", "2026-10-20", option, "20/10/2026")
    assert (result.exit_code, option in result.stderr) == (2, True)


def test_a_missing_file_is_a_sentence(tmp_path):
    result = run("reconcile", tmp_path / "none", "--as-of", "2026-10-20")
    assert (result.exit_code, "cannot be read" in result.stderr) == (2, True)


def test_facts_of_a_link_without_a_decision_are_said_to_wait(tmp_path):
    file = write(tmp_path, [FACTS[0] | {"link": "lnk-1", "seq": 1}])
    assert "link lnk-1 wait" in run("reconcile", file, "--as-of", "2026-10-20").stdout


def test_no_new_alert_rests_on_a_source_that_the_file_says_is_silent(tmp_path):
    silent = {
        "kind": "source.silent",
        "effective_on": "2026-10-01",
        "received_at": "2026-10-01T06:00:00Z",
        "data": {"source": COUNCIL},
    }
    loud, hushed = write(tmp_path, FACTS[:1]), write(tmp_path, [FACTS[0], silent], "silent.ndjson")
    (child,) = lines(run("reconcile", loud, "--as-of", "2026-10-20", "--json"))
    assert "overdue" in {alert["threshold"] for alert in child["alerts"]}
    (child,) = lines(run("reconcile", hushed, "--as-of", "2026-10-20", "--json"))
    assert "overdue" not in {alert["threshold"] for alert in child["alerts"]}
    nameless = write(tmp_path, [FACTS[0], silent | {"data": {}}], "nameless.ndjson")
    result = run("reconcile", nameless, "--as-of", "2026-10-20", "--json")
    assert (result.exit_code, "line 2: data.source names no source" in result.stderr) == (2, True)


def test_of_a_child_that_was_purged_nothing_is_told_of_any_day(tmp_path):
    purged = requested("2026-10-01") | {
        "kind": "child.purged",
        "source": "hub",
        "record": "chd-1",
        "subject": {},
        "data": {},
    }
    file = write(tmp_path, [*FACTS, purged])
    for day in ("2026-09-20", "2026-10-26"):
        assert [child["child_id"] for child in lines(run("reconcile", file, "--as-of", day, "--json"))] == ["chd-0"]


def test_a_day_that_does_not_exist_is_a_question_and_the_rest_stands(tmp_path):
    decided = about_request("assessment.decided", "2026-10-01", data={"outcome": "assess"})
    file = write(tmp_path, [FACTS[0], decided | {"effective_on": "2026-09-31"}])
    (child,) = lines(run("reconcile", file, "--as-of", "2026-10-20", "--json"))
    assert [question["code"] for question in child["questions"]] == ["no-date"]
    shown = {value["clock"]: value for value in child["deadlines"]}
    assert (shown["final-plan-20w"]["state"], len(shown["final-plan-20w"]["questions"])) == ("running", 1)
    assert shown["assessment-decision-6w"]["state"] == "overdue"
    meeting = about_request("review.scheduled", "2026-09-20", data={"meeting_on": "2026-02-30"})
    (child,) = lines(run("reconcile", write(tmp_path, [FACTS[0], meeting]), "--as-of", "2026-10-20", "--json"))
    assert [question["code"] for question in child["questions"]] == ["meeting-date"]
