"""One Chromium for the run, on pages served on loopback over a read model and a desk in memory."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from hub.api.access import Grant
from hub.api.access.passwords import User, Users, hash_password
from hub.store import Projector
from tests.support.missing import missing
from tests.support.pages import PEOPLE, Served, extras
from tests.support.synthetic import Hub, fill

CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "a password for tests"
WAIT_MS = 15_000
expect.set_options(timeout=WAIT_MS)


class Site:
    """The pages as they are served, and what tests may look at behind them."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder}/read-model.db"
        self.projector = Projector.open(url, lambda _: None)
        self.hub: Hub = fill(self.projector, 24, extra=extras())
        self.served = Served(url, self.hub)
        user = User(actor="prs-amina", hash=hash_password(PASSWORD), grants=(PEOPLE["coordinator"],))
        self.served.access.users = Users(users={"amina": user})
        listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(self.served.app, access_log=False, log_level="warning", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listening]}, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self.served.engine.dispose()
        self.projector.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("browser"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = CHROMIUM if CHROMIUM.exists() else shutil.which("chromium")
    if found is None:
        missing("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playing:
        # As root Chromium has no sandbox of its own to offer; it opens nothing but these pages.
        browser = playing.chromium.launch(executable_path=str(found), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_as(chromium: Browser, site: Site):
    """A page of somebody who has signed in; nobody has with None. What the browser complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(
        who: str | None, *grants: Grant, restricted: bool = False, width: int = 1280, scripts: bool = True
    ) -> Page:
        context = chromium.new_context(
            base_url=site.address, viewport={"width": width, "height": 900}, java_script_enabled=scripts
        )
        contexts.append(context)
        if who is not None:
            value = site.served.cookie(who, *grants, restricted=restricted)
            address = site.address.replace("http:", "https:")
            context.add_cookies(
                [{"name": "__Host-sendhub", "value": value, "url": address, "secure": True, "httpOnly": True}]
            )
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def children(site: Site) -> dict[str, str]:
    """Ids of children, by what they are there for."""
    named = {name: child for child, name in site.hub.names.items()}
    found = {"ordinary": next(iter(named.values()))}
    with site.served.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT key, case_reference FROM children WHERE case_reference LIKE 'REQ-9%'")
        references = {"REQ-91": "malice", "REQ-92": "restricted", "REQ-94": "exempt", "REQ-95": "doubted"}
        found |= {references[row[1]]: row[0] for row in rows if row[1] in references}
    return found
