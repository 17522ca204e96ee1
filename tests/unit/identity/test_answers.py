"""People's answers about cases and data: stated under the link that they are about, carried with it, taken back."""

from typing import Any

import pytest

from hub.core.errors import Unreadable
from schemas.statements import Fact
from tests.unit.identity.people import COUNCIL, NHS, OTHER_COUNCIL, World, amy, later, observation

OF = {"source": COUNCIL, "record": "R1", "kind": "assessment.requested"}
ANSWERS: dict[str, dict[str, Any]] = {
    "subject.linked": {"theirs": {"advice": "trust/SR-1"}, "to": {"advice": f"{COUNCIL}/ADV-1"}},
    "statement.placed": {"of": OF, "to": {"request": f"{COUNCIL}/REQ-1"}},
    "question.acknowledged": {"doubt": "a digest"},
    "version.chosen": {"of": OF, "version": 1, "content": "b", "among": ["a", "b"]},
}


def started() -> tuple[World, str, str]:
    """A world with one child: the world, the child's id, its link's."""
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"))
    (child,), (link,) = world.children_of("R1"), world.links()
    return world, child, link.id


def answered(world: World, child: str, link: str, kind: str = "subject.linked", **more: Any) -> list[Fact]:
    more.setdefault("data", ANSWERS[kind])
    return world.decide(kind, link=link, child_id=child, **more).facts


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_is_a_fact_of_the_source_person(kind: str) -> None:
    world, child, link = started()
    (fact,) = answered(world, child, link, kind, task="task-1", evidence=["task-1"])
    assert (fact.kind, fact.source, fact.record, fact.version) == (kind, "hub:people", "decision-0", 1)
    assert (fact.child_id, fact.link, fact.seq, fact.retracted) == (child, link, 1, False)
    assert "officer-1" not in fact.model_dump_json()
    assert "looked at both" not in fact.model_dump_json()
    (entry,) = world.all.audits
    assert (entry.actor, entry.outcome, entry.subjects) == ("officer-1", "taken", (link, child))


def test_what_it_says_is_in_subject_and_data() -> None:
    world, child, link = started()
    (fact,) = answered(world, child, link)
    assert fact.subject.advice == "trust/SR-1"
    assert fact.data == {"to": {"advice": f"{COUNCIL}/ADV-1"}}
    (fact,) = answered(world, child, link, "statement.placed")
    assert fact.data == {"of": {**OF, "occurrence": ""}, "to": {"request": f"{COUNCIL}/REQ-1"}}


@pytest.mark.parametrize("kind", ANSWERS)
def test_undone_and_done_again(kind: str) -> None:
    world, child, link = started()
    answered(world, child, link, kind, decision="D1")
    (back,) = world.undo("D1", later(2), decision="U1").facts
    assert (back.kind, back.record, back.version, back.retracted, back.data) == (kind, "D1", 2, True, {})
    assert world.undo("D1", later(3)).facts == []
    assert world.all.audits[-1].detail == "it was undone already"
    (again,) = world.undo("U1", later(4), decision="U2").facts
    assert (again.version, again.retracted, again.child_id) == (3, False, child)
    assert again.data != {}
    (last,) = world.undo("U2", later(5)).facts
    assert (last.version, last.retracted) == (4, True)


def test_sent_twice_it_is_one_answer() -> None:
    world, child, link = started()
    assert len(answered(world, child, link, decision="D1")) == 1
    before = dict(world.values)
    assert answered(world, child, link, decision="D1") == []
    assert world.values == before


def test_about_another_child_by_now_it_is_refused() -> None:
    world, child, link = started()
    world.observe(observation(OTHER_COUNCIL, amy(id="X", given="Ann", nhs_number=None, upn=None), "R2"))
    (other,) = world.children_of("R2")
    before = dict(world.values)
    for about in ({"link": link, "child": other}, {"link": "nobody", "child": child}):
        assert answered(world, **about) == []
        assert world.all.audits[-1].outcome == "refused"
    world.release(link, later(2))
    assert answered(world, child, link) == []
    assert "look again" in str(world.all.audits[-1].detail)
    assert {key for key in world.values if key.startswith("fact:")} == {
        key for key in before if key.startswith("fact:")
    }


def test_it_goes_with_its_link_through_a_merge_and_comes_back() -> None:
    world, child, link = started()
    world.observe(observation(OTHER_COUNCIL, amy(id="X", given="Ann", nhs_number=None, upn=None), "R2"))
    (other,) = world.children_of("R2")
    answered(world, child, link, decision="D1")
    kinds = {"subject.linked", "assessment.requested"}
    assert {fact[2] for fact in world.counted()[child]} == kinds
    world.merge(child, other, later(2), decision="M1")
    assert child not in world.counted()
    assert {fact[2] for fact in world.counted()[other]} == kinds
    world.undo("D1", later(3), decision="U1")
    world.undo("M1", later(4))
    said = [fact for fact in world.all.facts if fact.kind == "subject.linked" and fact.child_id == child]
    assert [(fact.version, fact.retracted) for fact in said[-2:]] == [(1, False), (2, True)]
    assert {fact.seq for fact in said[-2:]} == {world.links()[0].seq}


def test_an_answer_does_not_hinder_the_undoing_of_a_move() -> None:
    world, child, link = started()
    world.observe(observation(OTHER_COUNCIL, amy(id="X", given="Ann", nhs_number=None, upn=None), "R2"))
    (other,) = world.children_of("R2")
    world.assign(link, other, later(1), decision="A1")
    answered(world, other, link, at=later(2))
    world.undo("A1", later(3))
    assert world.all.audits[-1].outcome == "taken"
    assert {fact[2] for fact in world.counted()[child]} == {"subject.linked", "assessment.requested"}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("subject.linked", {"theirs": {"advice": "trust/SR-1"}, "to": {"advice": f"trust/{NHS}"}}),
        ("subject.linked", {"theirs": {"advice": "trust/SR-1"}, "to": {"request": "council/R"}}),
        ("subject.linked", {"theirs": {}, "to": {}}),
        ("subject.linked", {"theirs": {"advice": "SR-1"}, "to": {"advice": "council/R"}}),
        ("statement.placed", {"of": OF, "to": {}}),
        ("statement.placed", {"of": {"source": COUNCIL}, "to": {"advice": "council/R"}}),
        ("question.acknowledged", {}),
        ("version.chosen", {"of": OF, "version": 1, "content": "b", "among": []}),
        ("version.chosen", {"of": OF, "version": -1, "content": "b", "among": ["b"]}),
    ],
)
def test_what_is_no_answer_can_not_be_read(kind: str, data: dict[str, Any]) -> None:
    world, child, link = started()
    with pytest.raises(Unreadable):
        world.decide(kind, link=link, child_id=child, data=data)
    assert world.all.audits == []
