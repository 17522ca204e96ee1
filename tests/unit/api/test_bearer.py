"""Systems' signed tokens: only the provider's, for us, of now, by a key of its own."""

import asyncio
import time
from dataclasses import replace

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from hub.api.access import Grant
from hub.api.access.access import access_of
from hub.api.access.keys import AccessKey
from hub.api.access.mapping import Mapped, Row
from hub.api.access.oidc import BearerTokens, NotASystem, Provider, ProviderAway, Systems, TokenCheck
from hub.api.app import create_app
from hub.platform.clock import SystemClock
from hub.store.engine import open_engine
from tests.unit.api.signed import AUDIENCE, CLIENT, ISSUER, FakeProvider, by_hand, confused, unsigned

pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = Mapped(
    [
        Row(claim="roles", value="hub-reader", role="head-of-send", areas=frozenset({"825"})),
        Row(claim="sub", value="engineer-1", role="engineer", areas=frozenset({"*"})),
    ]
)


class Forward:
    def __init__(self):
        self.seconds = 1_000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def provider():
    return FakeProvider()


@pytest.fixture
def forward():
    return Forward()


@pytest.fixture
def asked(provider, forward):
    return Provider(ISSUER, provider.client, forward)


@pytest.fixture
async def ask(url, filled, settings, asked):
    engine, clock, key = open_engine(url, read_only=True), SystemClock(), AccessKey(b"k" * 32)
    bearer = BearerTokens(TokenCheck(asked, AUDIENCE, clock), ROWS, key, ISSUER)
    access = replace(access_of(settings, clock), authenticators=[bearer])
    app = create_app(settings, engine, access=access)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:

        async def ask(token, path="/health"):
            return await client.get(path, headers={"Authorization": f"Bearer {token}".encode("latin-1")})

        yield ask
    engine.dispose()


async def test_a_good_token_is_known_by_what_it_is_mapped_to(ask, provider):
    token = provider.token(roles=["other", "hub-reader"])
    assert (await ask(token, "/children")).status_code == 200
    assert (await ask(token, "/dead-letters")).status_code == 403
    assert (await ask(provider.token(sub="engineer-1"), "/dead-letters")).status_code == 200


async def test_a_token_of_nobody_mapped_is_known_and_may_nothing(ask, provider):
    assert (await ask(provider.token(), "/children")).status_code == 403


@pytest.mark.parametrize("claims", [{"client_id": None}, {"client_id": "portal"}, {"client_id": None, "azp": "portal"}])
async def test_a_persons_own_access_token_opens_nothing_and_says_why(ask, provider, claims):
    """It has the provider's signature and our audience too; only by what it says is it no system's."""
    answer = await ask(provider.token(sub="engineer-1", roles=["hub-reader"], **claims), "/children")
    assert (answer.status_code, answer.json()["title"]) == (401, "This token is not a system's")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("claims", "rules", "fits"),
    [
        ({"sub": "a", "azp": "a"}, None, True),
        ({"sub": "a", "client_id": "a"}, None, True),
        ({"sub": "a", "azp": "b", "idtyp": "app"}, None, True),
        ({"sub": "a", "azp": "b", "idtyp": "user"}, None, False),
        ({"sub": "a"}, None, False),
        ({}, None, False),
        ({"sub": "", "azp": ""}, None, False),
        ({"sub": ["a"], "azp": ["a"]}, None, False),
        ({"sub": "a", "azp": "a"}, "gty=client-credentials", False),
        ({"sub": "a@clients", "gty": "client-credentials"}, "sub==azp, gty = client-credentials", True),
        ({"a": "b", "b": "c"}, "a=b", True),
        ({"a": "b", "b": "c"}, "a==b", False),
    ],
)
def test_a_system_is_known_by_two_claims_alike_or_one_of_a_value(claims, rules, fits):
    systems = Systems.read() if rules is None else Systems.read(rules)
    if fits:
        systems.require(claims)
    else:
        with pytest.raises(NotASystem):
            systems.require(claims)


