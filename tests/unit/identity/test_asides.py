"""What matches nobody is set aside by a person: nobody is asked again, until something says that it may be ours."""

from datetime import date

import pytest

from hub.core.identity.store import Link
from tests.unit.identity.adopted import Adopting, before, zoe
from tests.unit.identity.people import COUNCIL, NHS, OTHER_NHS, TRACKER, TRUST, World, amy, later, observation

STRANGER = amy(id=None, upn=None)


@pytest.fixture
def world() -> World:
    """A trust speaks of somebody whom no council knows."""
    made = World()
    made.observe(referred("REF1"))
    assert made.open_questions() == ["unmatched-input"]
    return made


def referred(record: str, **person: object):
    return observation(TRUST, STRANGER.model_copy(update=person), record, kind="health.referred", subject={})


def stranger(world: World) -> Link:
    return min((link for link in world.links() if link.source == TRUST), key=lambda link: link.record)


def put_aside(world: World, decision: str = "aside", statements: int | None = None) -> str:
    link = stranger(world)
    number = link.facts if statements is None else statements
    world.decide("link.set-aside", decision, link=link.id, statements=number)
    return world.audits()[-1]


def test_nobody_is_asked_again_and_no_alert_comes(world: World) -> None:
    assert put_aside(world) == "taken"
    assert world.open_questions() == []
    assert world.day(date(2026, 9, 21)).alerts == []
    more = world.observe(referred("REF2"))
    assert (more.reviews, more.facts, world.open_questions()) == ([], [], [])
    assert stranger(world).child is None


def test_the_alert_that_stood_is_over(world: World) -> None:
    (told,) = world.day(date(2026, 9, 21)).alerts
    put_aside(world)
    assert [(alert.id, alert.state) for alert in world.all.alerts][-1] == (told.id, "cleared")


def test_what_a_rule_can_place_it_places_all_the_same(world: World) -> None:
    put_aside(world)
    world.observe(observation(COUNCIL, amy(upn=None)))
    assert world.children_of("REF1") == world.children_of("R1") != set()


def test_a_child_who_could_be_the_person_is_asked_about() -> None:
    world = World()
    world.observe(referred("REF1", given=None))
    put_aside(world)
    assert world.open_questions() == []
    world.observe(observation(COUNCIL, amy(upn=None)))
    (task,) = [task for task in world.all.reviews if task.state == "open"][-1:]
    assert (task.question, task.candidates) == ("unmatched-input", tuple(world.children_of("R1")))


def test_more_said_of_who_it_is_is_asked_about_anew(world: World) -> None:
    put_aside(world)
    world.observe(referred("REF2", given="Amy Rose"))
    assert world.open_questions() == ["unmatched-input"]


def test_all_that_one_source_says_alike_is_set_aside_and_asked_about_again_together(world: World) -> None:
    world.observe(referred("REF2"), referred("REF3", given="Amy Rose"))
    world.observe(observation(TRUST, STRANGER.model_copy(update={"id": "T1"}), "REF4", kind="health.referred"))
    assert world.open_questions() == ["unmatched-input"] * 4
    put_aside(world)
    world.observe(observation(TRACKER, STRANGER, "REF5", kind="health.referred", subject={}))
    assert world.open_questions() == ["unmatched-input"] * 2, "of another name, and of another source"
    world.undo("aside", decision="undo")
    assert world.open_questions() == ["unmatched-input"] * 5


def test_undone_it_is_asked_again_and_done_again_not() -> None:
    world = World()
    person = STRANGER.model_copy(update={"id": "T1"})
    world.observe(observation(TRUST, person, "REF1", kind="health.referred", subject={}))
    before = dict(world.values)
    put_aside(world)
    world.undo("aside", decision="undo")
    assert world.open_questions() == ["unmatched-input"]
    assert {key: value for key, value in world.values.items() if key.startswith("link:")} == {
        key: value for key, value in before.items() if key.startswith("link:")
    }
    world.undo("undo", decision="again")
    assert world.open_questions() == []
    world.undo("again", decision="back")
    known_better = person.model_copy(update={"given": "Amy Rose"})
    world.observe(observation(TRUST, known_better, "REF2", kind="health.referred", subject={}))
    world.undo("back")
    assert world.audits() == ["taken", "taken", "taken", "taken", "refused"]
    assert "more was said" in str(world.all.audits[-1].detail)


