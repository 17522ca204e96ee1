"""The frame: navigation by role, refusals in words, forms of our own, files and live updates."""

import re
from contextlib import ExitStack

import pytest
import structlog

from hub.api.access import Grant
from hub.api.pages import router
from tests.support.pages import PEOPLE, Served, Visitor

NAVIGATION = {
    "coordinator": ["Worklist", "Changes", "Find a child", "Questions", "Measures"],
    "designated-officer": ["Worklist", "Changes", "Find a child", "Measures"],
    "service": ["Worklist", "Changes", "Find a child", "Measures"],
    "head-of-send": ["Worklist", "Changes", "Questions", "Measures"],
    "viewer": ["Worklist", "Changes", "Measures"],
    "engineer": ["Worklist", "Changes", "Questions"],
    "information-governance": ["Measures"],
    "admin": ["Measures"],
}


@pytest.mark.parametrize("role", NAVIGATION)
async def test_each_role_is_offered_what_it_may_open(visit, role):
    who = visit(role)
    start = await who.get("/pages")
    page = await who.get(start.headers["location"])
    shown = re.findall(r'<li><a href="(/pages/[a-z]+)"[^>]*>([^<]+)</a></li>', page.text)
    known = {title for titles in NAVIGATION.values() for title in titles}
    assert [title for _, title in shown if title in known] == NAVIGATION[role]
    for path, _ in shown:
        assert (await who.get(path)).status_code == 200


@pytest.mark.parametrize("role", PEOPLE)
async def test_every_page_has_one_heading_and_its_name_in_the_title(visit, role, children):
    who = visit(role)
    for path in ("/pages/worklist", "/pages/changes", "/pages/find", "/pages/measures", "/pages/questions", "/pages/x"):
        page = (await who.get(path)).text
        assert len(re.findall("<h1", page)) == 1
        assert re.search(r"<title>[^<]+ – SEND hub</title>", page)
        assert '<html lang="en">' in page
        assert 'class="skip"' in page


async def test_a_page_says_in_words_what_is_missing_and_what_is_not_allowed(visit):
    missing = await visit("viewer").get("/pages/nothing")
    assert (missing.status_code, "<h1>" in missing.text) == (404, True)
    refused = await visit("viewer").get("/pages/find")
    assert refused.status_code == 403
    assert "ask whoever gave you your role" in refused.text
    unfit = await visit("viewer").get("/pages/worklist?colour=chartreuse")
    assert unfit.status_code == 422
    assert "chartreuse" not in unfit.text


async def test_without_a_read_model_a_page_says_so(tmp_path, hub):
    served = Served(f"sqlite:///{tmp_path}/none.db", hub)
    answer = await Visitor(served, "viewer").get("/pages/worklist")
    assert answer.status_code == 503
    assert "away just now" in answer.text
    assert answer.headers["retry-after"]


async def test_what_breaks_is_said_and_logged_without_what_it_was_about(visit, monkeypatch):
    def broken(*_said):
        raise ValueError("Ines Twice")

    monkeypatch.setattr("hub.api.pages.changes._read", broken)
    with structlog.testing.capture_logs() as logged:
        answer = await visit("viewer").get("/pages/changes?since=2026-11-01")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert [(said["event"], said["error"], said["page"]) for said in logged] == [
        ("a page failed", "ValueError", "/pages/changes")
    ]
    assert "Ines" not in answer.text + str(logged)


@pytest.mark.parametrize("path", ["/pages/find", "/pages/filters", "/pages/worklist.csv", "/pages/sign-out"])
async def test_a_form_that_is_not_ours_is_refused(visit, path, hub, served):
    answer = await visit("coordinator").post(path, token="made up", name="Ines", query="-", reason="long enough")
    assert answer.status_code == 403
    assert hub.audits == []


