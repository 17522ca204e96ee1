"""Who a link was said to be: kept as received, once each, the same in any order."""

import itertools
import json

import orjson

from hub.core.identity.persons import MOST, distinct, with_person
from hub.core.identity.store import Link, Store
from schemas.people import Person
from tests.unit.identity.people import COUNCIL, MONDAY, TRUST, World, amy, later, observation


def link_of(world: World) -> Link:
    (key,) = [key for key in world.values if key.startswith("link:")]
    link = Store(world).link(key.removeprefix("link:"))
    assert link is not None
    return link


def test_a_person_is_kept_as_received_and_never_corrected() -> None:
    world = World()
    said = amy(given=" AMY  louise", postcode="hp19 8ff", sex="F", nhs_number="999 000 0018", upn="g825400122001")
    world.observe(observation(COUNCIL, said))
    assert [each.person for each in link_of(world).persons] == [said]


def test_an_unverified_number_is_kept_with_its_status() -> None:
    world = World()
    world.observe(observation(TRUST, amy(nhs_number_status="03")))
    (said,) = link_of(world).persons
    assert (said.fields["nhs_number"], said.fields["nhs_number_status"]) == ("9990000018", "03")


def test_what_is_said_twice_is_kept_once_and_what_differs_beside_it() -> None:
    world = World()
    moved = amy(postcode="HP20 1AA")
    world.observe(observation(COUNCIL, amy()), observation(COUNCIL, amy(), "R2"), observation(COUNCIL, moved, "R3"))
    assert {each.fields.get("postcode") for each in link_of(world).persons} == {None, "HP20 1AA"}
    assert len(link_of(world).persons) == 2


def test_held_back_persons_are_not_among_them() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy()), observation(COUNCIL, amy(given="Bea"), "R2"))
    assert [each.fields["given"] for each in link_of(world).persons] == ["Amy"]


def test_the_last_said_are_kept_in_any_order_of_arrival() -> None:
    people = [(Person(given="Amy", postcode=f"HP{n} 1AA"), later(n)) for n in range(MOST + 2)]
    found = set()
    for order in (people, people[::-1], people[5:] + people[:5]):
        said = ()
        for person, at in itertools.chain(order, order):
            said = with_person(said, person, at)
        found.add(json.dumps([each.fields for each in said]))
    (kept,) = found
    assert [each["postcode"] for each in json.loads(kept)] == [f"HP{n} 1AA" for n in range(2, MOST + 2)]


def test_several_links_that_say_one_person_say_it_once() -> None:
    one = with_person((), amy(), MONDAY)
    other = with_person(with_person((), amy(), later(1)), amy(given="Amy Louise"), MONDAY)
    assert [each.fields["given"] for each in distinct([one, other])] == ["Amy Louise", "Amy"]


def test_a_state_written_before_is_read_and_filled_by_what_comes() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy()))
    (key,) = [key for key in world.values if key.startswith("link:")]
    before = orjson.loads(world.values[key])
    for new in before.keys() - OLD_FIELDS:
        del before[new]
    world.put(key, orjson.dumps(before))
    world.observe(observation(COUNCIL, amy(), "R2"))
    assert len(link_of(world).persons) == 1
    assert len(world.counted()) == 1


OLD_FIELDS = {
    *("id", "source", "named", "evidence", "child", "seq", "by_person", "facts"),
    *("disputed", "tasks", "record", "kind", "message"),
}
