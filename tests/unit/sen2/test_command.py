"""`sendhub sen2 export` and `compare`, as a process would see them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.commands.sen2 import app
from hub.platform.clock import DrivenClock
from hub.store import Projector
from tests.unit.casework.facts import about_request, fact, requested
from tests.unit.measures.filling import evaluated, fill, records
from tests.unit.measures.partnership import partnership

AS_OF = "2027-01-15"
REQUESTS, ASSESSMENTS = "Blade-Export_15-01-2027_requests.csv", "Blade-Export_15-01-2027_assessment.csv"
DOCUMENT = "SEN2_2027_requests-assessments.xml"
CHILDREN = 40

FACTS = [
    requested("2026-03-02", data={"by": "parent", "case_reference": "EHC-1"}),
    about_request("assessment.decided", "2026-04-10", data={"outcome": "refuse"}),
    fact("appeal.notified", "2026-05-20", "APP-1", subject={"request": "REQ-1", "appeal": "APP-1"}),
    requested("2026-05-04", "REQ-2", data={"by": "school", "case_reference": "EHC-2"}) | {"child_id": "chd-2"},
    about_request("assessment.decided", "2026-06-08", "REQ-2", data={"outcome": "assess"}) | {"child_id": "chd-2"},
    about_request("plan.issued", "2026-09-14", "REQ-2") | {"child_id": "chd-2"},
]


@pytest.fixture
def facts(tmp_path):
    file = tmp_path / "facts.jsonl"
    file.write_text("\n".join(map(json.dumps, FACTS)))
    return "--facts", str(file), "--as-of", AS_OF


def run(*arguments, status=0):
    result = CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "150"})
    assert result.exit_code == status, result.output
    return result.output


def exported(folder: Path, *arguments) -> Path:
    run("export", "--year", 2026, "--to", folder, *arguments)
    return folder


def changed(file: Path, old: str, new: str) -> Path:
    text = file.read_bytes().decode()
    assert text.count(old) == 1
    file.write_bytes(text.replace(old, new).encode())
    return file


def test_export_writes_both_files_and_says_what_is_in_them_and_what_is_not(tmp_path, facts):
    output = run("export", "--year", 2026, "--to", tmp_path / "out", *facts)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [ASSESSMENTS, REQUESTS]
    lines = [line.split() for line in output.splitlines()]
    assert ["Y", "N", "A", "W", "H", "all"] in lines
    assert ["requests", "1", "1", "0", "0", "0", "2"] in lines
    assert ["assessments", "1", "0", "0", "0", "0", "1"] in lines
    assert "SEN2 about 2026 for area 825, as of 2027-01-15: collection 2027" in output
    assert "  RYA, 2 rows: no fact tells of relevant youth accommodation" in output
    assert "RequestSource" not in output  # it is known of both
    assert "Module 1, so names, birth dates and UPNs" in output


def test_export_does_not_write_over_a_file_unless_forced(tmp_path, facts):
    out = exported(tmp_path / "out", *facts)
    (out / ASSESSMENTS).write_text("mine")
    output = run("export", "--year", 2026, "--to", out, *facts, status=2)
    assert "--force" in output
    assert (out / ASSESSMENTS).read_text() == "mine"
    exported(out, *facts, "--force")
    assert (out / ASSESSMENTS).read_text() != "mine"


@pytest.mark.parametrize(("form", "names"), [("csv", [REQUESTS, ASSESSMENTS]), ("xml", [DOCUMENT])])
def test_what_was_exported_has_no_differences(tmp_path, facts, form, names):
    out = exported(tmp_path / "out", *facts, "--format", form)
    output = run("compare", *(out / name for name in names), "--year", 2026, *facts)
    assert output.splitlines()[-1] == "No differences."


def test_compare_lists_each_difference_by_row_and_ends_with_1(tmp_path, facts):
    out = exported(tmp_path / "out", *facts)
    changed(out / REQUESTS, "2026-Apr-10", "2026-Apr-09")
    changed(out / ASSESSMENTS, ",Y,2026-Sep-14", ",Y,2026-Sep-21")
    arguments = ("compare", out / ASSESSMENTS, out / REQUESTS, "--year", 2026, *facts)
    output = run(*arguments, status=1)
    assert f"  EHC-1 (REQ-1), {REQUESTS} row 2: RequestOutcomeDate here 2026-04-10, there 2026-04-09" in output
    assert f"  EHC-2 (REQ-2), {ASSESSMENTS} row 2: AssessmentOutcomeDate here 2026-09-14, there 2026-09-21" in output
    value = json.loads(run(*arguments, "--json", status=1))
    assert value["by_field"] == {"RequestOutcomeDate": 1, "AssessmentOutcomeDate": 1}
    assert value["differences"][0]["here"] == "2026-04-10"
    assert value["equal"] is False


def test_compare_lists_rows_that_one_side_lacks(tmp_path, facts):
    out = exported(tmp_path / "out", *facts)
    changed(out / REQUESTS, "REQ-1,EHC-1,1,", "REQ-7,EHC-7,1,")
    output = run("compare", out / REQUESTS, out / ASSESSMENTS, "--year", 2026, *facts, status=1)
    assert f"  {REQUESTS} row 2: ReceivedDate 2026-03-02, RequestOutcome N" in output
    assert "  EHC-1 (REQ-1): ReceivedDate 2026-03-02, RequestOutcome N" in output
    assert "REQ-7" not in output


def test_the_requests_module_alone_can_be_compared(tmp_path, facts):
    out = exported(tmp_path / "out", *facts)
    run("compare", out / REQUESTS, "--year", 2026, *facts)


def test_a_file_that_cannot_be_read_ends_with_2_and_names_row_and_column(tmp_path, facts):
    out = exported(tmp_path / "out", *facts)
    changed(out / REQUESTS, "2026-Apr-10 00:00:00", "Zebedee")
    output = run("compare", out / REQUESTS, "--year", 2026, *facts, status=2)
    assert f"{REQUESTS} row 2, RequestOutcomeDate: not a date" in output
    assert "Zebedee" not in output
    assert "cannot be read" in run("compare", out / "none.csv", "--year", 2026, *facts, status=2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--as-of", AS_OF), "need --facts"),
        (("--sources", "sources.toml"), "need --facts"),
        (("--facts", "facts.jsonl"), "--facts needs --as-of"),
        (("--facts", "facts.jsonl", "--as-of", "2025-12-31"), "2026 has not begun on 2025-12-31"),
        (("--facts", "facts.jsonl", "--as-of", "15/01/2027"), "--as-of must be a date"),
    ],
)
def test_options_that_do_not_fit_are_refused_with_a_sentence(tmp_path, arguments, sentence):
    assert sentence in run("export", "--year", 2026, "--to", tmp_path, *arguments, status=2)


def test_a_return_is_of_one_area(tmp_path):
    there = requested("2026-03-02", "REQ-9", source="council-tracker:826:2026") | {"child_id": "chd-3"}
    file = tmp_path / "facts.jsonl"
    file.write_text("\n".join(map(json.dumps, [*FACTS, there])))
    given = ("--facts", file, "--as-of", AS_OF)
    output = run("export", "--year", 2026, "--to", tmp_path / "out", *given, status=2)
    assert "--area (there are cases of 825, 826)" in output
    assert not (tmp_path / "out").exists()
    assert "there is no case of area 999" in run(
        "export", "--year", 2026, "--to", tmp_path / "out", *given, "--area", "999", status=2
    )
    out = exported(tmp_path / "out", *given, "--area", "826")
    assert (out / REQUESTS).read_text().count("\n") == 2


def test_a_year_that_is_not_over_is_said_to_be_that(tmp_path, facts):
    output = run("export", "--year", 2027, "--to", tmp_path / "out", *facts)
    assert "The year is not over on 2027-01-15" in output


def test_from_the_read_model_it_is_the_same_as_from_the_facts(tmp_path, monkeypatch):
    on = datetime(2027, 1, 15, 12, tzinfo=UTC)
    url = f"sqlite:///{tmp_path}/read-model.db"
    projector = Projector.open(url, lambda _: None)
    fill(projector, records(evaluated(CHILDREN, on.date())))
    projector.close()
    DrivenClock(tmp_path / "clock").set(on)
    monkeypatch.setenv("SENDHUB_DATABASE_URL", url)
    monkeypatch.setenv("SENDHUB_CLOCK_FILE", str(tmp_path / "clock"))
    monkeypatch.setattr("hub.store.reader.AT_ONCE", 7)
    file = tmp_path / "facts.jsonl"
    file.write_text("\n".join(json.dumps(fact) for _, facts in partnership(CHILDREN) for fact in facts))

    kept = exported(tmp_path / "kept")
    worked_out = exported(tmp_path / "worked-out", "--facts", file, "--as-of", AS_OF)
    for name in (REQUESTS, ASSESSMENTS):
        assert (kept / name).read_bytes() == (worked_out / name).read_bytes()
    assert (kept / REQUESTS).read_text().count("\n") > 20
    assert "No differences." in run("compare", kept / REQUESTS, kept / ASSESSMENTS, "--year", 2026)


def test_without_a_read_model_it_says_what_to_check(tmp_path, monkeypatch):
    monkeypatch.setenv("SENDHUB_DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    assert "SENDHUB_DATABASE_URL" in run("export", "--year", 2020, "--to", tmp_path / "out", status=2)