@pytest.mark.parametrize("cookie", ["", "x", "e30=", "A" * 5000])
async def test_a_forged_session_has_to_sign_in(served, cookie):
    who = Visitor(served, "coordinator")
    who.cookies["__Host-sendhub"] = cookie
    answer = await who.get("/pages/children/x?secret=1")
    assert (answer.status_code, answer.headers["location"][:21]) == (303, "/pages/sign-in?onward")


@pytest.mark.parametrize("cookie", ["", "x", "e30=", "A" * 3000])
async def test_forged_keepsakes_are_as_none(visit, cookie):
    who = visit("coordinator")
    who.cookies |= {"__Host-sendhub-kept": cookie, "__Host-sendhub-opened": cookie}
    assert (await who.get("/pages/worklist")).status_code == 200


async def test_files_may_be_kept_and_pages_not(visit):
    page = await visit("viewer").get("/pages/worklist")
    assert page.headers["cache-control"] == "no-store"
    for path in re.findall(r'(?:href|src)="(/pages/files/[^"]+)"', page.text):
        file = await visit("viewer").get(path)
        assert file.status_code == 200
        assert "immutable" in file.headers["cache-control"]
    assert (await visit("viewer").get("/pages/files/..%2Flook.py")).status_code == 404
    assert (await visit("viewer").get("/pages/files/look.py")).status_code == 404


async def test_pages_are_light(visit, children):
    who, total = visit("coordinator"), 0
    for path in ("/pages/worklist?list=standing", f"/pages/children/{children['ordinary']}", "/pages/measures"):
        page = await who.get(path)
        total = max(total, len(page.content))
        files = {path: len((await who.get(path)).content) for path in re.findall(r'"(/pages/files/[^"]+)"', page.text)}
        assert len(page.content) + sum(files.values()) < 200_000
    assert total < 100_000


async def test_news_are_told_once_there_are_any(visit):
    answer = await visit("viewer").get("/pages/fresh?after=1")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: fresh" in answer.text
    assert (await visit("viewer").get("/pages/fresh?after=-1")).status_code == 422


def test_one_person_does_not_take_all_streams():
    streams = router._Streams()
    with ExitStack() as held:
        for _ in range(router.STREAMS_EACH):
            assert not streams.is_full("prs-1")
            held.enter_context(streams.held("prs-1"))
        assert streams.is_full("prs-1")
        assert not streams.is_full("prs-2")
        for number in range(router.STREAMS - router.STREAMS_EACH):
            held.enter_context(streams.held(f"prs-{number + 2}"))
        assert streams.is_full("prs-9999")
    assert not streams.is_full("prs-1")
    assert not streams._open


async def test_who_has_too_many_streams_is_told_to_ask_later(visit, monkeypatch):
    monkeypatch.setattr(router, "STREAMS_EACH", 0)
    answer = await visit("viewer").get("/pages/fresh?after=1")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


async def test_measures_of_an_area_that_no_feed_has_are_not_worked_out(visit):
    everywhere = visit("viewer", Grant(role="viewer", areas=frozenset({"*"})))
    assert (await everywhere.get("/pages/measures?area=825")).status_code == 200
    answer = await everywhere.get("/pages/measures?area=nowhere")
    assert (answer.status_code, "No feed and no child is of this area" in answer.text) == (400, True)
    assert "Ask for one that is known: 825" in answer.text
    assert 'href="/pages/measures"' in answer.text
    assert "nowhere" not in answer.text


async def test_measures_are_not_worked_out_without_end(visit):
    who = visit("viewer")
    statuses = [(await who.get("/pages/measures?measure=none")).status_code for _ in range(61)]
    assert (statuses[0], statuses[-1]) == (404, 429)


async def test_measures_of_another_area_are_not_there(visit):
    who = visit("viewer")
    assert (await who.get("/pages/measures?area=931")).status_code == 404
    assert (await who.get("/pages/measures?measure=none")).status_code == 404
    page = (await who.get("/pages/measures?measure=advice-on-time")).text
    assert page.count("<svg") == 3
    assert "By service" in page
