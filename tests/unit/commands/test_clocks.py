"""`sendhub clocks list` and `explain`, as their users see them."""

from pathlib import Path

import pytest

from hub.core.clocks.rules import RULES
from tests.unit.casework.facts import CHILD, about_request, requested
from tests.unit.commands.test_reconcile import lines, run, write

FACTS = [
    requested("2026-06-01"),
    about_request(
        "exemption.claimed", "2026-07-01", data={"ground": "absence", "from": "2026-06-10", "to": "2026-07-10"}
    ),
]


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    return write(tmp_path, FACTS)


def test_every_row_of_the_timetable_is_listed(tmp_path):
    rows = lines(run("clocks", "list", "--json"))
    assert [(row["clock"], row["law"]) for row in rows] == [(rule.clock, rule.law) for rule in RULES]
    shown = run("clocks", "list").stdout
    for text in ("final-plan-20w", "reg 13(2)", "before 31 March", "the body asked"):
        assert text in shown


def test_explain_says_why_a_date_is_what_it_is(facts):
    asked = ("clocks", "explain", "--child", CHILD, "--facts", facts, "--as-of", "2026-11-01")
    shown = " ".join(run(*asked, "--clock", "final-plan-20w").stdout.split())
    for text in ("reg 13(2)", "starts on 2026-06-01", "record REQ-1", "20 weeks", "2026-10-19", "absence", "exempt"):
        assert text in shown
    assert "assessment-decision-6w" not in shown
    values = lines(run(*asked, "--json"))
    assert all(len(value["explanation"]) >= 4 for value in values)


def test_explain_says_what_is_missing(facts):
    nobody = run("clocks", "explain", "--child", "chd-9", "--facts", facts, "--as-of", "2026-11-01")
    assert (nobody.exit_code, "no deadline of this child" in nobody.stderr) == (2, True)
    half = run("clocks", "explain", "--child", CHILD, "--facts", facts)
    assert (half.exit_code, "--as-of" in half.stderr) == (2, True)


def test_explain_reads_the_read_model_where_no_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("SENDHUB_DATABASE_URL", f"sqlite:///{tmp_path / 'absent.db'}")
    result = run("clocks", "explain", "--child", CHILD)
    assert (result.exit_code, "SENDHUB_DATABASE_URL" in result.stderr) == (2, True)