def test_undone_all_are_asked_about_who_were_set_aside_also_where_more_is_known_of_the_first() -> None:
    world = World()
    person = STRANGER.model_copy(update={"id": "T1"})
    world.observe(observation(TRUST, person, "REF1", kind="health.referred", subject={}), referred("REF2"))
    put_aside(world)
    assert world.open_questions() == []
    known_better = person.model_copy(update={"given": "Amy Rose"})
    world.observe(observation(TRUST, known_better, "REF3", kind="health.referred", subject={}))
    assert world.open_questions() == ["unmatched-input"]
    world.undo("aside")
    assert world.open_questions() == ["unmatched-input"] * 2


def test_without_a_number_it_is_this_record_alone() -> None:
    world = World()
    said = {"nhs_number": None, "nhs_number_status": None}
    world.observe(referred("REF1", **said), referred("REF2", **said))
    put_aside(world)
    world.observe(referred("REF3", **said))
    assert world.open_questions() == ["unmatched-input"] * 2


def test_of_a_record_that_was_closed_for_good_nothing_is_left_set_aside() -> None:
    """Nor can what carries its numbers be set aside: somebody has to put it right."""
    world = Adopting()
    world.observe(observation(TRUST, amy(id=None), "REF-1", kind="health.referred", subject={}))
    assert put_aside(world) == "taken"
    world.observe(*before(), observation(COUNCIL, zoe(), "NEW-1", kind="child.identified"))
    world.adopt(world.child_of("REQ-1"), world.child_of("NEW-1"))
    assert not [key for key in world.values if key.startswith("aside:")]
    world.undo("aside", later(40))
    assert (world.audits()[-1], "closed for good" in str(world.all.audits[-1].detail)) == ("refused", True)
    world.observe(observation(TRUST, amy(id="T5"), "REF-9", kind="health.referred", subject={}, received_at=later(40)))
    (link,) = [link for link in world.links() if link.record == "REF-9"]
    world.decide("link.set-aside", "no", later(41), link=link.id, statements=1)
    assert world.audits()[-1] == "refused"
    assert world.open_questions() == ["unmatched-input"]


def test_what_was_released_from_a_child_is_asked_about_though_it_was_set_aside_before(world: World) -> None:
    put_aside(world)
    world.observe(observation(COUNCIL, amy(id="P9", nhs_number=None, given="Mel", birth_date=date(2014, 2, 3))))
    (child,) = world.children_of("R1")
    link = stranger(world)
    world.assign(link.id, child)
    world.release(link.id)
    assert world.audits() == ["taken"] * 3
    assert world.open_questions() == ["unmatched-input"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"statements": 0}, "more was said since"),
        ({"expected": {}}, "not looked at"),
        ({"expected": {"another": 1}}, "not looked at"),
        ({"link": "nobody"}, "no such source person"),
    ],
)
def test_what_was_not_looked_at_as_it_is_is_refused(world: World, told: dict[str, object], words: str) -> None:
    link = stranger(world)
    said = {"link": link.id, "statements": link.facts, **told}
    outcome = world.decide("link.set-aside", **said)
    assert [(entry.outcome, words in str(entry.detail)) for entry in outcome.audits] == [("refused", True)]
    assert world.open_questions() == ["unmatched-input"]


def test_a_child_s_own_record_or_one_that_may_be_a_child_s_is_not_set_aside() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy()), referred("REF1", nhs_number=NHS))
    assert put_aside(world) == "refused"
    doubted = World()
    doubted.observe(observation(COUNCIL, amy(nhs_number=OTHER_NHS)), referred("REF1", nhs_number=OTHER_NHS, given=None))
    assert put_aside(doubted) == "refused"
    assert "may be somebody who is known" in str(doubted.all.audits[-1].detail)
