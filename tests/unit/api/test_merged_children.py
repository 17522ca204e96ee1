"""An id that was merged into another is answered with where the child goes on, until that is undone."""

from tests.support.readmodel import child, deadline, record


def turned(offset, old, surviving, event="child.merged"):
    value = {"child_id": old, "event": event, "surviving": surviving, "on": "2026-10-20"}
    return record("hub.children", offset, old, value)


async def test_the_old_id_is_answered_with_where_the_child_goes_on(client, projector):
    projector.apply("hub.children", 0, [child(0, "chd-a"), child(1, "chd-b"), turned(2, "chd-a", "chd-b")], 0, 3)
    answer = await client.get("/children/chd-a")
    assert (answer.status_code, answer.headers["location"]) == (308, "/children/chd-b")
    assert answer.json() == {"surviving": "chd-b"}
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "etag" not in answer.headers
    followed = await client.get("/children/chd-a", follow_redirects=True)
    assert followed.json()["child_id"] == "chd-b"
    listed = (await client.get("/children")).json()["items"]
    assert [item["child_id"] for item in listed] == ["chd-b"]


async def test_a_copy_of_the_old_record_is_never_called_current(client, projector):
    projector.apply("hub.children", 0, [child(0, "chd-a"), child(1, "chd-b")], 0, 2)
    tag = (await client.get("/children/chd-a")).headers["etag"]
    projector.apply("hub.children", 0, [turned(2, "chd-a", "chd-b")], 2, 3)
    again = await client.get("/children/chd-a", headers={"If-None-Match": f"{tag}, *"})
    assert again.status_code == 308


async def test_a_chain_of_merges_is_followed_to_its_end(client, projector):
    merges = [child(0, "chd-c"), turned(1, "chd-a", "chd-b"), turned(2, "chd-b", "chd-c")]
    projector.apply("hub.children", 0, merges, 0, 3)
    for old in ("chd-a", "chd-b"):
        assert (await client.get(f"/children/{old}")).headers["location"] == "/children/chd-c"
    projector.apply("hub.children", 0, [turned(3, "chd-b", "chd-c", "child.split"), child(4, "chd-b")], 3, 5)
    assert (await client.get("/children/chd-a")).headers["location"] == "/children/chd-b"
    assert (await client.get("/children/chd-b")).status_code == 200


async def test_deadlines_of_the_old_id_are_those_of_the_child_that_goes_on(client, projector):
    projector.apply("hub.children", 0, [child(0, "chd-b"), turned(1, "chd-a", "chd-b")], 0, 2)
    projector.apply("hub.deadlines", 0, [deadline(0, "chd-b", "dl-1")], 0, 1)
    answer = await client.get("/children/chd-a/deadlines?state=running&limit=5")
    assert (answer.status_code, answer.headers["location"]) == (308, "/children/chd-b/deadlines?state=running&limit=5")
    followed = await client.get("/children/chd-a/deadlines", follow_redirects=True)
    assert [item["id"] for item in followed.json()["items"]] == ["dl-1"]


async def test_rows_that_meet_in_a_circle_on_the_way_end_the_walk(client, projector):
    projector.apply("hub.children", 0, [turned(0, "chd-a", "chd-b"), turned(1, "chd-b", "chd-a")], 0, 2)
    assert (await client.get("/children/chd-a")).headers["location"] == "/children/chd-b"


async def test_an_undone_merge_leaves_the_record_as_it_was(client, projector):
    projector.apply("hub.children", 0, [child(0, "chd-a"), child(1, "chd-b")], 0, 2)
    before = await client.get("/children/chd-a")
    undone = [turned(2, "chd-a", "chd-b"), turned(3, "chd-a", "chd-b", "child.split"), child(4, "chd-a")]
    projector.apply("hub.children", 0, undone, 2, 5)
    after = await client.get("/children/chd-a")
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])
