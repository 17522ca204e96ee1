"""Looking and deciding over HTTP: who may, what is shown, what is sent on."""

import hashlib
from dataclasses import replace

import httpx
import pytest

from hub.api.access import Grant, Principal
from hub.api.access.access import access_of
from hub.api.app import create_app
from hub.api.identities import Desk
from hub.api.reviewers import Reviewers
from hub.api.reviewing import ELSEWHERE
from hub.api.settings import ApiSettings
from hub.stages.errors import Unavailable
from hub.store.engine import open_engine
from schemas.audit import AuditEntry
from tests.support.readmodel import child, deadline, record
from tests.unit.identity.people import COUNCIL, OTHER_COUNCIL, TRUST, World, amy, later, observation

from .conftest import HASH, TOKEN

OFFICER = "a reviewer's token"


class AtNoon:
    def now(self):
        return later(1)


@pytest.fixture
def world():
    """Two children who share a number and differ in name, and the question about them."""
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"), observation(OTHER_COUNCIL, amy(given="Ann", upn=None), "R2"))
    return world


@pytest.fixture
def audits():
    return []


@pytest.fixture
def sent():
    return []


@pytest.fixture
async def asked(url, tmp_path, projector, world, audits, sent, note):
    """The API with a desk over the world; what is decided goes into the world at once."""
    (first,), (second,) = world.children_of("R1"), world.children_of("R2")
    projector.apply("hub.children", 0, [child(0, first), child(1, second)], 0, 2)
    about = {"subject": {"request": "R2"}, "source": OTHER_COUNCIL}
    other = {"subject": {"request": "R2", "advice": None}, "source": COUNCIL}
    due = [deadline(0, second, "dl-1", **about), deadline(1, second, "dl-2", **other)]
    projector.apply("hub.deadlines", 0, due, 0, 2)
    reviews = [
        record("hub.review", n, task.id, task.model_dump(mode="json")) for n, task in enumerate(world.all.reviews)
    ]
    projector.apply("hub.review", 0, reviews, 0, len(reviews))

    async def read():
        return world

    async def audit(entry: AuditEntry):
        audits.append(entry)

    async def send(said):
        sent.append(said)
        world.observe(said)

    file = tmp_path / "reviewers.toml"
    file.write_text(f'[reviewers]\nofficer-7 = ["{hashlib.sha256(OFFICER.encode()).hexdigest()}"]\n')
    settings = ApiSettings(api_token_sha256=HASH, api_reviewers_file=file)
    engine = open_engine(url, read_only=True)
    app = create_app(settings, engine, Desk(world.identity, read, audit, AtNoon()), send, note=note)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {OFFICER}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers) as client:
        yield client
    engine.dispose()


class Limited:
    """Knows everybody as whom it was told."""

    def __init__(self):
        self.who = None

    async def principal(self, _request):
        return self.who


def coordinator(actor="prs-1", area="825", *, restricted=False):
    grant = Grant(role="coordinator", areas=frozenset({area}))
    return Principal(actor=actor, kind="person", how="token", grants=(grant,), restricted=restricted)


@pytest.fixture
async def limited(url, tmp_path, asked, world, audits, sent, note):
    """The same API for somebody of one area: `limited.known.who` says who."""

    async def read():
        return world

    async def audit(entry: AuditEntry):
        audits.append(entry)

    async def send(said):
        sent.append(said)

    engine, known = open_engine(url, read_only=True), Limited()
    feeds = [f'[[sources]]\nid = "{each}"\nkind = "council"\narea = "825"\n' for each in (COUNCIL, OTHER_COUNCIL)]
    feeds.append(f'[[sources]]\nid = "{TRUST}"\nkind = "nhs"\nserves = ["825", "826"]\n')
    (tmp_path / "sources.toml").write_text("".join(feeds))
    settings = ApiSettings(api_token_sha256=HASH, sources_file=tmp_path / "sources.toml")
    access = replace(access_of(settings, AtNoon()), authenticators=[known])
    desk = Desk(world.identity, read, audit, AtNoon())
    app = create_app(settings, engine, desk, send, access=access, note=note)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        client.known = known
        yield client
    engine.dispose()


