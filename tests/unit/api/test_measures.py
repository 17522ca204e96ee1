"""GET /measures: what it takes and refuses. That its figures are the others' is in tests/unit/measures."""

import pytest

from hub.api.settings import ApiSettings
from tests.support.readmodel import case_value, child, deadline
from tests.unit.api.conftest import HASH

PERIOD = {"from": "2026-01-01", "to": "2026-12-31", "as_of": "2026-10-20"}


@pytest.fixture
def settings(tmp_path):
    clock = tmp_path / "clock"
    clock.write_text("2026-07-01T23:30:00+00:00")
    return ApiSettings(api_token_sha256=HASH, clock_file=clock)


@pytest.fixture
def known(projector):
    cases = [
        child(0, "chd-1", cases=[case_value()]),
        child(1, "chd-2", area="826", cases=[case_value(area="826", received_on="2026-03-02")]),
    ]
    projector.apply("hub.children", 0, cases, 0, 2)
    return projector


def open_cases(answer):
    measures = answer.json()["measures"]
    assert measures[0]["id"] == "open-cases"
    return {figure["weeks"]: figure["value"] for figure in measures[0]["figures"]}


async def test_measures_of_a_period(client, known):
    answer = await client.get("/measures", params=PERIOD)
    assert answer.status_code == 200
    said = answer.json()
    assert {name: said[name] for name in ("from", "to", "as_of", "known_at", "area")} == {
        **PERIOD,
        "known_at": "now",
        "area": None,
    }
    assert open_cases(answer) == {"0-6": 1, "6-16": 0, "16-20": 0, "20-52": 1, "52+": 0}
    assert answer.headers["sendhub-data-as-of"]


async def test_an_area_alone(client, known):
    answer = await client.get("/measures", params=PERIOD | {"area": "826"})
    assert sum(open_cases(answer).values()) == 1


async def test_an_area_that_a_child_moved_from_is_known(client, known):
    known.apply("hub.deadlines", 0, [deadline(0, "chd-1", "dl-1", area="827")], 0, 1)
    assert (await client.get("/measures", params=PERIOD | {"area": "827"})).status_code == 200


@pytest.mark.parametrize("path", ["/measures", "/measures.csv"])
async def test_an_area_that_nothing_is_of_is_said_not_to_be_known(client, known, path):
    """A report of nobody would read like all is well."""
    answer = await client.get(path, params=PERIOD | {"area": "828"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["title"] == "No feed and no child is of this area"
    assert "828" not in answer.text


async def test_unless_said_it_is_as_of_today_in_london(client, known):
    answer = await client.get("/measures", params={"from": "2026-01-01", "to": "2026-12-31"})
    assert answer.json()["as_of"] == "2026-07-02"


async def test_an_unchanged_report_is_a_304_and_a_changed_one_is_not(client, known):
    tag = (await client.get("/measures", params=PERIOD)).headers["etag"]
    again = await client.get("/measures", params=PERIOD, headers={"If-None-Match": tag})
    assert again.status_code == 304
    known.apply("hub.children", 0, [child(2, "chd-3", cases=[case_value()])], 2, 3)
    assert (await client.get("/measures", params=PERIOD, headers={"If-None-Match": tag})).status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"from": "2027-01-01"}, "to"),
        ({"from": "yesterday"}, "from"),
        ({"to": "1767225600"}, "to"),
        ({"as_of": "2026-02-30"}, "as_of"),
        ({"area": ""}, "area"),
        ({"known_at": "now"}, "known_at"),
    ],
)
async def test_wrong_parameters_are_named(client, known, changes, field):
    answer = await client.get("/measures", params=PERIOD | changes)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_period_is_needed(client, known):
    errors = (await client.get("/measures")).json()["errors"]
    assert {error["field"] for error in errors} == {"from", "to"}


async def test_without_a_token_there_is_nothing(anybody, known):
    assert (await anybody.get("/measures", params=PERIOD)).status_code == 401


async def test_without_a_read_model_it_says_so(client):
    assert (await client.get("/measures", params=PERIOD)).status_code == 503
