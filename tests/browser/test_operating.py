"""The pages of whoever operates the hub, in Chromium: nothing serious for axe, no sideways scrolling at 400%, a replay
that is watched, stopped and begun by keyboard and without scripts, and nothing that a sender wrote runs."""

import socket
import threading
import time

import pytest
import uvicorn
from playwright.sync_api import expect

from hub.api.access import Grant
from tests.browser.conftest import WAIT_MS
from tests.browser.test_pages import _tab_until, overflows, troubles
from tests.support.engineering import EVIL, Doing, fill_engineering, key
from tests.support.pages import Served

PAGES = {
    "messages": ("engineer", "/pages/messages"),
    "no-messages": ("engineer", "/pages/messages?type=none"),
    "message": ("engineer", f"/pages/messages/{key('m-taken')}"),
    "message-given-up": ("engineer", f"/pages/messages/{key('m-lost')}"),
    "message-to-open": ("information-governance", f"/pages/messages/{key('m-asked')}"),
    "replay": ("engineer", "/pages/messages/replay?state=taken"),
    "replay-nothing": ("engineer", "/pages/messages/replay"),
    "letters": ("engineer", "/pages/dead-letters"),
    "letters-fixed": ("engineer", "/pages/dead-letters?list=fixed"),
    "letters-replay": ("engineer", "/pages/dead-letters/replay"),
    "jobs": ("operator", "/pages/jobs"),
    "job-of-before": ("operator", "/pages/jobs/job-old"),
    "sources": ("operator", "/pages/sources"),
    "sources-alone": ("coordinator", "/pages/sources"),
}


LOOKS = 50
"""How often a job that is at work is looked at again by hand."""
GRANTS = {"operator": (Grant(role="engineer", areas=frozenset({"*"})),)}
"""Who operates the hub in every area, beside those of one."""


class Operated:
    """The pages on loopback; `doing` is what is done from them."""

    def __init__(self, folder):
        url = f"sqlite:///{folder}/read-model.db"
        fill_engineering(url)
        self.doing = Doing()
        self.served = Served(url, None, doing=self.doing)
        listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(self.served.app, access_log=False, log_level="warning", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listening]}, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def close(self):
        self._server.should_exit = True
        self._thread.join(10)
        self.served.engine.dispose()


@pytest.fixture(scope="module")
def operated(tmp_path_factory):
    made = Operated(tmp_path_factory.mktemp("operated"))
    yield made
    made.close()


@pytest.fixture
def open_as(chromium, operated):
    contexts, complaints = [], []

    def opened(who, *, scripts=True):
        viewport = {"width": 1280, "height": 900}
        context = chromium.new_context(base_url=operated.address, viewport=viewport, java_script_enabled=scripts)
        contexts.append(context)
        address, value = operated.address.replace("http:", "https:"), operated.served.cookie(who, *GRANTS.get(who, ()))
        cookie = {"name": "__Host-sendhub", "value": value, "url": address, "secure": True, "httpOnly": True}
        context.add_cookies([cookie])
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious_for_axe_and_nothing_beyond_a_narrow_screen(open_as, name):
    who, path = PAGES[name]
    page = open_as(who)
    page.goto(path)
    assert troubles(page) == []
    # 1280 pixels at 400% are 320 of CSS.
    page.set_viewport_size({"width": 320, "height": 256})
    assert overflows(page) == []
    if name == "sources":
        page.locator("summary").first.click()
        assert troubles(page) == []
        assert overflows(page) == []


def test_what_was_received_is_text_and_nothing_else(open_as):
    page = open_as("information-governance")
    page.goto(f"/pages/messages/{key('m-taken')}")
    page.get_by_label("Why do you need to see it?").fill("no")
    page.get_by_role("button", name="Show what was received").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert troubles(page) == []
    page.get_by_label("Why do you need to see it?").fill("a request of a parent")
    page.get_by_role("button", name="Show what was received").click()
    expect(page.get_by_role("region", name="Body as received")).to_contain_text(EVIL)
    expect(page.locator("img")).to_have_count(0)
    assert troubles(page) == []
    page.set_viewport_size({"width": 320, "height": 256})
    assert overflows(page) == []


def test_a_replay_is_watched_with_scripts_and_stopped_by_keyboard(open_as, operated):
    page = open_as("engineer")
    page.goto("/pages/messages?state=taken")
    _tab_until(page, "Replay these")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pages/messages/replay?*")
    page.get_by_label("Why?").press_sequentially("the decoder was mended")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pages/jobs/*")
    page.get_by_text("2 of 63 put back").wait_for()
    assert troubles(page) == []
    _tab_until(page, "Stop")
    page.keyboard.press("Enter")
    page.get_by_text("Stopping").first.wait_for()
    operated.doing.go.set()
    # Nothing is pressed: the page looks again by itself.
    page.get_by_text("Left, as it was stopped").wait_for()
    assert troubles(page) == []
    page.set_viewport_size({"width": 320, "height": 256})
    assert overflows(page) == []


def test_all_of_it_goes_without_scripts(open_as, operated):
    operated.doing.go.set()
    page = open_as("operator", scripts=False)
    page.goto("/pages/dead-letters")
    page.get_by_role("link", name="The body is not JSON").click()
    page.get_by_role("link", name="Replay all 3 that are open").click()
    page.get_by_label("Why?").fill("the decoder was mended")
    page.get_by_role("button", name="Replay 3 dead letters").click()
    ended, again = page.get_by_role("rowheader", name="Came back"), page.get_by_role("link", name="Look again")
    for _ in range(LOOKS):
        expect(ended.or_(again).first).to_be_visible()
        if ended.is_visible():
            break
        again.click()
    expect(ended).to_be_visible()
    page.get_by_role("link", name="Messages", exact=True).click()
    page.get_by_label("Id of a message").fill("m-taken")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("2 statements came of it.")).to_be_visible()
    page.get_by_role("link", name="Sources and stages").click()
    page.locator("summary", has_text="Pause it: Intake").click()
    page.locator("#intake-reason").fill("a wrong decoder")
    page.get_by_role("button", name="Pause Intake").click()
    expect(page.get_by_text("Paused by prs-operator")).to_be_visible()
