import json

import pytest

from tests.support.readmodel import child, deadline_value, record


async def everything(client, path, **parameters):
    """Follow the cursors to the end."""
    pages, cursor = [], {}
    while True:
        answer = await client.get(path, params=parameters | cursor)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json()["items"])
        assert len(pages) < 50
        if answer.json()["next"] is None:
            return pages
        cursor = {"cursor": answer.json()["next"]}


@pytest.mark.parametrize(
    ("path", "count", "key"),
    [
        ("/children", 12, "child_id"),
        ("/deadlines", 12, "id"),
        ("/alerts", 12, "id"),
        ("/reviews", 3, "id"),
        ("/dead-letters", 3, "id"),
    ],
)
@pytest.mark.parametrize("limit", [1, 5, 12, 500])
async def test_pages_show_each_item_once_in_the_same_order(client, filled, path, count, key, limit):
    (whole,) = await everything(client, path, limit=500)
    pages = await everything(client, path, limit=limit)
    assert [item for page in pages for item in page] == whole
    assert len({item[key] for item in whole}) == len(whole) == count
    assert all(len(page) <= limit for page in pages)


@pytest.mark.parametrize(
    ("path", "parameters", "count"),
    [
        ("/children", {"area": "825"}, 6),
        ("/children", {"open": "false"}, 4),
        ("/children", {"area": "825", "open": "true"}, 4),
        ("/children", {"case_reference": "REQ-7"}, 1),
        ("/children", {"received_from": "2026-09-15"}, 0),
        ("/children", {"received_to": "2026-09-14"}, 12),
        ("/deadlines", {"state": "overdue"}, 6),
        ("/deadlines", {"clock": "final-plan-20w"}, 0),
        ("/deadlines", {"service": "speech-and-language", "area": "825"}, 12),
        ("/deadlines", {"due_from": "2026-10-21", "due_to": "2026-10-21"}, 4),
        ("/children/chd-03/deadlines", {}, 1),
        ("/children/chd-03/deadlines", {"state": "running"}, 0),
        ("/alerts", {"threshold": "overdue", "area": "826", "state": "open"}, 6),
        ("/alerts", {"child_id": "chd-03"}, 1),
        ("/alerts", {"since_to": "2026-10-27"}, 0),
        ("/reviews", {"question": "conflict", "state": "open"}, 3),
        ("/reviews", {"source": "bht-community:RXQ:2026"}, 0),
        ("/dead-letters", {"stage": "intake"}, 2),
        ("/dead-letters", {"source": "one-education:825:2022", "error": "PermanentError"}, 3),
        ("/dead-letters", {"error": "KeyError"}, 0),
    ],
)
async def test_filters(client, filled, path, parameters, count):
    pages = await everything(client, path, limit=3, **parameters)
    assert sum(map(len, pages)) == count


async def test_advice_that_names_no_service_is_found_by_its_heading_and_shown_as_received(client, filled):
    value = deadline_value("chd-03", "dl-new", service=None, heading="psychological")
    filled.apply("hub.deadlines", 1, [record("hub.deadlines", 0, "chd-03|dl-new", value)], 0, 1)
    (page,) = await everything(client, "/deadlines", limit=4, service="psychological")
    assert [(item["id"], item["service"], item["heading"]) for item in page] == [("dl-new", None, "psychological")]


async def test_deadlines_come_soonest_first_and_alerts_newest_first(client, filled):
    due = [item["due_on"] for page in await everything(client, "/deadlines", limit=4) for item in page]
    assert due == sorted(due)
    filled.apply(
        "hub.alerts", 1, [record("hub.alerts", 0, "x", {**ALERT, "id": "al-new", "since": "2026-12-01"})], 0, 1
    )
    newest = (await client.get("/alerts", params={"limit": 1})).json()["items"][0]
    assert newest["id"] == "al-new"


ALERT = {
    "id": "",
    "child_id": None,
    "about": "one-education:825:2022",
    "deadline": None,
    "threshold": "unmatched-input",
    "audience": "coordinator",
    "state": "open",
    "since": "2026-10-28",
    "caused_by": "day",
}


async def test_paging_holds_while_rows_come_and_go(client, filled):
    first = (await client.get("/children", params={"limit": 6})).json()
    filled.apply("hub.children", 1, [child(0, "chd-00x"), record("hub.children", 1, "chd-05", None)], 0, 2)
    rest = (await client.get("/children", params={"limit": 12, "cursor": first["next"]})).json()
    assert [item["child_id"] for item in rest["items"]] == [f"chd-{n:02}" for n in range(6, 12)]


async def test_a_record_is_given_as_it_was_written(client, projector):
    body = child(0).value.replace(b'"standing": 0', b'"standing" : 0')
    projector.apply("hub.children", 0, [record("hub.children", 0, "chd-1", body)], 0, 1)
    answer = await client.get("/children/chd-1")
    assert answer.content == body
    assert answer.headers["content-type"] == "application/json"


async def test_what_is_not_there_is_a_404_problem(client, filled):
    for path in ("/children/none", "/children/none/deadlines", "/dead-letters/none", "/nothing"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_a_dead_letter_shows_no_content(client, filled):
    listed = await client.get("/dead-letters")
    one = await client.get(f"/dead-letters/{listed.json()['items'][0]['id']}")
    assert one.json() == listed.json()["items"][0]
    assert "Ada" not in listed.text + one.text


async def test_an_unchanged_answer_is_a_304(client, filled):
    first = await client.get("/children")
    again = await client.get("/children", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    filled.apply("hub.children", 1, [child(0, "chd-99")], 0, 1)
    assert (await client.get("/children", headers={"If-None-Match": first.headers["etag"]})).status_code == 200


async def test_answers_say_what_time_the_data_is_of(client, filled):
    assert (await client.get("/children")).headers["sendhub-data-as-of"] == "Wed, 14 Oct 2026 17:46:40 GMT"
    health = (await client.get("/health")).json()
    assert health["ready"] is True
    assert health["data_as_of"]["hub.children"] == "2026-10-14T17:46:40Z"
    assert set(health["data_as_of"]) == {"hub.children", "hub.deadlines", "hub.alerts", "hub.review", "hub.deadletter"}


async def test_the_description_names_every_path(client):
    described = json.loads((await client.get("/openapi.json")).text)
    assert {"/children", "/children/{child_id}", "/children/{child_id}/deadlines", "/deadlines", "/alerts"} <= set(
        described["paths"]
    )
