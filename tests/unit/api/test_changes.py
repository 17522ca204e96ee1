"""The change feed over HTTP: places, permission and scope, what is gone, waiting, and streams that go on."""

import asyncio
import json
from dataclasses import replace

import httpx
import pytest

from hub.api import changes as changes_module
from hub.api import changes_stream
from hub.api.access import Grant, Principal
from hub.api.access.access import access_of
from hub.api.app import create_app
from hub.api.changes_stream import Streams, frame
from hub.platform.clock import SystemClock
from hub.store import Projector
from hub.store.changes import NOWHERE, Feed, Place
from hub.store.engine import open_engine
from tests.support.readmodel import child, deadline, record

EVERYWHERE = Grant(role="head-of-send", areas=frozenset({"*"}))
OF_825 = Grant(role="coordinator", areas=frozenset({"825"}))


class Known:
    def __init__(self):
        self.who = somebody(EVERYWHERE)

    async def principal(self, _request):
        return self.who


def somebody(*grants, actor="p-1", restricted=False):
    return Principal(actor=actor, kind="system", how="token", grants=grants, restricted=restricted)


@pytest.fixture
def known():
    return Known()


@pytest.fixture
async def ask(url, projector, settings, known):
    """Asks /changes; gives the answer."""
    engine = open_engine(url, read_only=True)
    access = replace(access_of(settings, SystemClock()), authenticators=[known])
    transport = httpx.ASGITransport(create_app(settings, engine, access=access), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:

        async def asked(after=None, *, headers=None, **query):
            place = {} if after is None else {"after": after}
            return await client.get("/changes", params={**place, **query}, headers=headers)

        yield asked
    engine.dispose()


def keys(answer):
    assert answer.status_code == 200, answer.text
    return [each["key"] for each in answer.json()["changes"]]


async def test_a_place_goes_on_where_the_answer_ended(ask, projector):
    projector.apply("hub.children", 0, [child(n, f"chd-{n}") for n in range(5)], 0, 5)
    first = await ask(limit=3)
    assert (keys(first), first.json()["more"]) == (["chd-0", "chd-1", "chd-2"], True)
    second = await ask(first.json()["next"], limit=3)
    assert (keys(second), second.json()["more"]) == (["chd-3", "chd-4"], False)
    assert first.json()["changes"][0] == {
        "topic": "hub.children",
        "key": "chd-0",
        "value": json.loads(child(0, "chd-0").value),
    }
    assert keys(await ask(first.json()["next"])) == keys(second), "asked again, it is told again"
    assert keys(await ask(second.json()["next"])) == []
    assert second.headers["cache-control"] == "no-store"


async def test_now_is_after_all_that_there_is(ask, projector):
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    now = await ask("now")
    assert keys(now) == []
    projector.apply("hub.children", 0, [record("hub.children", 1, "chd-1", None)], 1, 2)
    assert (await ask(now.json()["next"])).json()["changes"] == [
        {"topic": "hub.children", "key": "chd-1", "value": None}
    ]


async def test_it_waits_for_a_change_and_no_longer(ask, projector, monkeypatch):
    monkeypatch.setattr(changes_module, "LOOK_SECONDS", 0.01)
    place = (await ask("now")).json()["next"]
    waiting = asyncio.create_task(ask(place, wait=20))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await asyncio.to_thread(projector.apply, "hub.children", 0, [child(0)], 0, 1)
    assert keys(await asyncio.wait_for(waiting, 10)) == ["chd-1"]
    assert keys(await ask("now", wait=1)) == []


async def test_scope_and_restriction_decide_what_is_told(ask, projector, known):
    made = [child(0), child(1, "chd-2", area="826"), child(2, "chd-3", restricted=True)]
    projector.apply("hub.children", 0, made, 0, 3)
    projector.apply("hub.deadlines", 0, [deadline(0, "chd-3", restricted=True)], 0, 1)
    known.who = somebody(OF_825)
    told = (await ask()).json()["changes"]
    assert [each["value"] for each in told] == [json.loads(made[0].value), {"child_id": "chd-3", "restricted": True}]
    known.who = somebody(OF_825, restricted=True)
    assert keys(await ask()) == ["chd-1", "chd-3", "chd-3|dl-1"]
    known.who = somebody(Grant(role="engineer", areas=frozenset({"*"})))
    assert (await ask()).status_code == 403


async def test_no_person_follows_whole_records(ask, projector, known):
    """Nobody would know afterwards of whom they read."""
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    known.who = Principal(actor="prs-1", kind="person", how="session", grants=(EVERYWHERE,))
    for headers in (None, {"Accept": "text/event-stream"}):
        assert (await ask(headers=headers)).status_code == 403


async def test_another_view_has_to_begin_anew(ask, projector, known):
    """Whoever may see more now was not told of it then."""
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    place = (await ask()).json()["next"]
    known.who = somebody(EVERYWHERE, actor="p-2")
    assert keys(await ask(place)) == [], "a system's new token goes on"
    for other in (somebody(OF_825), somebody(EVERYWHERE, restricted=True)):
        known.who = other
        answer = await ask(place)
        assert (answer.status_code, answer.json()["title"]) == (410, "Begin anew")


async def test_a_read_model_that_was_filled_anew_is_begun_anew(ask, projector, tmp_path, settings):
    place = (await ask()).json()["next"]
    other = f"sqlite:///{tmp_path}/other.db"
    Projector.open(other, lambda _: None).close()
    engine = open_engine(other, read_only=True)
    transport = httpx.ASGITransport(create_app(settings, engine))
    headers = {"Authorization": "Bearer a-token-for-tests"}
    async with httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers) as client:
        assert (await client.get("/changes", params={"after": place})).status_code == 410
    engine.dispose()


