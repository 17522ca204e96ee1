"""Browsers: signing in by password or provider, sessions, forms of our own, and what is tried too often."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from hub.api.access import Grant, limits
from hub.api.access.access import access_of
from hub.api.access.keys import AccessKey
from hub.api.access.mapping import Mapped, Row
from hub.api.access.oidc import Provider, TokenCheck
from hub.api.access.oidc.signing_in import SigningIn
from hub.api.access.passwords import User, Users, hash_password
from hub.api.access.sessions import COOKIE, LARGEST
from hub.api.app import create_app
from hub.api.settings import ApiSettings
from hub.stages.errors import Unavailable
from hub.store.engine import open_engine
from tests.unit.api.conftest import HASH
from tests.unit.api.signed import CLIENT, ISSUER, FakeProvider

HUB = "https://hub.example"
BACK = f"{HUB}/pages/sign-in/back"


class Driven:
    def __init__(self):
        self.at = datetime.now(UTC)

    def now(self):
        return self.at


@pytest.fixture
def clock():
    return Driven()


@pytest.fixture
def provider():
    return FakeProvider()


@pytest.fixture
def audits():
    return []


@pytest.fixture(scope="module")
def users():
    coordinator = Grant(role="coordinator", areas=frozenset({"825"}))
    amina = User(actor="prs-1", hash=hash_password("correct horse"), grants=(coordinator,))
    return Users(users={"amina": amina})


@pytest.fixture
async def hub(url, filled, clock, provider, users, audits):
    """A browser with no cookies; `hub.access` is what the application was made with."""
    settings = ApiSettings(api_token_sha256=HASH)
    key = AccessKey(b"k" * 32)
    known = Provider(ISSUER, provider.client)
    rows = Mapped([Row(claim="groups", value="send", role="coordinator", areas=frozenset({"825"}))], ["none"])
    access = access_of(settings, clock)
    signing = SigningIn(known, TokenCheck(known, CLIENT, clock), key, clock, CLIENT, "secret", BACK, "openid")
    access = replace(access, key=key, users=users, mapped=rows, issuer=ISSUER, signing_in=signing)

    async def note(entry):
        audits.append(entry)

    engine = open_engine(url, read_only=True)
    app = create_app(settings, engine, access=access, note=note)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=HUB) as client:
        client.access, client.app = access, app
        yield client
    engine.dispose()


def token_in(page):
    return re.search(r'name="csrf_token" value="(\w+)"', page.text)[1]


async def sign_in(hub, name="amina", password="correct horse", **more):
    page = await hub.get("/pages/sign-in", params={"onward": "/pages/worklist"})
    form = {"name": name, "password": password, "onward": "/pages/worklist", "csrf_token": token_in(page)}
    return await hub.post("/pages/sign-in", data=form | more)


async def by_provider(hub, provider, **claims):
    begun = await hub.get("/pages/sign-in/begin", params={"onward": "/pages/worklist"})
    code, state = provider.sign_in(begun.headers["location"], **claims)
    return await hub.get("/pages/sign-in/back", params={"code": code, "state": state})


async def test_a_password_lets_in_and_it_is_audited_first(hub, audits):
    answer = await sign_in(hub)
    assert (answer.status_code, answer.headers["location"]) == (303, "/pages/worklist")
    assert [(entry.actor, entry.action) for entry in audits] == [("prs-1", "session.begin")]
    assert (await hub.get("/children")).status_code == 200


async def test_the_cookie_is_for_this_host_alone_and_out_of_scripts_reach(hub):
    said = next(each for each in (await sign_in(hub)).headers.get_list("set-cookie") if each.startswith(COOKIE))
    assert said.startswith("__Host-")
    for word in ("; Secure", "; HttpOnly", "; SameSite=lax", "; Path=/"):
        assert word.lower() in said.lower()
    assert "domain" not in said.lower()
    assert "prs-1" not in said


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong"}, {"name": "nobody"}, {"name": ""}, {"password": "x" * 5_000}, {"name": "\x00"}]
)
async def test_a_wrong_name_and_a_wrong_password_are_answered_alike(hub, wrong):
    answer = await sign_in(hub, **wrong)
    assert (answer.status_code, "Name or password is wrong" in answer.text) == (401, True)
    assert COOKIE not in hub.cookies


async def test_a_form_of_too_many_fields_is_no_form(hub):
    await hub.get("/pages/sign-in")
    assert (await hub.post("/pages/sign-in", data={f"f{number}": "x" for number in range(100)})).status_code == 403


async def test_a_wrong_password_of_somebody_is_audited_by_their_id(hub, audits):
    await sign_in(hub, password="wrong")
    await sign_in(hub, name="nobody")
    assert [(entry.actor, entry.action) for entry in audits] == [("prs-1", "session.refused")]


async def test_what_cannot_be_audited_lets_nobody_in(url, filled, hub):
    async def away(_entry):
        raise Unavailable("Kafka does not take it")

    engine = open_engine(url, read_only=True)
    app = create_app(ApiSettings(api_token_sha256=HASH), engine, access=hub.access, note=away)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HUB) as client:
        answer = await sign_in(client)
        assert (answer.status_code, "You were not signed in" in answer.text) == (503, True)
        assert answer.headers["content-type"].startswith("text/html")
        assert COOKIE not in client.cookies
    engine.dispose()


async def test_guessing_is_slowed_down_by_name_and_by_client(hub):
    answers = [await sign_in(hub, password=f"guess {number}") for number in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await sign_in(hub)).status_code == 429


async def test_guessing_of_many_names_from_one_address_is_slowed_down_too(hub, monkeypatch):
    monkeypatch.setattr(limits, "MANY", 1)
    others = [await sign_in(hub, name=f"user{number}") for number in range(6)]
    assert [answer.status_code for answer in others] == [401] * 5 + [429]


async def test_a_sign_in_form_of_another_page_is_refused(hub):
    await hub.get("/pages/sign-in")
    for form in ({}, {"csrf_token": "0" * 40}, {"csrf_token": "é"}):
        answer = await hub.post("/pages/sign-in", data={"name": "amina", "password": "correct horse", **form})
        assert answer.status_code == 403
    page = await hub.get("/pages/sign-in")
    form = {"name": "amina", "password": "correct horse", "csrf_token": token_in(page)}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert (await hub.post("/pages/sign-in", data=form, headers=headers)).status_code == 403
    assert (await hub.post("/pages/sign-in", data=form, headers={"Origin": HUB})).status_code == 303


@pytest.mark.parametrize(
    "onward",
    ["https://evil.example", "//evil.example", "/pagesevil", "/\\evil", "/pages/\\x", "/pages/\r\nX: y", "é", ""],
)
async def test_nobody_is_sent_elsewhere_after_it(hub, onward):
    answer = await sign_in(hub, onward=onward)
    assert answer.headers["location"] == "/pages"


async def test_a_session_ends_when_nobody_used_it_and_at_the_end_of_the_day(hub, clock):
    await sign_in(hub)
    for _ in range(8):
        clock.at += timedelta(minutes=29)
        assert (await hub.get("/children")).status_code == 200
    clock.at += timedelta(minutes=31)
    assert (await hub.get("/children")).status_code == 401
    await sign_in(hub)
    for _ in range(20):
        clock.at += timedelta(minutes=29)
        assert (await hub.get("/children")).status_code == 200
    clock.at += timedelta(minutes=29)
    assert (await hub.get("/children")).status_code == 401


async def test_a_cookie_that_was_changed_or_made_elsewhere_is_worth_nothing(hub):
    await sign_in(hub)
    value = hub.cookies[COOKIE]
    hub.cookies.clear()
    for forged in (value[:-6] + "AAAA" + value[-2:], value[:40], "", "x", "é" * 9, "A" * 5_000):
        answer = await hub.get("/children", headers={"Cookie": f"{COOKIE}={forged}".encode("latin-1")})
        assert answer.status_code == 401
    twice = await hub.get("/children", headers={"Cookie": f"{COOKIE}={value}; {COOKIE}={value}"})
    assert twice.status_code == 401
    assert (await hub.get("/children", headers={"Cookie": f"{COOKIE}={value}"})).status_code == 200


async def test_whoever_signed_out_is_out_with_every_copy_of_the_cookie(hub, audits):
    await sign_in(hub)
    copy = hub.cookies[COOKIE]
    token = await token_of(hub)
    answer = await hub.post("/pages/sign-out", data={"csrf_token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/pages/sign-in")
    assert COOKIE not in hub.cookies
    assert (await hub.get("/children", headers={"Cookie": f"{COOKIE}={copy}"})).status_code == 401
    assert audits[-1].action == "session.end"


async def test_whoever_signs_out_is_out_also_while_the_audit_is_away(url, filled, hub):
    async def away(_entry):
        raise Unavailable("Kafka does not take it")

    await sign_in(hub)
    copy, token, engine = hub.cookies[COOKIE], await token_of(hub), open_engine(url, read_only=True)
    app = create_app(ApiSettings(api_token_sha256=HASH), engine, access=hub.access, note=away)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HUB) as client:
        headers = {"Cookie": f"{COOKIE}={copy}"}
        answer = await client.post("/pages/sign-out", data={"csrf_token": token}, headers=headers)
        assert (answer.status_code, "You are signed out" in answer.text) == (503, True)
        assert any(said.startswith(f'{COOKIE}="";') for said in answer.headers.get_list("set-cookie"))
        assert (await client.get("/health", headers=headers)).status_code == 401
    engine.dispose()


async def token_of(hub):
    from starlette.requests import Request

    headers = [(b"cookie", f"{COOKIE}={hub.cookies[COOKIE]}".encode())]
    who = await hub.access.sessions.principal(Request({"type": "http", "headers": headers}))
    return hub.access.sessions.token(who)


async def test_with_a_cookie_nothing_is_done_without_the_sessions_token(hub):
    await sign_in(hub)
    path, body = "/children/chd-01/identify", {"purpose": "the family rang"}
    token = await token_of(hub)
    assert (await hub.post(path, json=body)).status_code == 403
    assert (await hub.post(path, json=body, headers={"X-CSRF-Token": "0" * 40})).status_code == 403
    foreign = {"X-CSRF-Token": token, "Origin": "https://evil.example"}
    assert (await hub.post(path, json=body, headers=foreign)).status_code == 403
    assert (await hub.post(path, json=body, headers={"X-CSRF-Token": token})).status_code == 503  # no desk is set up
    await hub.post("/pages/sign-out", data={"csrf_token": token})
    await sign_in(hub)
    assert (await hub.post("/pages/sign-out", data={"csrf_token": token})).status_code == 403


async def test_a_provider_lets_in_with_the_roles_of_its_claims(hub, provider, audits):
    answer = await by_provider(hub, provider, groups=["send"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/pages/worklist")
    assert (await hub.get("/children")).status_code == 200
    assert (await hub.get("/dead-letters")).status_code == 403
    entry = audits[0]
    assert entry.action == "session.begin"
    assert entry.actor.startswith("prs-")
    assert "user-1" not in entry.model_dump_json()


async def test_whoever_has_no_role_is_in_and_may_nothing(hub, provider):
    assert (await by_provider(hub, provider)).status_code == 303
    assert (await hub.get("/children")).status_code == 403


async def test_a_code_is_good_once_in_the_browser_that_asked(hub, provider, clock):
    begun = await hub.get("/pages/sign-in/begin")
    kept = dict(hub.cookies)
    code, state = provider.sign_in(begun.headers["location"], groups=["send"])
    query = {"code": code, "state": state}
    hub.cookies.clear()
    assert (await hub.get("/pages/sign-in/back", params=query)).status_code == 403
    hub.cookies.update(kept)
    assert (await hub.get("/pages/sign-in/back", params=query | {"state": "x"})).status_code == 403
    hub.cookies.update(kept)
    assert (await hub.get("/pages/sign-in/back", params=query)).status_code == 303
    hub.cookies.clear()
    hub.cookies.update(kept)
    replayed = await hub.get("/pages/sign-in/back", params=query)
    assert (replayed.status_code, COOKIE in hub.cookies) == (403, False)


@pytest.mark.parametrize("query", [{}, {"state": "x"}, {"error": "access_denied"}, {"code": "x", "state": "é"}])
async def test_an_answer_that_nobody_asked_for_signs_nobody_in(hub, query):
    assert (await hub.get("/pages/sign-in/back", params=query)).status_code == 403
    await hub.get("/pages/sign-in/begin")
    assert (await hub.get("/pages/sign-in/back", params=query)).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"iss": "https://evil.example"},
        {"exp": 1},
    ],
)
async def test_a_token_of_another_sign_in_signs_nobody_in(hub, provider, claims):
    answer = await by_provider(hub, provider, groups=["send"], **claims)
    assert (answer.status_code, COOKIE in hub.cookies) == (403, False)


async def test_an_answer_of_another_issuer_is_refused(hub, provider):
    begun = await hub.get("/pages/sign-in/begin")
    code, state = provider.sign_in(begun.headers["location"], groups=["send"])
    query = {"code": code, "state": state, "iss": "https://evil.example"}
    assert (await hub.get("/pages/sign-in/back", params=query)).status_code == 403


async def test_a_sign_in_that_took_too_long_begins_again(hub, provider, clock):
    begun = await hub.get("/pages/sign-in/begin")
    code, state = provider.sign_in(begun.headers["location"], groups=["send"])
    clock.at += timedelta(minutes=11)
    assert (await hub.get("/pages/sign-in/back", params={"code": code, "state": state})).status_code == 403


async def test_a_stolen_code_is_worth_nothing_without_what_the_browser_keeps(hub, provider):
    """PKCE: whoever brings the code has to know what the sign-in began with."""
    begun = await hub.get("/pages/sign-in/begin")
    code, _ = provider.sign_in(begun.headers["location"], groups=["send"])
    again = await hub.get("/pages/sign-in/begin")
    _, state = provider.sign_in(again.headers["location"])
    assert (await hub.get("/pages/sign-in/back", params={"code": code, "state": state})).status_code == 403


async def test_beginning_again_and_again_is_slowed_down(hub, monkeypatch):
    monkeypatch.setattr(limits, "MANY", 1)
    answers = [await hub.get("/pages/sign-in/begin") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_what_no_sign_in_was_begun_for_takes_nothing_from_those_of_the_same_address(hub, provider, monkeypatch):
    monkeypatch.setattr(limits, "MANY", 1)
    for state in ("x", "", "é") * 4:
        assert (await hub.get("/pages/sign-in/back", params={"code": "x", "state": state})).status_code == 403
    assert (await by_provider(hub, provider, groups=["send"])).status_code == 303


async def test_answers_of_a_sign_in_that_was_begun_are_slowed_down(hub, provider, monkeypatch):
    monkeypatch.setattr(limits, "MANY", 1)
    begun = await hub.get("/pages/sign-in/begin")
    _, state = provider.sign_in(begun.headers["location"])
    kept, answers = dict(hub.cookies), []
    for _ in range(6):
        hub.cookies.clear()
        hub.cookies.update(kept)
        answers.append(await hub.get("/pages/sign-in/back", params={"code": "x", "state": state}))
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]


async def test_a_provider_that_is_away_is_a_503(hub, provider):
    provider.down = True
    assert (await hub.get("/pages/sign-in/begin")).status_code == 503


async def test_more_grants_than_a_cookie_holds_are_told(hub, users):
    many = tuple(Grant(role="viewer", areas=frozenset({f"area-{number}"})) for number in range(200))
    amina = users.users["amina"].model_copy(update={"grants": many})
    hub.access.users = Users.model_construct(users={"amina": amina})
    answer = await sign_in(hub)
    assert (answer.status_code, COOKIE in hub.cookies) == (403, False)
    assert LARGEST < 4_096


async def test_every_answer_hardens_the_browser(hub):
    for path in ("/pages/sign-in", "/children", "/live", "/pages/nothing"):
        headers = (await hub.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in policy
        assert headers["cache-control"]


async def test_pages_ask_for_signing_in_and_then_go_on(hub):
    answer = await hub.get("/pages/worklist?area=825")
    assert answer.headers["location"] == "/pages/sign-in?onward=%2Fpages%2Fworklist%3Farea%3D825"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "hub.example.org"])
def test_passwords_are_for_one_machine(tmp_path, host):
    with pytest.raises(ValueError, match="one machine"):
        ApiSettings(users_file=tmp_path / "users.toml", host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_there_they_open_it(tmp_path, host):
    assert ApiSettings(users_file=tmp_path / "users.toml", host=host).host == host


OIDC = {
    "oidc_issuer": ISSUER,
    "oidc_client_id": CLIENT,
    "access_key_file": "k",
    "access_file": "a",
    "public_url": "https://h",
}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"oidc_client_id": ""}, "needs"),
        ({"access_key_file": None}, "ACCESS_KEY_FILE"),
        ({"access_file": None}, "ACCESS_FILE"),
        ({"public_url": ""}, "PUBLIC_URL"),
        ({"public_url": "http://hub.example"}, "https"),
        ({"oidc_issuer": "http://id.example"}, "https"),
        ({"oidc_audience": CLIENT}, "another"),
        ({"oidc_algorithms": "HS256"}, "ALGORITHMS"),
        ({"oidc_algorithms": "none"}, "ALGORITHMS"),
        ({"oidc_algorithms": ","}, "ALGORITHMS"),
        ({"oidc_systems": ""}, "SYSTEMS"),
        ({"oidc_systems": "sub==azp,azp"}, "SYSTEMS"),
        ({"oidc_systems": "sub===azp"}, "SYSTEMS"),
    ],
)
def test_a_provider_that_is_set_up_by_half_is_refused(changes, says):
    ApiSettings(**OIDC)
    with pytest.raises(ValueError, match=says):
        ApiSettings(**(OIDC | changes))