IN_TIME = {"expired": ("exp", -60), "not yet": ("nbf", 600), "issued in the future": ("iat", 600)}
"""Seconds from when the test runs, which may be long after it was collected."""
WRONG = {
    "no end": {"exp": None},
    "an end that is no number": {"exp": "never"},
    "an end beyond any number": {"exp": 1e400},
    "for somebody else": {"aud": "another"},
    "for a sign-in": {"aud": CLIENT},
    "for nobody": {"aud": None},
    "for a list of others": {"aud": ["a", "b"]},
    "of another issuer": {"iss": "https://id.example.org"},
    "of an issuer alike": {"iss": f"{ISSUER}/"},
    "of no issuer": {"iss": None},
    "about nobody": {"sub": None},
    "about an empty name": {"sub": ""},
    "about a number": {"sub": 7},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
async def test_what_is_wrong_with_a_token_is_the_same_to_whoever_sends_it(ask, provider, claims):
    answer = await ask(provider.token(roles=["hub-reader"], **claims))
    assert answer.status_code == 401
    assert answer.json() == (await ask("nonsense")).json()


@pytest.mark.parametrize(("claim", "seconds"), IN_TIME.values(), ids=IN_TIME)
async def test_a_token_of_another_time_is_as_wrong(ask, provider, claim, seconds):
    answer = await ask(provider.token(roles=["hub-reader"], **{claim: int(time.time()) + seconds}))
    assert answer.status_code == 401
    assert answer.json() == (await ask("nonsense")).json()


async def test_the_clocks_may_differ_a_little(ask, provider):
    now = int(time.time())
    assert (await ask(provider.token(roles=["hub-reader"], exp=now - 5, nbf=now + 10))).status_code == 200


async def test_forged_tokens_open_nothing(ask, provider):
    good = provider.token(roles=["hub-reader"])
    assert (await ask(good)).status_code == 200
    head, body, seal = good.split(".")
    other = provider.token(roles=["hub-reader"], sub="engineer-1").split(".")
    for token in (
        unsigned(roles=["hub-reader"]),
        by_hand({"alg": ["RS256"]}, {"roles": ["hub-reader"]}, lambda _: b"x"),
        by_hand({"alg": {}}, {"roles": ["hub-reader"]}, lambda _: b"x"),
        confused(provider, roles=["hub-reader"]),
        provider.token(provider.other(), roles=["hub-reader"]),
        provider.token(RSAKey.generate_key(2048, {"kid": "k1"}), roles=["hub-reader"]),
        f"{head}.{other[1]}.{seal}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{good}.{seal}",
        f"..{seal}",
        "é.é.é",
        "e30.e30.e30",
        "x" * 20_000 + ".y.z",
        provider.token(header={"typ": "logout+jwt"}, roles=["hub-reader"]),
    ):
        assert (await ask(token)).status_code == 401, token[:60]


async def test_a_key_is_good_for_its_own_algorithm_alone(ask, provider):
    any_algorithm = RSAKey.generate_key(2048, {"kid": "k2"})
    provider.keys["k2"] = RSAKey.import_key(any_algorithm.as_dict(private=True) | {"alg": "PS256"})
    good = provider.token(provider.keys["k2"], {"alg": "PS256"}, roles=["hub-reader"])
    assert (await ask(good)).status_code == 200
    assert (await ask(provider.token(any_algorithm, roles=["hub-reader"]))).status_code == 401


async def test_a_new_key_is_found_and_an_old_one_forgotten(ask, provider, forward):
    assert (await ask(provider.token(sub="engineer-1"))).status_code == 200
    forward.seconds += 31
    old, provider.keys = provider.keys, {"k9": ECKey.generate_key("P-256", {"kid": "k9"})}
    assert (await ask(provider.token(provider.keys["k9"], sub="engineer-1"))).status_code == 200
    assert (await ask(provider.token(old["k1"], sub="engineer-1"))).status_code == 401


async def test_unknown_keys_do_not_make_us_ask_again_and_again(ask, provider, forward):
    await ask(provider.token())
    for number in range(50):
        stranger = ECKey.generate_key("P-256", {"kid": f"s{number}"})
        assert (await ask(provider.token(stranger))).status_code == 401
    assert provider.asked["/keys"] <= 2


async def test_known_keys_go_on_for_a_while_when_the_provider_is_away(ask, provider, forward):
    good = provider.token(sub="engineer-1")
    assert (await ask(good)).status_code == 200
    provider.down, forward.seconds = True, forward.seconds + 7_200
    assert (await ask(good)).status_code == 200
    forward.seconds += 100_000
    answer = await ask(good)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)


