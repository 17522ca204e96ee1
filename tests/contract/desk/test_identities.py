"""The port through which a person sees who a child is: one suite, on the desk itself and on the desk behind HTTP."""

import hashlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date

import httpx
import pytest

from hub.api.desk_app import create_desk
from hub.api.identities import Desk, Identities
from hub.api.remote_desk import RemoteDesk
from hub.core.identity.store import KeyValues
from hub.stages.errors import Unavailable
from schemas.audit import MOST_WHY, AuditEntry
from tests.unit.identity.adopted import Adopting, before, zoe
from tests.unit.identity.people import COUNCIL, NHS, OTHER_COUNCIL, OTHER_NHS, TRUST, World, amy, later, observation

TOKEN = "a token for tests"
HASHES = (hashlib.sha256(TOKEN.encode()).hexdigest(),)
WHO, WHY = "officer-1", "a question about who this is"


class AtNoon:
    def now(self):
        return later(1)


@dataclass
class Backing:
    """A state and an audit in memory; either may be away."""

    world: World = field(default_factory=World)
    audits: list[AuditEntry] = field(default_factory=list)
    state_away: bool = False
    audit_away: bool = False

    async def read(self) -> KeyValues:
        if self.state_away:
            raise Unavailable("the state is away")
        return self.world

    async def note(self, entry: AuditEntry) -> None:
        if self.audit_away:
            raise Unavailable("the look can't be audited, so nothing is shown")
        self.audits.append(entry)


@pytest.fixture
def backing() -> Backing:
    return Backing()


