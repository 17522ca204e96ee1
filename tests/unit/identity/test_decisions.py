"""A person's decisions: moving a link and undoing it, read as a reader of hub.facts reads them."""

from datetime import date

import pytest

from hub.core.identity.store import Store
from tests.unit.identity.people import COUNCIL, OTHER_COUNCIL, TRUST, World, amy, later, observation


@pytest.fixture
def two() -> tuple[World, str, str]:
    """Two children, a link of the second, and the child of the first."""
    world = World()
    first = world.observe(observation(COUNCIL, amy(), "R1")).facts[0].child_id
    link = world.observe(observation(OTHER_COUNCIL, amy(nhs_number=None, upn=None), "R2")).facts[0].link
    return world, str(link), first


def test_a_move_is_one_decision_told_to_both_children(two: tuple[World, str, str]) -> None:
    world, link, child = two
    (second,) = world.children_of("R2")
    outcome = world.assign(link, child)
    told = [(fact.kind, fact.child_id, fact.seq) for fact in outcome.facts]
    assert told == [("link.released", second, 2), ("link.assigned", child, 2), ("assessment.requested", child, 2)]
    assert [(one.decision, one.child_id, one.seq, one.rule) for one in outcome.decisions] == [
        ("assigned", child, 2, "person")
    ]
    assert world.children_of("R2") == {child}


def test_undoing_a_move_restores_both(two: tuple[World, str, str]) -> None:
    world, link, child = two
    before = world.counted()
    (second,) = world.children_of("R2")
    world.assign(link, child, later(1))
    world.assign(link, second, later(2))
    assert world.counted() == before


def test_a_released_link_waits_for_a_person_and_no_rule_takes_it_back() -> None:
    world = World()
    child = world.observe(observation(COUNCIL, amy(), "R1")).facts[0].child_id
    message = observation(TRUST, amy(id=None), "REF1", kind="health.referred", subject={})
    link = str(world.observe(message).facts[0].link)
    world.release(link)
    assert world.children_of("REF1") == set()
    known_better = message.person.model_copy(update={"given": "Amy Louise"}) if message.person else None
    world.observe(message.model_copy(update={"version": 2, "person": known_better}), observation(COUNCIL, amy(), "R3"))
    assert world.children_of("REF1") == set()
    assert world.open_questions() == ["conflict"]
    world.assign(link, child, later(2))
    assert world.children_of("REF1") == {child}
    assert world.open_questions() == []


def test_the_same_decision_twice_is_one(two: tuple[World, str, str]) -> None:
    world, link, child = two
    world.assign(link, child, later(1))
    assert world.assign(link, child, later(2)).decisions == []
    world.release(link, later(3))
    assert world.release(link, later(4)).decisions == []


def test_an_alert_clears_when_its_input_no_longer_waits_though_the_question_stands() -> None:
    world = World()
    child = world.observe(observation(COUNCIL, amy(), "R1")).facts[0].child_id
    other = (
        world.observe(observation(OTHER_COUNCIL, amy(given="Ann", nhs_number=None, upn=None), "R2")).facts[0].child_id
    )
    world.observe(observation(TRUST, amy(id=None, given="Ann"), "REF1", kind="health.referred", subject={}))
    (alert,) = world.day(date(2026, 9, 15)).alerts
    link = next(one.id for one in map(Store(world).link, links_of(world)) if one and one.child is None)
    outcome = world.assign(link, other, later(2))
    assert [(one.id, one.state) for one in outcome.alerts] == [(alert.id, "cleared")]
    assert world.open_questions() == ["conflict"]
    assert child != other


def links_of(world: World) -> list[str]:
    return [key.removeprefix("link:") for key in world.values if key.startswith("link:")]
