"""A placeholder that passes every check of its digits: one question, little work, and what it may still join."""

from datetime import date, timedelta

import orjson
import pytest

from hub.core.identity import looking
from hub.core.identity.carrying import MOST_FACES, carrier, is_common
from hub.core.identity.evidence import Evidence
from hub.core.identity.national import put_successor
from hub.core.identity.store import Store
from schemas.ids import keyed_digest
from schemas.looks import Evidence as Looked
from schemas.statements import Observation
from tests.unit.identity.adopted import Adopting
from tests.unit.identity.people import COUNCIL, KEY, MONDAY, NHS, OTHER_NHS, OTHER_UPN, World, amy, observation

MANY = 40


def pupil(number: int, **changes: object) -> Observation:
    born = date(2012, 1, 2) + timedelta(days=number)
    person = {"id": f"P{number}", "given": f"Given{number}", "birth_date": born, "nhs_number": None} | changes
    return observation(str(changes.pop("source", COUNCIL)), amy(**person), f"R{number}")


@pytest.fixture
def crowd() -> World:
    world = World()
    world.observe(*(pupil(number) for number in range(MANY)))
    return world


def open_tasks(world: World) -> list[str]:
    last = {task.id: task for task in world.all.reviews}
    return [task.id for task in last.values() if task.state == "open"]


def test_it_is_one_question_however_many_carry_it(crowd: World) -> None:
    assert len(open_tasks(crowd)) == 1
    assert len(crowd.counted()) == MANY
    # A pair each until it shows what it is, and taken back then; later one more word for each at most.
    assert len(crowd.all.reviews) <= MOST_FACES * (MOST_FACES + 1) + MANY


def test_who_agrees_in_all_else_is_joined_all_the_same(crowd: World) -> None:
    crowd.observe(
        observation(COUNCIL, amy(id="P7-again", given="Given7", birth_date=date(2012, 1, 9), nhs_number=None), "REF")
    )
    assert crowd.children_of("REF") == crowd.children_of("R7")
    assert len(open_tasks(crowd)) == 1


def test_once_put_right_the_question_is_answered(crowd: World) -> None:
    left = [pupil(number, upn=None) for number in range(MOST_FACES, MANY)]
    world = World()
    world.observe(*(pupil(number) for number in range(MOST_FACES)), *left)
    pairs = MOST_FACES * (MOST_FACES - 1) // 2
    assert len(open_tasks(world)) == pairs


def test_somebody_can_look_into_it(crowd: World) -> None:
    (task,) = open_tasks(crowd)
    seen = looking.evidence(crowd.identity, crowd, task, "look-1", MONDAY)
    assert isinstance(seen, Looked)
    assert len(seen.columns) == MOST_FACES


def test_another_number_of_theirs_is_a_question_as_before(crowd: World) -> None:
    crowd.observe(pupil(100, upn=OTHER_UPN), pupil(101, upn=OTHER_UPN))
    assert len(open_tasks(crowd)) == 2


def test_what_is_kept_of_a_carrier_says_nothing_without_the_key() -> None:
    known = Evidence(births=frozenset([date(2012, 1, 2)]))
    one, other = carrier(KEY, "n", "l", known), carrier(b"x" * 32, "n", "l", known)
    assert one.link == other.link
    assert one.birth != other.birth
    assert one.face != other.face
    assert carrier(KEY, "n", "l", Evidence(births=frozenset([date(2012, 1, 1)]))).birth == ""
    assert not is_common([one] * MOST_FACES)


def test_carriers_that_an_earlier_version_kept_by_their_ids_alone_count_like_others(crowd: World) -> None:
    for key in [key for key in crowd.values if key.startswith("number:")]:
        crowd.values[key] = orjson.dumps([each[0] for each in orjson.loads(crowd.values[key])])
    crowd.observe(
        observation(COUNCIL, amy(id="P7-again", given="Given7", birth_date=date(2012, 1, 9), nhs_number=None), "REF")
    )
    assert crowd.children_of("REF") == crowd.children_of("R7")
    assert len(open_tasks(crowd)) == 1


def test_a_number_that_many_carry_keeps_nobody_out_once_one_of_them_is_adopted() -> None:
    world = Adopting()
    world.observe(*(pupil(number) for number in range(MANY)))
    world.adopt(world.child_of("R0"))
    world.observe(pupil(100))
    assert len(world.children_of("R100")) == 1


def test_family_names_stand_also_where_a_number_was_superseded() -> None:
    world = World()
    old, new = (keyed_digest(KEY, "nhs-number", number) for number in (NHS, OTHER_NHS))
    put_successor(Store(world), old, new)
    world.observe(observation(COUNCIL, amy(), "R1"))
    (link,) = world.links()
    assert (link.evidence.nhs, link.evidence.families) == ({new}, {("example",)})
