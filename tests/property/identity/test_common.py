"""A number that many people are recorded with: one question, the same in any order, and nobody wrong joined by it."""

from collections.abc import Iterator
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.identity import carrying
from hub.core.identity.names import Agreement, compare_given, given_name
from schemas.statements import Observation
from tests.property.identity.test_laws import grouping, numbered
from tests.unit.identity.people import COUNCIL, TRUST, World, amy, observation

LAW = settings(max_examples=150, deadline=None)
BIRTHS = ("2016-03-02", "2016-03-03", "2016-03-04")
GIVENS = ("Amy", "Bilal", "Chen")


@pytest.fixture(autouse=True, scope="module")
def few() -> Iterator[None]:
    """So few make a number common here that examples go to and fro over the limit."""
    before = carrying.MOST_FACES
    carrying.MOST_FACES = 3  # type: ignore[misc]
    yield
    carrying.MOST_FACES = before  # type: ignore[misc]


@st.composite
def said_of_one_number(draw: st.DrawFn) -> list[Observation]:
    """Up to nine source persons of some dates and names, all with the same number."""
    of = st.tuples(st.sampled_from(BIRTHS), st.sampled_from(GIVENS), st.sampled_from((COUNCIL, TRUST)))
    found = draw(st.lists(of, min_size=3, max_size=9))
    return numbered(
        [
            observation(source, amy(id=f"P{place}", given=name, birth_date=birth, upn=None), f"R{place}")
            for place, (birth, name, source) in enumerate(found)
        ]
    )


def open_tasks(world: World) -> dict[str, tuple[str, ...]]:
    last = {task.id: task for task in world.all.reviews}
    return {task.id: task.links for task in last.values() if task.state == "open"}


def world_of(said: list[Observation]) -> World:
    world = World()
    world.observe(*said)
    return world


@LAW
@given(said_of_one_number().flatmap(lambda said: st.tuples(st.just(said), st.permutations(said))))
def test_any_order_gives_the_same_groups_and_the_same_questions(
    orders: tuple[list[Observation], list[Observation]],
) -> None:
    one, other = map(world_of, orders)
    assert grouping(one) == grouping(other)
    assert open_tasks(one) == open_tasks(other)


@LAW
@given(said_of_one_number())
def test_nobody_wrong_is_joined(said: list[Observation]) -> None:
    people = {each.record: each.person for each in said}
    for group in grouping(world_of(said)):
        for one, other in combinations([people[record] for record in group], 2):
            assert one is not None
            assert other is not None
            assert one.birth_date == other.birth_date
            assert compare_given(given_name(one.given), given_name(other.given)) is Agreement.AGREE


@LAW
@given(said_of_one_number())
def test_there_is_one_question_for_all_that_differ_and_none_for_each_pair(said: list[Observation]) -> None:
    world = world_of(said)
    faces = {(each.person.birth_date, each.person.given) for each in said if each.person is not None}
    common = [links for links in open_tasks(world).values() if len(links) > 2]
    if len(faces) > 3:
        assert len(common) == 1
        assert len(common[0]) == len(said)
    else:
        assert common == []