WHY = {"purpose": "a question"}


def decision(act, look, **changes):
    body = {name: act[name] for name in ("kind", "link", "child_id", "data")}
    return body | {"id": "d1", "why": "two children", "evidence": [look]} | changes


async def test_whoever_has_one_area_decides_just_what_they_were_shown(limited, world, sent):
    limited.known.who = coordinator()
    shown = (await limited.post(f"/reviews/{task_of(world)}/evidence", json=WHY)).json()
    act = next(act for act in shown["acts"] if act["kind"] == "match.rejected")
    body = decision(act, shown["look"])
    made_up = {"kind": "link.released", "data": {}, "link": shown["columns"][0]["link"], "child_id": None}
    for wrong in (made_up, {"evidence": ["made-up"]}, {"data": body["data"] | {"task": "another"}}):
        answer = await limited.post("/decisions", json=body | wrong)
        assert (answer.status_code, sent) == (422, []), answer.text
    limited.known.who = coordinator("prs-2")
    assert (await limited.post("/decisions", json=body)).status_code == 422
    limited.known.who = coordinator()
    assert (await limited.post("/decisions", json=body)).status_code == 202
    assert [said.data["actor"] for said in sent] == ["prs-1"]


async def test_who_is_none_of_ours_is_said_by_whoever_decides_for_all_areas_that_the_source_serves(
    limited, projector, world, sent
):
    """Else it might be another area's child, whose coordinators would never be asked."""
    stranger = amy(id="T1", given="Mel", nhs_number=None, upn=None, birth_date="2014-02-03")
    (task,) = world.observe(observation(TRUST, stranger, "REF1", kind="health.referred", subject={})).reviews
    projector.apply("hub.review", 0, [record("hub.review", 1, task.id, task.model_dump(mode="json"))], 1, 2)
    for areas, refused, status in (({"825"}, ELSEWHERE, 422), ({"825", "826"}, None, 202), ({"*"}, None, 202)):
        grant = Grant(role="coordinator", areas=frozenset(areas))
        limited.known.who = Principal(actor=f"prs-{len(areas)}", kind="person", how="token", grants=(grant,))
        shown = (await limited.post(f"/reviews/{task.id}/evidence", json=WHY)).json()
        (act,) = shown["acts"]
        assert (act["kind"], act["refused"]) == ("link.set-aside", refused)
        answer = await limited.post("/decisions", json=decision(act, shown["look"], id=f"d-{status}-{len(sent)}"))
        assert answer.status_code == status
    assert [said.kind for said in sent] == ["link.set-aside"] * 2


async def test_another_areas_people_and_questions_are_not_there(limited, world, audits, noted):
    (first,), (second,) = world.children_of("R1"), world.children_of("R2")
    limited.known.who = coordinator(area="826")
    for path, body in (
        (f"/children/{first}/identify", WHY),
        (f"/children/{first}/adoption", WHY),
        (f"/reviews/{task_of(world)}/evidence", WHY),
        ("/comparisons", WHY | {"children": [first, second]}),
    ):
        answer = await limited.post(path, json=body)
        assert answer.status_code == 404, path
        assert noted[-1].action == "access.refused"
    assert audits == []


async def test_another_areas_child_is_laid_beside_nothing(limited, projector, world, audits, noted):
    (first,), (second,) = world.children_of("R1"), world.children_of("R2")
    projector.apply("hub.children", 0, [child(2, "chd-far", area="826")], 2, 3)
    limited.known.who = coordinator()
    far = await limited.post(f"/reviews/{task_of(world)}/evidence", json=WHY | {"beside": [first, "chd-far"]})
    assert (far.status_code, audits, noted[-1].subjects) == (404, [], ("chd-far",))
    near = await limited.post(f"/reviews/{task_of(world)}/evidence", json=WHY | {"beside": [first, second]})
    assert near.status_code == 200
    assert {first, second} <= set(audits[-1].subjects)


