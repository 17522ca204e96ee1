"""Every path of the application times every role: the table here is written out apart from the code's own."""

import re
from dataclasses import replace
from itertools import count

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.routing import Match

from hub.api.access import Grant, Principal
from hub.api.access.access import access_of
from hub.api.access.permissions import EVERYBODY, MAY
from hub.api.access.principal import ROLES
from hub.api.access.ways import WAYS, Way, Ways
from hub.api.app import create_app
from hub.api.settings import ApiSettings
from hub.platform.clock import SystemClock
from hub.store.engine import open_engine
from tests.unit.api.conftest import HASH, unwritten
from tests.unit.pages import ways as pages

CASEWORK = "coordinator designated-officer service head-of-send"
ALL = f"{CASEWORK} viewer engineer information-governance admin"
WHO = {
    "GET /live": "nobody",
    "GET /ready": "nobody",
    "GET /health": ALL,
    "GET /openapi.json": ALL,
    "GET /children": f"{CASEWORK} viewer engineer",
    "GET /children/{child_id}": f"{CASEWORK} viewer engineer",
    "GET /children/{child_id}/deadlines": f"{CASEWORK} viewer engineer",
    "POST /children/{child_id}/identify": "coordinator designated-officer service",
    "GET /deadlines": f"{CASEWORK} viewer engineer",
    "GET /alerts": f"{CASEWORK} viewer engineer",
    "GET /changes": "coordinator head-of-send",
    "GET /children/{child_id}/timeline": f"{CASEWORK} viewer engineer",
    "GET /children.csv": CASEWORK,
    "GET /deadlines.csv": CASEWORK,
    "GET /alerts.csv": CASEWORK,
    "GET /sources": "coordinator head-of-send engineer admin information-governance",
    "GET /messages": "engineer admin information-governance",
    "GET /messages/{message_id}": "engineer admin information-governance",
    "GET /measures.csv": f"{CASEWORK} viewer information-governance admin",
    "GET /measures": f"{CASEWORK} viewer information-governance admin",
    "GET /reviews": "coordinator head-of-send engineer",
    "GET /reviews/{task_id}": "coordinator head-of-send engineer",
    "POST /reviews/{task_id}/evidence": "coordinator head-of-send",
    "POST /comparisons": "coordinator head-of-send",
    "POST /children/{child_id}/adoption": "coordinator head-of-send",
    "POST /decisions": "coordinator head-of-send",
    "GET /decisions/{decision_id}": "coordinator head-of-send",
    "GET /dead-letters": "engineer admin information-governance",
    "GET /dead-letters/{letter_id}": "engineer admin information-governance",
    "GET /pages/sign-in": "nobody",
    "POST /pages/sign-in": "nobody",
    "GET /pages/sign-in/begin": "nobody",
    "GET /pages/sign-in/back": "nobody",
    "POST /pages/sign-out": ALL,
    **pages.PAGES,
}
"""Who may, by path; `nobody` need be known for an open one."""

NOT_SYSTEMS = {
    "GET /decisions/{decision_id}",
    *(way for way in WHO if way.startswith("POST") and "/pages" not in way),
    *pages.NOT_SYSTEMS,
}
"""Where no system may, whatever its role."""

NOT_PEOPLE = {"GET /changes"}
"""Where no person may, whatever theirs."""


class Always:
    """Knows everybody as whom it was told."""

    def __init__(self):
        self.who = None

    async def principal(self, _request):
        return self.who


@pytest.fixture(scope="module")
def asked(standing):
    """The application, and who it takes whoever asks for."""
    settings, known = ApiSettings(api_token_sha256=HASH), Always()
    access = replace(access_of(settings, SystemClock()), authenticators=[known])
    return create_app(settings, standing, access=access, note=unwritten), known


@pytest.fixture
async def as_(asked):
    """Ask as somebody; None is nobody."""
    app, known = asked
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:

        async def ask(way, who):
            known.who = who
            method, path = way.split()
            body = {} if method == "GET" else {"json": {}}
            return await client.request(method, re.sub(r"{\w+}", "x", path), **body)

        yield ask


ACTORS = count()


def somebody(role, kind="person"):
    """Each time another, who has not yet asked too often."""
    everywhere = frozenset({"*"})
    return Principal(
        actor=f"p-{next(ACTORS)}",
        kind=kind,
        how="token",
        grants=(Grant(role=role, areas=everywhere, services=everywhere),),
    )


@pytest.mark.parametrize("way", WHO)
async def test_every_role_on_every_path(as_, way):
    may = {role for role in ROLES if (await as_(way, somebody(role))).status_code not in (401, 403)}
    expected = set() if way in NOT_PEOPLE else (set(ROLES) if WHO[way] == "nobody" else set(WHO[way].split()))
    assert may == expected


@pytest.mark.parametrize("way", WHO)
async def test_no_system_does_what_somebody_has_to_answer_for(as_, way):
    may = {role for role in ROLES if (await as_(way, somebody(role, "system"))).status_code not in (401, 403)}
    expected = set() if way in NOT_SYSTEMS else (set(ROLES) if WHO[way] == "nobody" else set(WHO[way].split()))
    assert may == expected


@pytest.mark.parametrize("way", WHO)
async def test_nobody_sees_only_what_is_open(as_, way):
    answer = await as_(way, None)
    if "/pages" in way and WHO[way] != "nobody":
        assert (answer.status_code, answer.headers["location"][:14]) == (303, "/pages/sign-in")
    else:
        assert (answer.status_code == 401) == (WHO[way] != "nobody")


def routes_of(app):
    """Every method and template that the application serves."""
    waiting, found = list(app.router.routes), []
    while waiting:
        route = waiting.pop()
        waiting += getattr(getattr(route, "original_router", None), "routes", [])
        if getattr(route, "path", None):
            found += [(method, route) for method in route.methods - {"HEAD"}]
    return found


def test_the_tables_name_every_path_that_is_served_and_no_other(settings, url):
    app = create_app(settings, open_engine(url, read_only=True))
    served = {f"{method} {route.path}" for method, route in routes_of(app)}
    assert served == {f"{way.method} {way.path}" for way in WAYS} == set(WHO)


def test_the_gate_and_the_application_mean_the_same_path(settings, url):
    app, ways = create_app(settings, open_engine(url, read_only=True)), Ways()
    for method, route in routes_of(app):
        path = re.sub(r"{\w+}", "x", route.path)
        scope = {"type": "http", "path": path, "method": method, "root_path": "", "headers": []}
        first = next(each for each in app.router.routes if each.matches(scope)[0] == Match.FULL)
        if isinstance(first, APIRoute):
            assert first.path == route.path
        found = ways.find(method, path)
        assert isinstance(found, Way)
        assert (found.method, found.path) == (method, route.path)


def test_what_is_not_in_the_table_is_not_there():
    ways = Ways()
    assert ways.find("GET", "/nothing") == frozenset()
    assert ways.find("DELETE", "/children") == {"GET"}
    assert ways.find("HEAD", "/sources") == Way("GET", "/sources", "source.read")


def test_a_permission_is_somebodys():
    assert set(MAY) >= {way.needs for way in WAYS} - {"open", "signed-in"}
    assert set(ROLES) == EVERYBODY
    assert all(MAY.values())
