"""The weekly digests: what is in them, for whom, once."""

from datetime import date, timedelta

import orjson
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from hub.commands.digest import digest as digest_command
from hub.core.alerts.digest import BANDS, BEYOND, band_of, digests
from hub.core.alerts.rules import RULES
from hub.store import Projector
from schemas.sources import Source, Sources
from tests.support.readmodel import alert, deadline
from tests.unit.casework.facts import COUNCIL, LAW, about_advice, about_request, asked, on_day, requested

DAY = date(2026, 11, 20)
NONE = Sources()
SOURCES = Sources(sources=(Source(id=COUNCIL, kind="council", area="825", live_from=date(2026, 11, 16)),))


def row(n, late=1, **changes):
    known = {
        "id": f"d-{n}",
        "child_id": f"chd-{n}",
        "clock": "advice-6w",
        "law": "reg 8(1)",
        "service": "speech-and-language",
        "state": "overdue",
        "standing": True,
        "due_on": (DAY - timedelta(days=late)).isoformat(),
        "responsible": {"role": "icb", "ods": "QU9"},
        "source": COUNCIL,
        "case_reference": f"EHC-{n}",
    }
    return known | changes


def made(rows, day=DAY, silent=(), sources=NONE):
    found = digests(rows, day, RULES, sources, silent)
    return {each.place.audience: orjson.loads(orjson.dumps(each.to_json())) for each in found}


def test_it_is_for_those_who_are_told_of_such_a_deadline_when_it_is_late():
    found = digests(
        [row(1), row(2, clock="final-plan-20w", service=None, responsible={"role": "own-authority", "ods": None})],
        DAY,
        RULES,
        Sources(),
    )
    assert [tuple(each.place) for each in found] == [
        ("coordinator", "icb", "QU9"),
        ("coordinator", "own-authority", None),
        ("designated-officer", "icb", "QU9"),
        ("service:speech-and-language", "icb", "QU9"),
    ]
    assert len({each.to_json()["id"] for each in found}) == 4


def test_local_targets_and_what_is_in_time_are_in_none():
    rows = [row(1, clock="draft-sent-16w", law="local target"), row(2, state="running"), row(3, standing=False)]
    assert made(rows) == {}


def test_where_no_service_is_named_the_heading_stands_for_it():
    found = made([row(1, service=None, heading="psychological", responsible={"role": "own-authority"})])
    assert set(found) == {"coordinator", "service:psychological"}
    counted = found["coordinator"]["standing"]["by_service_and_age"]
    assert counted == [{"service": "psychological", "weeks_late": "0-4", "count": 1}]


@pytest.mark.parametrize(
    ("late", "band"),
    [(1, "0-4"), (27, "0-4"), (28, "4-12"), (83, "4-12"), (84, "12-26"), (182, "26-52"), (363, "26-52"), (364, "52+")],
)
def test_age_bands(late, band):
    assert band_of(timedelta(days=late)) == band


def test_the_backlog_is_counted_by_service_and_age_and_named():
    rows = [row(1, 10), row(2, 40), row(3, 45), row(4, 45, service="physiotherapy")]
    standing = made(rows)["coordinator"]["standing"]
    assert standing["count"] == 4
    assert standing["by_service_and_age"] == [
        {"service": "physiotherapy", "weeks_late": "4-12", "count": 1},
        {"service": "speech-and-language", "weeks_late": "0-4", "count": 1},
        {"service": "speech-and-language", "weeks_late": "4-12", "count": 2},
    ]
    assert [each["deadline"] for each in standing["deadlines"]] == ["d-3", "d-4", "d-2", "d-1"]
    assert set(standing["deadlines"][0]) == {
        "deadline", "child_id", "case_reference", "clock", "service", "due_on", "state", "source",
    }  # fmt: skip


@pytest.mark.parametrize(("late", "four", "twelve"), [(27, 0, 0), (28, 1, 0), (34, 1, 0), (35, 0, 0), (84, 0, 1)])
def test_what_is_late_for_four_and_twelve_weeks_is_named_in_one_week(late, four, twelve):
    found = made([row(1, late, standing=False), row(2, 1)])["coordinator"]
    assert (len(found["late_for_4_weeks"]), len(found["late_for_12_weeks"])) == (four, twelve)


def test_what_is_exempt_is_counted_by_service_and_named_with_since_when():
    exempt = {"state": "exempt", "standing": False, "review_by": "2026-12-08"}
    rows = [row(1, 10, **exempt), row(2, 40, **exempt), row(3, 41, service="physiotherapy", **exempt)]
    found = made([*rows, row(4, -1, **exempt)])["coordinator"]
    assert found["exempt"]["count"] == 3
    assert found["exempt"]["by_service_and_age"] == [
        {"service": "physiotherapy", "weeks_exempt": "4-12", "count": 1},
        {"service": "speech-and-language", "weeks_exempt": "0-4", "count": 1},
        {"service": "speech-and-language", "weeks_exempt": "4-12", "count": 1},
    ]
    named = [(each["deadline"], each["since"], each["review_by"]) for each in found["exempt"]["deadlines"]]
    assert named == [("d-3", "2026-10-11", "2026-12-08"), ("d-2", "2026-10-12", "2026-12-08"),
                     ("d-1", "2026-11-11", "2026-12-08")]  # fmt: skip
    assert (found["standing"]["count"], found["late_for_4_weeks"]) == (0, [])