@pytest.fixture(params=["desk", "remote"])
async def port(request: pytest.FixtureRequest, backing: Backing) -> AsyncIterator[Identities]:
    desk = Desk(backing.world.identity, backing.read, backing.note, AtNoon())
    if request.param == "desk":
        yield desk
        return
    transport = httpx.ASGITransport(create_desk(desk, HASHES), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://desk", headers=headers) as client:
        yield RemoteDesk(client)


def only_task(world: World) -> str:
    (task,) = {review.id for review in world.all.reviews if review.state == "open"}
    return task


async def test_a_child_is_named_by_what_was_said_last_and_by_no_more(port: Identities, backing: Backing) -> None:
    world = backing.world
    world.observe(observation(COUNCIL, amy()))
    world.observe(observation(COUNCIL, amy(family="Newname"), "R2", recorded_at=later(3)))
    (child,) = world.children_of("R1")
    found = await port.identify(child, WHO, WHY)
    assert found is not None
    assert found.model_dump(exclude={"look"}) == {
        "child_id": child,
        "given": "Amy",
        "family": "Newname",
        "birth_date": date(2016, 3, 4),
    }
    (entry,) = backing.audits
    assert (entry.actor, entry.why, entry.action, entry.id) == (WHO, WHY, "identity.look", found.look)
    assert entry.subjects == (child,)
    assert "Amy" not in entry.model_dump_json()


async def test_an_old_id_names_the_child_that_goes_on(port: Identities, backing: Backing) -> None:
    world = backing.world
    world.observe(observation(COUNCIL, amy()), observation(OTHER_COUNCIL, amy(nhs_number=None, upn=None), "R2"))
    (first,), (second,) = world.children_of("R1"), world.children_of("R2")
    world.merge(second, first)
    found = await port.identify(second, WHO, WHY)
    assert found is not None
    assert found.child_id == first
    assert set(backing.audits[0].subjects) == {first, second}


async def test_what_is_not_there_is_nothing_but_the_look_is_audited(port: Identities, backing: Backing) -> None:
    assert await port.identify("nobody", WHO, WHY) is None
    assert await port.evidence("nothing", WHO, WHY) is None
    assert [entry.subjects for entry in backing.audits] == [("nobody",), ("nothing",)]


async def test_no_audit_no_answer(port: Identities, backing: Backing) -> None:
    backing.world.observe(observation(COUNCIL, amy()))
    (child,) = backing.world.children_of("R1")
    backing.audit_away = True
    with pytest.raises(Unavailable) as caught:
        await port.identify(child, WHO, WHY)
    assert "Amy" not in str(caught.value)


async def test_a_state_that_is_away_is_said_so_and_nothing_is_audited(port: Identities, backing: Backing) -> None:
    backing.state_away = True
    with pytest.raises(Unavailable):
        await port.evidence("t", WHO, WHY)
    assert backing.audits == []


async def test_two_records_are_laid_side_by_side_with_what_a_decision_would_do(
    port: Identities, backing: Backing
) -> None:
    world = backing.world
    world.observe(
        observation(COUNCIL, amy(postcode="HP19 8FF"), "R1"),
        observation(OTHER_COUNCIL, amy(given="Ann", postcode="hp198ff", upn=None), "R2"),
    )
    (first,), (second,) = world.children_of("R1"), world.children_of("R2")
    found = await port.evidence(only_task(world), WHO, WHY)
    assert found is not None
    assert [column.record for column in found.columns] in (["R1", "R2"], ["R2", "R1"])
    assert {row.field: row.agreement for row in found.rows} == {
        "given": "differ",
        "family": "agree",
        "birth_date": "agree",
        "sex": "unknown",
        "postcode": "agree",
        "nhs_number": "agree",
        "upn": "unknown",
    }
    merges = {(act.loses, act.gains): act for act in found.acts if act.kind == "child.merged"}
    assert set(merges) == {(first, second), (second, first)}
    act = merges[second, first]
    assert (act.facts, act.subjects, act.refused) == (1, (f"{OTHER_COUNCIL}/R2",), None)
    assert (found.score, found.parts) == (None, ())
    assert NHS not in found.model_dump_json()
    counted = world.counted()
    world.decide(act.kind, child_id=act.child_id, data=dict(act.data))
    assert world.audits() == ["taken"]
    assert world.counted() != counted


async def test_what_was_held_back_stands_in_a_column_of_its_own(port: Identities, backing: Backing) -> None:
    world = backing.world
    world.observe(observation(COUNCIL, amy()), observation(COUNCIL, amy(given="Bea"), "R2"))
    found = await port.evidence(only_task(world), WHO, WHY)
    assert found is not None
    assert [(column.held, column.values["given"]) for column in found.columns] == [(0, ("Amy",)), (1, ("Bea",))]
    assert {act.kind: act.data["held"] for act in found.acts} == {"held.accepted": 1, "held.separated": 1}


async def test_what_would_be_refused_says_so_beforehand(port: Identities, backing: Backing) -> None:
    world = backing.world
    said = amy(given="Ann", nhs_number=OTHER_NHS)
    world.observe(observation(COUNCIL, amy(), "R1"), observation(OTHER_COUNCIL, said, "R2"))
    found = await port.evidence(only_task(world), WHO, WHY)
    assert found is not None
    refused = {act.kind: act.refused for act in found.acts}
    assert "verified NHS numbers" in str(refused["child.merged"])
    assert refused["match.rejected"] is None
    (apart,) = [act for act in found.acts if act.kind == "match.rejected"]
    children = world.children_of("R1") | world.children_of("R2")
    assert (apart.link, {apart.child_id, apart.data["child"]}) == (None, children)
    world.decide(apart.kind, child_id=apart.child_id, data=dict(apart.data))
    assert (world.audits(), world.open_questions()) == (["taken"], [])


async def test_a_possible_is_accepted_or_rejected_as_shown(port: Identities, backing: Backing) -> None:
    world = backing.world
    world.observe(observation(COUNCIL, amy()), observation(TRUST, amy(id=None, given=None), "REF1"))
    (child,) = world.children_of("R1")
    found = await port.evidence(only_task(world), WHO, WHY)
    assert found is not None
    assert [(act.kind, act.data["child"]) for act in found.acts] == [
        ("link.assigned", child),
        ("match.rejected", child),
    ]


async def test_a_child_whom_only_the_person_thinks_of_is_laid_beside_what_waits(
    port: Identities, backing: Backing
) -> None:
    world = backing.world
    unlike = amy(id=None, given="Mel", family="Other", nhs_number=None, birth_date="2014-02-03")
    world.observe(observation(COUNCIL, amy()), observation(TRUST, unlike, "REF1"))
    (child,), task = world.children_of("R1"), only_task(world)
    alone = await port.evidence(task, WHO, WHY)
    assert alone is not None
    assert [(act.kind, act.data["statements"], act.refused) for act in alone.acts] == [("link.set-aside", 1, None)]
    assert [column.record for column in alone.columns] == ["REF1"]
    assert await port.evidence(task, WHO, WHY, ("chd-nobody",)) is None
    found = await port.evidence(task, WHO, WHY, (child,))
    assert found is not None
    assert [(column.record, column.child_id) for column in found.columns] == [("REF1", None), ("R1", child)]
    assert [(act.kind, act.data["child"], act.refused) for act in found.acts] == [
        ("link.assigned", child, None),
        ("match.rejected", child, None),
    ]
    assert child in backing.audits[-1].subjects
    act = found.acts[0]
    world.decide(act.kind, link=act.link, data=dict(act.data))
    assert world.audits() == ["taken"]
    assert [link.child for link in world.links()] == [child, child]


async def test_children_are_compared_though_nobody_asked(port: Identities, backing: Backing) -> None:
    world = backing.world
    world.observe(observation(COUNCIL, amy()), observation(OTHER_COUNCIL, amy(nhs_number=None, upn=None), "R2"))
    (first,), (second,) = world.children_of("R1"), world.children_of("R2")
    assert world.open_questions() == []
    assert await port.compare([first, "nobody"], WHO, WHY) is None
    found = await port.compare([first, second], WHO, WHY)
    assert found is not None
    assert len({act.stamp for act in found.acts}) == len(found.acts) == 8
    again = await port.compare([first, second], WHO, WHY)
    assert again is not None
    assert [act.stamp for act in again.acts] == [act.stamp for act in found.acts]
    (act,) = [act for act in found.acts if (act.kind, act.loses) == ("link.assigned", second)]
    world.decide(act.kind, link=act.link, data=dict(act.data))
    assert world.children_of("R2") == {first}
    later_on = await port.compare([first], WHO, WHY)
    assert later_on is not None
    assert not {act.stamp for act in later_on.acts} & {act.stamp for act in found.acts}
    assert [entry.subjects[0] for entry in backing.audits] == [first] * 4


async def test_an_adopted_child_is_looked_at_alone_and_both_decide_on_what_they_saw(
    port: Identities, backing: Backing
) -> None:
    world = Adopting()
    backing.world = world
    world.observe(*before(), observation(COUNCIL, zoe(), "NEW-1", kind="child.identified"))
    old, new = world.child_of("REQ-1"), world.child_of("NEW-1")
    assert await port.adoption("nobody", WHO, WHY) is None
    found = await port.adoption(old, WHO, WHY)
    assert found is not None
    assert {fact.kind for fact in found.facts} == {"assessment.requested", "advice.requested", "advice.acknowledged"}
    assert {value for column in found.columns for value in column.values.get("given", ())} == {"Amy"}
    assert (found.proposal, found.refused) == (None, None)
    said = {"seen": found.seen, "expected": {**found.expected, **{link.id: link.seq for link in world.members(new)}}}
    said |= {"into": new, "leave": [found.facts[0].ref], "evidence": [found.look], "beside": ["another look"]}
    world.decide("identity.adoption-proposed", "p1", child_id=old, data={**said, "actor": WHO})
    again = await port.adoption(old, "officer-2", WHY)
    assert again is not None
    assert again.proposal is not None
    assert again.proposal.model_dump() == {
        "decision": "p1",
        "actor": WHO,
        "into": new,
        "leave": (found.facts[0].ref,),
        "seen": found.seen,
    }
    world.decide(
        "identity.adopted", "p2", child_id=old, data={**said, "actor": "officer-2", "proposal": "p1", "nonce": "n"}
    )
    assert world.audits() == ["taken", "taken"]
    assert await port.adoption(old, WHO, WHY) is None
    assert await port.identify(old, WHO, WHY) is None
    assert {entry.subjects for entry in backing.audits} == {("nobody",), (old,)}
    world.observe(observation(COUNCIL, amy(), "LATE", received_at=later(5)))
    late = await port.evidence(only_task(world), WHO, WHY)
    assert late is not None
    assert [(act.kind, act.data["held"], act.refused) for act in late.acts] == [("held.dismissed", 1, None)]
    assert [column.values.get("given") for column in late.columns] == [None, ("Amy",)]


async def test_what_came_of_a_decision_is_told(port: Identities, backing: Backing) -> None:
    world = backing.world
    world.observe(observation(COUNCIL, amy()), observation(OTHER_COUNCIL, amy(nhs_number=None, upn=None), "R2"))
    (first,), (second,) = world.children_of("R1"), world.children_of("R2")
    assert (await port.ruled("d1")).outcome == "waiting"
    world.merge(first, second, decision="d1")
    world.merge(first, second, later(2), decision="d2", expected={})
    assert (await port.ruled("d1")).outcome == "taken"
    assert "merged" in (await port.ruled("d2")).words
    assert backing.audits == []


@pytest.fixture
async def bare(backing: Backing) -> AsyncIterator[httpx.AsyncClient]:
    desk = Desk(backing.world.identity, backing.read, backing.note, AtNoon())
    transport = httpx.ASGITransport(create_desk(desk, HASHES), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        yield client


async def test_the_desk_opens_to_its_token_alone(bare: httpx.AsyncClient, backing: Backing) -> None:
    for path in ("/identify", "/evidence", "/ruled", "/anything"):
        assert (await bare.post(path, json={})).status_code == 401
    assert backing.audits == []


async def test_nothing_is_kept_on_the_way_and_nothing_sent_comes_back(
    bare: httpx.AsyncClient, backing: Backing, caplog: pytest.LogCaptureFixture
) -> None:
    bare.headers["Authorization"] = f"Bearer {TOKEN}"
    backing.world.observe(observation(COUNCIL, amy()))
    (child,) = backing.world.children_of("R1")
    with caplog.at_level(logging.DEBUG):
        good = await bare.post("/identify", json={"child": child, "who": WHO, "purpose": WHY})
        bad = await bare.post("/identify", json={"child": ["Secretname"], "who": WHO, "purpose": WHY})
        none = await bare.post("/identify", json={"child": "Secretname", "who": WHO, "purpose": WHY})
        long = await bare.post("/identify", content=b"x" * 70_000)
    assert [answer.status_code for answer in (good, bad, none, long)] == [200, 422, 404, 413]
    assert {answer.headers["cache-control"] for answer in (good, bad, none, long)} == {"no-store"}
    assert "Secretname" not in bad.text + none.text
    assert "Amy" not in caplog.text
    assert (await bare.get("/identify")).status_code == 405


async def test_as_long_a_reason_as_the_audit_takes_is_one_to_look(port: Identities, backing: Backing) -> None:
    world, long = backing.world, "r" * MOST_WHY
    world.observe(observation(COUNCIL, amy()))
    (child,) = world.children_of("R1")
    assert await port.identify(child, WHO, long) is not None
    await port.known([child], WHO, long, names=True)
    assert [entry.why for entry in backing.audits] == [long, long]