async def test_a_reviewer_sees_a_restricted_child_only_where_they_are_named(limited, projector, world, audits, noted):
    (first,), (second,) = world.children_of("R1"), world.children_of("R2")
    projector.apply("hub.children", 0, [child(2, second, restricted=True)], 2, 3)
    paths = (
        (f"/children/{second}/identify", WHY),
        (f"/reviews/{task_of(world)}/evidence", WHY),
        ("/comparisons", WHY | {"children": [first, second]}),
    )
    for who in (coordinator(), coordinator(area="*")):
        limited.known.who = who
        for path, body in paths:
            assert (await limited.post(path, json=body)).status_code == 404, path
        sent = {"id": "d9", "kind": "match.rejected", "link": "l", "child_id": second, "why": "so", "evidence": ["x"]}
        answer = await limited.post("/decisions", json=sent | {"data": {"child": second, "expected": {"l": 1}}})
        assert answer.status_code in (404, 422)
    assert [entry for entry in audits if second in entry.subjects] == []
    limited.known.who = coordinator(restricted=True)
    for path, body in paths:
        assert (await limited.post(path, json=body)).status_code == 200, path


async def test_looks_are_not_for_reading_through_everybody(limited, world):
    (first,) = world.children_of("R1")
    limited.known.who = coordinator()
    answers = [await limited.post(f"/children/{first}/identify", json=WHY) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


def task_of(world):
    return world.all.reviews[0].id


async def test_a_name_is_shown_to_whom_may_look_and_the_look_is_theirs(asked, world, audits):
    (first,) = world.children_of("R1")
    answer = await asked.post(f"/children/{first}/identify", json={"purpose": "the family rang"})
    assert answer.json()["given"] == "Amy"
    assert answer.headers["cache-control"] == "no-store"
    assert [(entry.actor, entry.why, entry.id) for entry in audits] == [
        ("officer-7", "the family rang", answer.json()["look"])
    ]


@pytest.mark.parametrize("path", ["/children/c/identify", "/reviews/r/evidence"])
async def test_a_token_that_reads_shows_no_name(asked, audits, path):
    asked.headers["Authorization"] = f"Bearer {TOKEN}"
    assert (await asked.get("/children")).status_code == 200
    assert (await asked.post(path, json={"purpose": "curious"})).status_code == 403
    assert (await asked.get("/decisions/d1")).status_code == 403
    assert audits == []


async def test_a_reviewers_token_reads_as_well(asked, world):
    answer = await asked.get(f"/reviews/{task_of(world)}")
    assert answer.json()["question"] == "conflict"
    assert (await asked.get("/reviews/nothing")).status_code == 404


async def test_the_evidence_says_which_deadlines_would_move(asked, world):
    answer = await asked.post(f"/reviews/{task_of(world)}/evidence", json={"purpose": "a question"})
    (second,) = world.children_of("R2")
    acts = {(act["kind"], act["loses"]): act["deadlines"] for act in answer.json()["acts"]}
    assert acts["child.merged", second] == ["dl-1"]
    assert (await asked.post("/reviews/nothing/evidence", json={"purpose": "a question"})).status_code == 404


async def test_a_decision_is_sent_on_as_its_token_says_and_its_outcome_is_told(asked, world, sent):
    shown = (await asked.post(f"/reviews/{task_of(world)}/evidence", json={"purpose": "a question"})).json()
    act = next(act for act in shown["acts"] if act["kind"] == "match.rejected")
    body = {name: act[name] for name in ("kind", "link", "child_id", "data")}
    body |= {"id": "d1", "why": "two children", "evidence": [shown["look"]]}
    assert (await asked.get("/decisions/d1")).json()["outcome"] == "waiting"
    for _ in range(2):
        assert (await asked.post("/decisions", json=body)).status_code == 202
    assert (await asked.get("/decisions/d1")).json()["outcome"] == "taken"
    assert {said.data["actor"] for said in sent} == {"officer-7"}
    (entry,) = world.all.audits
    assert (entry.actor, entry.evidence) == ("officer-7", (shown["look"],))
    assert world.open_questions() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "link.founded"},
        {"data": {"child": "c", "expected": {"l": "Secretname"}}},
        {"why": " "},
        {"evidence": []},
        {"actor": "somebody-else"},
    ],
)
async def test_what_is_no_decision_is_refused_without_a_value(asked, sent, wrong):
    body = {"id": "d1", "kind": "link.assigned", "link": "l", "data": {"child": "c"}, "why": "so", "evidence": ["look"]}
    answer = await asked.post("/decisions", json=body | wrong)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert "Secretname" not in answer.text
    assert sent == []


