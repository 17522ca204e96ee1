"""The queue of questions: whose they are, evidence, deciding what was seen, and taking it back."""

import re

import pytest

from hub.api.access import Grant
from tests.support.pages import AREA

TASK = re.compile(r'/pages/questions/([0-9a-f]+)">([^<]+)<')


@pytest.fixture
async def tasks(visit):
    page = (await visit("coordinator").get("/pages/questions")).text
    return {said: task for task, said in TASK.findall(page)}


CONFLICT, DATA, WHOSE = "Two people under one number?", "Something does not add up", "Whose is this?"


async def test_the_queue_has_every_kind_and_is_narrowed_by_it(visit, tasks):
    assert {CONFLICT, DATA, WHOSE} <= set(tasks)
    page = (await visit("coordinator").get("/pages/questions?kind=data")).text
    assert {said for _, said in TASK.findall(page)} == {DATA}
    nothing = (await visit("coordinator").get("/pages/questions?state=resolved")).text
    assert "No question" in nothing


async def test_another_areas_questions_are_not_there(visit, tasks, served):
    page = (await visit("elsewhere").get("/pages/questions")).text
    assert TASK.findall(page) == []
    answer = await visit("elsewhere").get(f"/pages/questions/{tasks[CONFLICT]}")
    assert answer.status_code == 404
    assert served.audits[-1].action == "access.refused"


async def test_evidence_is_shown_for_a_reason_and_side_by_side(visit, tasks, hub):
    who, address = visit("coordinator"), f"/pages/questions/{tasks[CONFLICT]}"
    before = (await who.get(address)).text
    assert "Ines" not in before
    assert (await who.post(address, purpose=" ")).status_code == 422
    assert hub.audits == []
    page = (await who.post(address, purpose="the school rang")).text
    for said in ("Ines", "Gwen", "6 May 2017", "9 January 2012", "Differ", "Held back"):
        assert said in page
    assert hub.audits[-1].why == "the school rang"


async def test_a_child_whom_one_knows_is_laid_beside_what_waits(visit, tasks, served, hub, children):
    who, address = visit("coordinator"), f"/pages/questions/{tasks[WHOSE]}"
    page = (await who.post(address, purpose="the school rang")).text
    assert 'name="reference"' in page
    assert "It is this child" not in page
    for unknown in ("REQ-00", "REQ-93", "REQ-92"):
        lost = await who.post(address, purpose="the school rang", reference=unknown)
        assert lost.status_code == 422
        assert '<a href="#reference">There is no child of yours with this case reference</a>' in lost.text
    page = (await who.post(address, purpose="the school rang", reference=" REQ-94 ")).text
    assert children["exempt"] in hub.audits[-1].subjects
    stamp = re.search(r'name="stamp" value="([^"]+)">\s*<label[^>]*>It is this child', page).group(1)
    chosen = {"purpose": "p", "stamp": stamp, "why": "their mother says so"}
    assert (await who.post(f"{address}/decide", **chosen)).status_code == 422
    answer = await who.post(f"{address}/decide", **chosen, reference="REQ-94")
    assert answer.status_code == 303
    (sent,) = served.sent
    assert (sent.kind, sent.data["child"]) == ("link.assigned", children["exempt"])


async def test_what_is_none_of_ours_is_said_to_be_so(visit, tasks, served):
    who, address = visit("coordinator"), f"/pages/questions/{tasks[WHOSE]}"
    page = (await who.post(address, purpose="the school rang")).text
    assert "Nobody is known whom it could be." in page
    stamp = re.search(r'name="stamp" value="([^"]+)">\s*<label[^>]*>It is none of ours', page).group(1)
    answer = await who.post(f"{address}/decide", purpose="p", stamp=stamp, why="lives in another county")
    assert answer.status_code == 303
    (sent,) = served.sent
    assert (sent.kind, sent.data["statements"]) == ("link.set-aside", 1)
    beside = (await who.post(address, purpose="the school rang", reference="REQ-94")).text
    assert "It is none of ours" not in beside


async def test_a_decision_is_what_was_seen_and_has_a_reason(visit, tasks, served):
    who, address = visit("coordinator"), f"/pages/questions/{tasks[CONFLICT]}"
    page = (await who.post(address, purpose="the school rang")).text
    stamp = re.search(r'name="stamp" value="([^"]+)">', page).group(1)
    for wrong in ({"stamp": ""}, {"stamp": "other", "why": "they are two"}, {"stamp": stamp, "why": " "}):
        answer = await who.post(f"{address}/decide", purpose="p", **wrong)
        assert answer.status_code == 422
    assert served.sent == []
    answer = await who.post(f"{address}/decide", purpose="p", stamp=stamp, why="they are two people")
    assert answer.status_code == 303
    (sent,) = served.sent
    assert (sent.data["actor"], sent.data["why"]) == ("prs-coordinator", "they are two people")
    await who.post(f"{address}/decide", purpose="p", stamp=stamp, why="they are two people")
    assert served.sent[1].record == sent.record
    page = await who.get(answer.headers["location"])
    assert "on its way" in page.text


async def test_a_question_of_casework_is_answered_without_anybodys_name(visit, tasks, served, hub):
    who, address = visit("coordinator"), f"/pages/questions/{tasks[DATA]}"
    page = (await who.post(address, purpose="looked it up")).text
    assert hub.audits == []
    stamp = re.search(r'name="stamp" value="([^"]+)">', page).group(1)
    await who.post(f"{address}/decide", stamp=stamp, why="it is right as it stands")
    assert [sent.kind for sent in served.sent] == ["question.acknowledged"]


async def test_taking_back_needs_a_reason(visit, tasks, served):
    who = visit("coordinator", Grant(role="coordinator", areas=frozenset({"*"})))
    answer = await who.post("/pages/decisions/d-1/undo", task=tasks[CONFLICT], why="")
    assert answer.status_code == 422
    assert served.sent == []
    await who.post("/pages/decisions/d-1/undo", task=tasks[CONFLICT], why="it was the wrong child")
    assert [(sent.kind, sent.data["decision"]) for sent in served.sent] == [("decision.undone", "d-1")]


async def test_an_engineer_sees_that_something_is_asked_and_decides_nothing(visit, tasks):
    who = visit("engineer", Grant(role="engineer", areas=AREA))
    page = (await who.get(f"/pages/questions/{tasks[CONFLICT]}")).text
    assert "A coordinator or the head of SEND decides it." in page
    assert (await who.post(f"/pages/questions/{tasks[CONFLICT]}", purpose="curious")).status_code == 403
