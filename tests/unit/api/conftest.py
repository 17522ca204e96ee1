import hashlib

import httpx
import pytest

from hub.api.app import create_app
from hub.api.settings import ApiSettings
from hub.store import Projector
from hub.store.engine import open_engine
from tests.support.readmodel import alert, child, dead_letter, deadline, review

TOKEN = "a-token-for-tests"
HASH = hashlib.sha256(TOKEN.encode()).hexdigest()


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/read-model.db"


@pytest.fixture
def projector(url):
    opened = Projector.open(url, lambda _: None)
    yield opened
    opened.close()


@pytest.fixture
def filled(projector):
    return fill(projector)


def fill(projector):
    """Twelve children with a deadline and an alert each, three reviews, three dead letters."""
    numbers = range(12)
    area = ["825", "826"]
    children = [child(n, f"chd-{n:02}", area=area[n % 2], open=n % 3 > 0, case_reference=f"REQ-{n}") for n in numbers]
    deadlines = [
        deadline(n, f"chd-{n:02}", f"dl-{n}", due_on=f"2026-10-{20 + n // 4}", state=["running", "overdue"][n % 2])
        for n in numbers
    ]
    alerts = [alert(n, f"al-{n}", child_id=f"chd-{n:02}", area=area[n % 2]) for n in numbers]
    projector.apply("hub.children", 0, children, 0, 12)
    projector.apply("hub.deadlines", 0, deadlines, 0, 12)
    projector.apply("hub.alerts", 0, alerts, 0, 12)
    projector.apply("hub.review", 0, [review(n, f"rv-{n}") for n in range(3)], 0, 3)
    letters = [dead_letter(n, b"Ada Lovelace", stage=["intake", "identity"][n % 2]) for n in range(3)]
    projector.apply("hub.deadletter", 0, letters, 0, 3)
    return projector


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """A read model filled once, to be read alone: nobody writes to it any more."""
    url = f"sqlite:///{tmp_path_factory.mktemp('standing')}/read-model.db"
    fill(Projector.open(url, lambda _: None)).close()
    engine = open_engine(url, read_only=True)
    yield engine
    engine.dispose()


async def unwritten(_entry):
    """The audit of those who look at nothing that is theirs to see."""


@pytest.fixture(scope="module")
def application(standing):
    """One for a whole file: to make it takes longer than most questions."""
    return create_app(ApiSettings(api_token_sha256=HASH), standing, note=unwritten)


@pytest.fixture
async def stranger(application):
    """Asks it without a token."""
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


@pytest.fixture
def known(stranger):
    """Asks it with its token."""
    stranger.headers["Authorization"] = f"Bearer {TOKEN}"
    return stranger


@pytest.fixture
def settings():
    return ApiSettings(api_token_sha256=HASH)


@pytest.fixture
def noted():
    """The audit entries of the API itself."""
    return []


@pytest.fixture
def note(noted):
    async def note(entry):
        noted.append(entry)

    return note


@pytest.fixture
async def anybody(url, settings, note):
    engine = open_engine(url, read_only=True)
    transport = httpx.ASGITransport(create_app(settings, engine, note=note), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client
    engine.dispose()


@pytest.fixture
def client(anybody):
    anybody.headers["Authorization"] = f"Bearer {TOKEN}"
    return anybody