@pytest.mark.parametrize("wrong", ["x", "x.y", "W10=.abc", "%00", "🙂", "a" * 2_001, ""])
async def test_a_place_that_was_made_up_is_refused(ask, wrong):
    answer = await ask(wrong)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert (await ask(headers={"Last-Event-ID": wrong.encode()})).status_code == 422


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 1_001}, {"wait": 26}, {"wait": -1}, {"wait": "x"}, {"area": 1}]
)
async def test_other_parameters_are_refused(ask, query):
    assert (await ask(**query)).status_code == 422


async def test_a_place_that_was_changed_is_refused(ask, projector):
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    place = (await ask()).json()["next"]
    payload, seal = place.split(".")
    assert (await ask(f"{payload[:-4]}AAAA.{seal}")).status_code == 422
    assert (await ask(f"{payload}.{seal[::-1]}")).status_code == 410, "as after another key: begin anew"


STREAM = {"Accept": "text/event-stream"}


def events(answer):
    """Id and keys of each event of a stream."""
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    found = []
    for block in answer.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        if "id" in fields:
            told = json.loads(fields["data"])["changes"] if "data" in fields else []
            found.append((fields["id"], [each["key"] for each in told]))
    return found


async def test_a_stream_goes_on_after_the_last_event_that_was_seen(ask, projector, monkeypatch):
    monkeypatch.setattr(changes_stream, "STREAM_SECONDS", 0.0)
    projector.apply("hub.children", 0, [child(n, f"chd-{n}") for n in range(3)], 0, 3)
    ((last, told),) = events(await ask(headers=STREAM))
    assert told == ["chd-0", "chd-1", "chd-2"]
    projector.apply("hub.children", 0, [child(3, "chd-new")], 3, 4)
    ((_, told),) = events(await ask(headers=STREAM | {"Last-Event-ID": last}))
    assert told == ["chd-new"]
    ((_, told),) = events(await ask("now", headers=STREAM))
    assert told == []
    assert (await ask(headers=STREAM | {"Last-Event-ID": "x"})).status_code == 422


async def test_a_stream_says_what_comes_and_that_it_lives(ask, projector, monkeypatch):
    monkeypatch.setattr(changes_module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(changes_stream, "STREAM_SECONDS", 1.0)
    monkeypatch.setattr(changes_stream, "BEAT_SECONDS", 0.1)
    reading = asyncio.create_task(ask("now", headers=STREAM))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(projector.apply, "hub.children", 0, [child(0)], 0, 1)
    found = events(await asyncio.wait_for(reading, 20))
    assert [told for _, told in found if told] == [["chd-1"]]
    assert len(found) > 3, "beats"


async def test_a_stream_ends_in_so_many_words_when_its_place_is_gone(monkeypatch):
    class Emptied:
        async def after(self, place, view, limit, wait):
            raise changes_stream.Gone

        def cursor(self, place, view):
            return "c"

    found = [each async for each in Streams(5)._frames(Emptied(), Feed([], Place("e", NOWHERE, NOWHERE), False), None)]
    assert found[-1].startswith(b"event: gone\ndata: begin anew")


def test_an_event_is_whole_lines():
    """A record that was written over several lines would end its event, and what follows be taken for fields."""
    item = '{"topic":"hub.children","key":"k","value":{\n"a":\r\n1}}'
    said = frame(Feed([item], Place("e", NOWHERE, NOWHERE), False), "c").decode()
    assert said.count("\n") == 4
    assert json.loads(said.split("data: ")[1]) == {
        "changes": [{"topic": "hub.children", "key": "k", "value": {"a": 1}}]
    }


@pytest.mark.parametrize("version", ["2.3", "2.4"])
async def test_a_reader_that_takes_nothing_is_given_up_and_counts_no_more(monkeypatch, version):
    monkeypatch.setattr(changes_stream, "STALL_SECONDS", 0.05)

    class Endless:
        async def after(self, place, view, limit, wait):
            return first

        def cursor(self, place, view):
            return "c"

    async def stuck(_message):
        await asyncio.sleep(60)

    async def silent():
        await asyncio.sleep(60)

    first, streams = Feed(["{}"], Place("e", NOWHERE, NOWHERE), True), Streams(5)
    made = streams.response(Endless(), first, None, "p-1")
    scope = {"type": "http", "asgi": {"spec_version": version}}
    await asyncio.wait_for(made(scope, silent, stuck), 5)
    assert streams._open.total() == 0


def test_streams_are_so_many_and_no_more():
    streams = Streams(5)
    streams._open["p-1"] = changes_stream.MOST_OF_ONE
    first = Feed([], Place("e", NOWHERE, NOWHERE), False)
    assert streams.response(None, first, None, "p-1").status_code == 503
    assert streams.response(None, first, None, "p-2").status_code == 200
    streams._open["p-3"] = changes_stream.MOST_STREAMS
    assert streams.response(None, first, None, "p-2").status_code == 503