async def test_kafka_or_the_desk_away_is_told(url, tmp_path, projector):
    async def away(_said):
        raise Unavailable("Kafka does not take the decision: send it again")

    file = tmp_path / "reviewers.toml"
    file.write_text(f'[reviewers]\nofficer-7 = ["{hashlib.sha256(OFFICER.encode()).hexdigest()}"]\n')
    engine = open_engine(url, read_only=True)
    app = create_app(ApiSettings(api_token_sha256=HASH, api_reviewers_file=file), engine, None, away)
    headers = {"Authorization": f"Bearer {OFFICER}"}
    body = {"id": "d1", "kind": "link.released", "link": "l", "why": "so", "evidence": ["look"], "data": {}}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers) as client:
        answer = await client.post("/decisions", json=body)
        unnamed = await client.post("/children/c/identify", json={"purpose": "who"})
    engine.dispose()
    assert (unnamed.status_code, "not set up" in unnamed.json()["detail"]) == (503, True)
    assert (answer.status_code, "again" in answer.json()["detail"]) == (503, True)


def test_what_is_wrong_in_the_file_is_said_without_a_value(tmp_path):
    file = tmp_path / "reviewers.toml"
    file.write_text('[reviewers]\nofficer-7 = ["a token put there by mistake"]\n')
    with pytest.raises(ValueError, match=r"reviewers\.officer-7") as caught:
        Reviewers.read(file)
    assert "mistake" not in str(caught.value)


async def test_a_question_of_casework_is_answered_without_naming_anybody(asked, projector, world, audits, sent):
    (child_id,), (link,) = world.children_of("R1"), (link for link in world.links() if link.source == COUNCIL)
    doubt = {"code": "no-date", "digest": "d1", "version": 1}
    task = {
        "id": "t-1", "question": "data", "state": "open", "child_id": child_id, "source": COUNCIL, "record": "R1",
        "kind": "plan.issued", "detail": "The date is missing.", "opened_on": "2026-09-14", "links": [link.id],
        "doubt": doubt,
    }  # fmt: skip
    known = len(world.all.reviews)
    projector.apply("hub.review", 0, [record("hub.review", known, "t-1", task)], known, known + 1)
    shown = (await asked.post("/reviews/t-1/evidence", json={"purpose": "no date"})).json()
    assert (shown["columns"], shown["look"], audits) == ([], "t-1", [])
    (act,) = shown["acts"]
    decided = {name: act[name] for name in ("kind", "link", "child_id", "data")}
    answer = await asked.post("/decisions", json={"id": "d-9", "why": "seen", "evidence": [shown["look"]], **decided})
    assert answer.status_code == 202
    assert (await asked.get("/decisions/d-9")).json()["outcome"] == "taken"
    assert [(each.kind, each.data["doubt"]) for each in sent] == [("question.acknowledged", "d1")]
    assert world.all.facts[-1].kind == "question.acknowledged"
