"""Of a restricted child whoever is not named sees the id and the word `restricted`, and no listing tells more."""

import hashlib
from datetime import date

import pytest

from hub.api.settings import ApiSettings
from hub.store import gauges
from hub.store.engine import open_engine
from tests.support.readmodel import alert, child, deadline, record

from .conftest import HASH

NAMED = "a-token-of-a-named-person"
WITHHELD = {"child_id": "chd-b", "restricted": True}


@pytest.fixture
def settings():
    return ApiSettings(api_token_sha256=HASH, api_restricted_token_sha256=hashlib.sha256(NAMED.encode()).hexdigest())


@pytest.fixture
def two(projector):
    """An ordinary child and a restricted one, each with a deadline, an alert and a question."""
    children = [child(0, "chd-a"), child(1, "chd-b", restricted=True, case_reference="REQ-9")]
    projector.apply("hub.children", 0, children, 0, 2)
    ids = ("chd-a", "chd-b")
    projector.apply("hub.deadlines", 0, [deadline(n, id_, f"dl-{id_}") for n, id_ in enumerate(ids)], 0, 2)
    projector.apply("hub.alerts", 0, [alert(n, f"al-{id_}", child_id=id_) for n, id_ in enumerate(ids)], 0, 2)
    tasks = [
        record(
            "hub.review",
            n,
            f"rv-{id_}",
            {
                "id": f"rv-{id_}",
                "question": "data",
                "state": "open",
                "child_id": id_,
                "source": "one-education:825:2022",
                "detail": "words",
                "opened_on": "2026-10-01",
            },
        )
        for n, id_ in enumerate(ids)
    ]
    projector.apply("hub.review", 0, tasks, 0, 2)
    return projector


async def seen(client, path):
    return (await client.get(path)).json()["items"]


async def test_whoever_is_not_named_sees_the_id_and_the_word(client, two):
    listed = await seen(client, "/children")
    assert [item["child_id"] for item in listed] == ["chd-a", "chd-b"]
    assert listed[1] == WITHHELD
    assert (await client.get("/children/chd-b")).json() == WITHHELD


@pytest.mark.parametrize("query", ["area=825", "open=true", "case_reference=REQ-9", "received_from=2026-01-01"])
async def test_no_filter_tells_more(client, two, query):
    assert "chd-b" not in [item["child_id"] for item in await seen(client, f"/children?{query}")]


@pytest.mark.parametrize(
    "path", ["/deadlines", "/alerts", "/reviews", "/children/chd-b/deadlines", "/alerts?child_id=chd-b"]
)
async def test_nothing_of_the_child_is_in_another_listing(client, two, path):
    assert "chd-b" not in [item["child_id"] for item in await seen(client, path)]
    assert (await client.get("/reviews/rv-chd-b")).status_code == 404


async def test_what_was_said_under_an_id_that_was_merged_into_the_child_is_not_shown_either(client, two):
    turned = {"child_id": "chd-a", "event": "child.merged", "surviving": "chd-b", "on": "2026-10-20"}
    two.apply("hub.children", 0, [record("hub.children", 2, "chd-a", turned)], 2, 3)
    assert await seen(client, "/alerts") == []


async def test_nor_is_what_was_said_under_an_id_that_came_there_in_several_steps(client, two):
    """A into B, B into C, C into a restricted child; and two that stand in a circle, which hide nobody and end."""
    merges = [("chd-d", "chd-a"), ("chd-e", "chd-d"), ("chd-a", "chd-b"), ("chd-x", "chd-y"), ("chd-y", "chd-x")]
    turned = [
        record("hub.children", n, old, {"child_id": old, "event": "child.merged", "surviving": to, "on": "2026-10-20"})
        for n, (old, to) in enumerate(merges, 2)
    ]
    two.apply("hub.children", 0, turned, 2, 7)
    said = [alert(n, f"al-{id_}", child_id=f"chd-{id_}") for n, id_ in enumerate("dexy", 2)]
    two.apply("hub.alerts", 0, said, 2, 6)
    assert {item["id"] for item in await seen(client, "/alerts")} == {"al-x", "al-y"}
    assert await seen(client, "/deadlines") == []
    assert await seen(client, "/reviews") == []
    client.headers["Authorization"] = f"Bearer {NAMED}"
    assert len(await seen(client, "/alerts")) == 6


async def test_an_alert_for_the_restricted_list_is_not_shown_though_its_childs_record_is_yet_to_come(client, projector):
    projector.apply("hub.alerts", 0, [alert(0, "al-c", child_id="chd-c", audience="restricted")], 0, 1)
    assert await seen(client, "/alerts") == []


async def test_named_people_see_all(client, two):
    client.headers["Authorization"] = f"Bearer {NAMED}"
    assert (await client.get("/children/chd-b")).json()["case_reference"] == "REQ-9"
    for path in ("/deadlines", "/alerts", "/reviews", "/children/chd-b/deadlines", "/children?case_reference=REQ-9"):
        assert "chd-b" in [item["child_id"] for item in await seen(client, path)]


async def test_a_flag_that_is_lifted_shows_the_child_again(client, two):
    two.apply("hub.children", 0, [child(2, "chd-b", case_reference="REQ-9")], 2, 3)
    assert (await client.get("/children/chd-b")).json()["case_reference"] == "REQ-9"


def test_no_gauge_by_area_or_service_counts_the_child(two, url):
    engine = open_engine(url, read_only=True)
    with engine.connect() as connection:
        assert sum(gauges.advice_by_service(connection).values()) == 1
        assert sum(gauges.open_cases_by_age(connection, date(2026, 10, 20)).values()) == 1
    engine.dispose()
