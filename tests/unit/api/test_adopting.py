"""An adoption over HTTP: two tokens, each on looks of its own; then nobody knows the old id."""

import hashlib
from typing import Any

import httpx
import pytest

from hub.api.access import Grant, Principal
from hub.api.access.access import access_of
from hub.api.app import create_app
from hub.api.identities import Desk
from hub.api.settings import ApiSettings
from hub.store.engine import open_engine
from schemas.audit import AuditEntry
from tests.support.readmodel import child
from tests.unit.identity.adopted import adoption
from tests.unit.identity.people import later

from .conftest import HASH

FIRST, SECOND = "the first reviewer's token", "the second reviewer's token"


class AtNoon:
    def now(self):
        return later(30)


@pytest.fixture
def known():
    return adoption()


@pytest.fixture
def sent():
    return []


class Somebody:
    """Knows everybody without a token as whom it was told."""

    def __init__(self):
        self.who = None

    async def principal(self, request):
        return None if "authorization" in request.headers else self.who


def coordinator(area, *, restricted=False):
    grant = Grant(role="coordinator", areas=frozenset({area}))
    return Principal(actor="prs-1", kind="person", how="token", grants=(grant,), restricted=restricted)


@pytest.fixture
def people():
    return Somebody()


@pytest.fixture
async def asked(url, tmp_path, projector, known, sent, note, people):
    world, old, new = known
    projector.apply("hub.children", 0, [child(0, old), child(1, new)], 0, 2)

    async def read():
        return world

    async def audit(entry: AuditEntry):
        return None

    async def send(said):
        sent.append(said)
        world.observe(said)

    file = tmp_path / "reviewers.toml"
    hashes = [(who, hashlib.sha256(token.encode()).hexdigest()) for who, token in (("o-1", FIRST), ("o-2", SECOND))]
    file.write_text("[reviewers]\n" + "".join(f'{who} = ["{token}"]\n' for who, token in hashes))
    settings = ApiSettings(api_token_sha256=HASH, api_reviewers_file=file)
    engine = open_engine(url, read_only=True)
    access = access_of(settings, AtNoon())
    access.authenticators = [*access.authenticators, people]
    app = create_app(settings, engine, Desk(world.identity, read, audit, AtNoon()), send, access, note)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client
    engine.dispose()


async def decided(asked, known, token: str, kind: str, id_: str, **more: Any) -> str:
    """What comes of a decision on two looks of this token's."""
    _, old, new = known
    asked.headers["Authorization"] = f"Bearer {token}"
    look = (await asked.post(f"/children/{old}/adoption", json={"purpose": "an order"})).json()
    beside = (await asked.post("/comparisons", json={"children": [new], "purpose": "an order"})).json()
    seen = look["expected"] | {column["link"]: column["seq"] for column in beside["columns"]}
    data = {"into": new, "leave": [], "seen": look["seen"], "expected": seen, "beside": [beside["look"]], **more}
    body = {"id": id_, "kind": kind, "why": "an order", "evidence": [look["look"]], "child_id": old, "data": data}
    answer = await asked.post("/decisions", json=body)
    assert answer.status_code == 202, answer.text
    return (await asked.get(f"/decisions/{id_}")).json()["words"]


async def test_two_reviewers_adopt_and_one_can_not(asked, known, sent):
    _, old, _ = known
    proposed, confirmed = "identity.adoption-proposed", "identity.adopted"
    assert await decided(asked, known, FIRST, proposed, "d1") == "carried out"
    assert "can't confirm" in await decided(asked, known, FIRST, confirmed, "d2", proposal="d1")
    assert await decided(asked, known, SECOND, confirmed, "d3", proposal="d1") == "carried out"
    assert len({said.data["nonce"] for said in sent if said.kind == confirmed}) == 2
    assert (await asked.post(f"/children/{old}/adoption", json={"purpose": "an order"})).status_code == 404


async def test_whoever_decides_in_one_area_learns_of_no_adoption(asked, known, sent, people, noted):
    """Also where both ids are of their area: who has the one has not to know the other."""
    _, old, new = known
    body = {
        "id": "d9", "kind": "identity.adoption-proposed", "why": "an order", "evidence": ["look"], "child_id": old,
        "data": {"into": new, "leave": [], "seen": "s", "expected": {}, "beside": ["look"]},
    }  # fmt: skip
    assert await decided(asked, known, FIRST, "identity.adoption-proposed", "d1") == "carried out"
    sent.clear()
    del asked.headers["Authorization"]
    people.who = coordinator("825")
    answer = await asked.post(f"/children/{old}/adoption", json={"purpose": "an order"})
    assert (answer.status_code, new in answer.text) == (404, False)
    assert (noted[-1].action, noted[-1].subjects) == ("access.refused", (old,))
    for kind, more in (("identity.adoption-proposed", {}), ("identity.adopted", {"proposal": "d1"})):
        answer = await asked.post("/decisions", json=body | {"kind": kind, "data": body["data"] | more})
        assert (answer.status_code, sent) == (404, []), answer.text


async def test_a_restricted_child_that_goes_on_is_for_named_people_alone(asked, known, projector, people):
    _, old, new = known
    await decided(asked, known, FIRST, "identity.adoption-proposed", "d1")
    projector.apply("hub.children", 0, [child(2, new, restricted=True)], 2, 3)
    del asked.headers["Authorization"]
    for restricted, status in ((False, 404), (True, 200)):
        people.who = coordinator("*", restricted=restricted)
        answer = await asked.post(f"/children/{old}/adoption", json={"purpose": "an order"})
        assert (answer.status_code, new in answer.text) == (status, restricted)


async def test_what_was_drawn_is_never_the_senders(asked, known, sent):
    await decided(asked, known, FIRST, "identity.adoption-proposed", "d1")
    await decided(asked, known, SECOND, "identity.adopted", "d2", proposal="d1", nonce="guessable")
    assert sent[-1].data["nonce"] != "guessable"