async def test_a_provider_that_was_never_there_is_a_503(ask, provider):
    provider.down = True
    assert (await ask(provider.token())).status_code == 503
    assert (await ask("no-signed-token")).status_code == 401


class Hanging(httpx.AsyncBaseTransport):
    """Answers nothing before it is let; `asked` are the paths."""

    def __init__(self):
        self.let, self.asked = asyncio.Event(), []

    async def handle_async_request(self, request):
        self.asked.append(request.url.path)
        await self.let.wait()
        return httpx.Response(503)


async def test_a_known_key_waits_for_nobodys_look_at_a_provider_that_is_away(provider, forward):
    asked = Provider(ISSUER, provider.client, forward)
    assert (await asked.key("k1")) is not None
    away = Hanging()
    asked._client, forward.seconds = httpx.AsyncClient(transport=away), forward.seconds + 7_200
    others = [asyncio.create_task(look) for look in (*(asked.description() for _ in range(12)), asked.key("new"))]
    await asyncio.sleep(0)
    async with asyncio.timeout(0.5):
        assert (await asked.key("k1")) is not None
    away.let.set()
    await asyncio.gather(*others, return_exceptions=True)
    assert away.asked == ["/.well-known/openid-configuration", "/keys"]


async def test_a_description_that_could_not_be_had_is_not_asked_for_by_each(asked, provider, forward):
    provider.down = True
    for _ in range(12):
        with pytest.raises(ProviderAway):
            await asked.description()
    assert sum(provider.asked.values()) == 1
    provider.down, forward.seconds = False, forward.seconds + 31
    assert (await asked.description()).issuer == ISSUER


async def test_another_issuers_description_is_not_taken(asked, provider):
    provider.issuer = "https://evil.example"
    with pytest.raises(ProviderAway, match="another issuer"):
        await asked.description()


async def test_a_shared_secret_among_the_keys_is_no_key(ask, provider):
    provider.keys["o"] = OctKey.generate_key(256, {"kid": "o"})
    assert (await ask(provider.token(provider.keys["o"], roles=["hub-reader"]))).status_code == 401


@pytest.mark.parametrize(
    ("claims", "fits"),
    [
        ({"a": {"b": ["x", "y"]}}, True),
        ({"a.b": "x"}, True),
        ({"a": {"b": "xy"}}, False),
        ({"a": [{"b": "x"}]}, False),
        ({"a": {"b": {"x": True}}}, False),
        ({"a": {"b": True}}, False),
        ({}, False),
    ],
)
def test_a_claim_is_a_path_to_a_text_or_a_list_of_them(claims, fits):
    mapped = Mapped([Row(claim="a.b", value="x", role="viewer", areas=frozenset({"825"}))])
    expected = (Grant(role="viewer", areas=frozenset({"825"})),) if fits else ()
    assert mapped.grants(claims) == expected


def test_what_is_wrong_in_the_file_is_named(tmp_path):
    file = tmp_path / "access.toml"
    file.write_text('[[grants]]\nclaim = "groups"\nvalue = "x"\nrole = "king"\n')
    with pytest.raises(ValueError, match=r"grants\.0\.role"):
        Mapped.read(file)


def test_an_actor_is_opaque_and_the_same_each_time():
    key = AccessKey(b"k" * 32)
    assert key.actor(ISSUER, "amina@example.org") == AccessKey(b"k" * 32).actor(ISSUER, "amina@example.org")
    others = (key.actor(ISSUER, "b"), key.actor(f"{ISSUER}b", ""), AccessKey(b"l" * 32).actor(ISSUER, "b"))
    assert len(set(others)) == 3
    assert "amina" not in key.actor(ISSUER, "amina@example.org")