def test_a_first_import_is_one_line_in_the_week_it_went_live():
    rows = [row(1), row(2), row(3, source="other:825:1")]
    assert made(rows, sources=SOURCES)["coordinator"]["first_imports"] == [
        {"source": COUNCIL, "live_from": "2026-11-16", "standing": 2}
    ]
    for day in (date(2026, 11, 15), date(2026, 11, 23)):
        late = [row(1, due_on="2026-10-01")]
        assert made(late, day, sources=SOURCES)["coordinator"]["first_imports"] == []


def test_a_silent_source_is_named_with_what_may_be_out_of_date():
    rows = [row(1), row(2, state="running", due_on="2026-12-01"), row(3, source="other:825:1")]
    (silent,) = made(rows, silent={COUNCIL})["coordinator"]["silent_sources"]
    assert (silent["source"], silent["count"]) == (COUNCIL, 2)
    assert [each["deadline"] for each in silent["deadlines"]] == ["d-1", "d-2"]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 400), st.booleans()), max_size=12), st.randoms())
def test_order_changes_nothing_and_every_standing_deadline_is_counted_once(drawn, random):
    rows = [
        row(n, late, standing=standing) for n, late, standing in {n: each for each in drawn for n in each[:1]}.values()
    ]
    shuffled = rows + rows
    random.shuffle(shuffled)
    assert made(shuffled) == made(rows)
    counts = [
        each["count"] for each in made(rows).get("coordinator", {}).get("standing", {}).get("by_service_and_age", [])
    ]
    assert sum(counts) == sum(each["standing"] for each in rows)


def test_bands_are_in_order():
    assert [weeks for weeks, _ in BANDS] == sorted(weeks for weeks, _ in BANDS)
    assert BEYOND == "52+"


def test_the_deadlines_that_casework_makes_fit():
    old = [
        requested("2026-01-05", received="2026-09-01"),
        about_request("assessment.decided", "2026-02-01", data={"outcome": "assess"}, received="2026-09-01"),
        asked("2026-02-02", received="2026-09-01"),
        about_advice("advice.delivered", "2026-02-03", received="2026-09-01"),
    ]
    found = on_day(old, "2026-09-01", LAW)
    rows = [orjson.loads(orjson.dumps(each.to_json("chd-1", found.day))) for each in found.deadlines]
    said = made(rows, date(2026, 9, 1))
    assert said["designated-officer"]["standing"]["count"] == 1
    assert said["coordinator"]["standing"]["count"] == 1  # of the authority's own: the plan


@pytest.fixture
def read_model(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'read.db'}"
    projector = Projector.open(url, lambda received_at: None)
    late = {"state": "overdue", "standing": True, "due_on": "2026-10-01", "source": "bht:RXQ:1"}
    projector.apply(
        "hub.deadlines",
        0,
        [deadline(0, **late), deadline(1, deadline_id="dl-2", state="running", source="bht:RXQ:1")],
        0,
        2,
    )
    monkeypatch.setenv("SENDHUB_DATABASE_URL", url)
    monkeypatch.setenv("SENDHUB_SOURCES_FILE", str(tmp_path / "sources.toml"))
    (tmp_path / "sources.toml").write_text("sources = []\n")
    return projector


app = typer.Typer()
app.command()(digest_command)


def run(*arguments):
    return CliRunner().invoke(app, ["--as-of", "2026-10-20", *arguments])


def test_the_command_shows_the_read_model_s(read_model):
    found = [orjson.loads(line) for line in run("--json").output.splitlines()]
    assert {each["audience"] for each in found} >= {"coordinator", "designated-officer"}
    assert {each["standing"]["count"] for each in found} == {1}
    assert {
        each["audience"] for each in map(orjson.loads, run("--json", "--audience", "coordinator").output.splitlines())
    } == {"coordinator"}
    assert "0-4" in run().output


def test_the_command_shows_what_is_exempt(read_model):
    read_model.apply("hub.deadlines", 0, [deadline(2, deadline_id="dl-3", state="exempt", due_on="2026-10-02")], 2, 3)
    assert "exempt since 2026-10-03: " in run().output
    found = [orjson.loads(line) for line in run("--json").output.splitlines()]
    assert {each["exempt"]["count"] for each in found} == {1}


def test_the_command_names_silent_sources(read_model):
    silent = alert(
        0, "al-9", child_id=None, about="bht:RXQ:1", deadline=None, threshold="source-silent", audience="operations"
    )
    read_model.apply("hub.alerts", 0, [silent], 0, 1)
    found = [orjson.loads(line) for line in run("--json").output.splitlines()]
    assert {each["silent_sources"][0]["count"] for each in found} == {2}
    assert "bht:RXQ:1 is silent: 2 open deadlines may be out of date" in run().output


def test_an_empty_read_model_has_nothing_to_say(read_model):
    assert run("--audience", "nobody").output == "Nothing to say.\n"


def test_a_missing_read_model_is_said(tmp_path, monkeypatch, read_model):
    monkeypatch.setenv("SENDHUB_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    result = run("--json")
    assert result.exit_code == 2
