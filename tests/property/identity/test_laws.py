"""Laws of identity: no wrong child, the same grouping in any order, nothing twice, everything undone."""

from collections.abc import Sequence
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.identity.names import Agreement, compare_given, given_name, same_family
from hub.core.identity.numbers import nhs_number
from schemas.statements import Observation
from tests.property.identity.strategies import observations, steady
from tests.unit.identity.people import COUNCIL, NHS, OTHER_NHS, OTHER_UPN, TRUST, World, amy, later, observation

LAW = settings(max_examples=120, deadline=None)


def world_of(said: Sequence[Observation]) -> World:
    world = World()
    world.observe(*said)
    return world


def numbered(said: Sequence[Observation]) -> list[Observation]:
    """Each with a record of its own, so that a fact tells which observation it came from."""
    return [one.model_copy(update={"record": f"{one.record}-{index}"}) for index, one in enumerate(said)]


def two_orders(said: list[Observation]) -> st.SearchStrategy[tuple[list[Observation], list[Observation]]]:
    return st.tuples(st.just(said), st.permutations(said))


def grouping(world: World) -> set[frozenset[str]]:
    """Which records are in one child."""
    return {frozenset(record for _, record, _, _ in facts) for facts in world.counted().values()}


@LAW
@given(st.lists(observations(), max_size=8).map(numbered))
def test_no_two_people_in_one_child(said: list[Observation]) -> None:
    world = world_of(said)
    by_record = {one.record: one.person for one in said}
    for group in grouping(world):
        for one, other in combinations([by_record[record] for record in group], 2):
            assert one is not None
            assert other is not None
            assert None in (one.birth_date, other.birth_date) or one.birth_date == other.birth_date
            assert compare_given(given_name(one.given), given_name(other.given)) is not Agreement.CONFLICT


@LAW
@given(st.lists(observations(), max_size=8).map(numbered))
def test_whom_a_upn_joins_agrees_in_family_name_with_somebody_of_that_number(said: list[Observation]) -> None:
    world = world_of(said)
    for decision in world.all.decisions:
        if decision.rule == "upn":
            joined = next(link for link in world.links() if link.id == decision.link)
            others = [
                link for link in world.links() if link.id != joined.id and link.evidence.upns & joined.evidence.upns
            ]
            assert any(
                same_family(mine, theirs)
                for other in others
                for mine in joined.evidence.families
                for theirs in other.evidence.families
            )


@LAW
@given(st.lists(observations(alike=True), min_size=3, max_size=8).map(numbered))
def test_no_two_verified_numbers_in_one_child(said: list[Observation]) -> None:
    verified = {
        one.record: one.person.nhs_number
        for one in said
        if one.person and one.person.nhs_number_status == "01" and one.source != "clinic:ZZZ:2026"
    }
    for group in grouping(world_of(said)):
        assert len({verified[record] for record in group if verified.get(record)}) <= 1


@LAW
@given(st.lists(observations(), max_size=8).map(numbered))
def test_nothing_is_lost_every_input_is_counted_once_or_waits_with_a_question(said: list[Observation]) -> None:
    world = world_of(said)
    counted = [record for group in world.counted().values() for _, record, _, _ in group]
    assert len(counted) == len(set(counted))
    if len(counted) < len(said):
        assert world.open_questions()


def splits(one: World, other: World) -> bool:
    """Whether the other world keeps apart, or waiting, what is together in the one."""
    return any(not any(group <= whole for whole in grouping(other)) for group in grouping(one) if len(group) > 1)


def assert_same_or_asked(orders: tuple[Sequence[Observation], Sequence[Observation]]) -> None:
    """What one order joins, another joins too or asks a person about."""
    one, other = map(world_of, orders)
    if splits(one, other):
        assert "conflict" in other.open_questions()
    if splits(other, one):
        assert "conflict" in one.open_questions()


@LAW
@given(st.lists(observations(), max_size=7).map(numbered).flatmap(two_orders))
def test_what_one_order_joins_another_joins_or_asks_about(
    orders: tuple[list[Observation], list[Observation]],
) -> None:
    assert_same_or_asked(orders)


@LAW
@given(steady().flatmap(two_orders))
def test_steady_sources_are_grouped_alike_unless_a_conflict_is_open(
    orders: tuple[list[Observation], list[Observation]],
) -> None:
    assert_same_or_asked(orders)
    one, other = map(world_of, orders)
    if "conflict" not in one.open_questions() + other.open_questions():
        assert grouping(one) == grouping(other)
        assert one.open_questions() == other.open_questions()


@LAW
@given(st.lists(observations(), max_size=8))
def test_repetition_changes_nothing(said: list[Observation]) -> None:
    world = world_of(said)
    values, facts, reviews = dict(world.values), len(world.all.facts), len(world.all.reviews)
    world.observe(*sorted(said, key=lambda one: one.received_at), *said)
    decisions = {(one.link, one.seq) for one in world.all.decisions}
    assert len(decisions) == len(world.all.decisions)
    assert (len(world.all.facts), len(world.all.reviews)) == (facts, reviews)
    assert world.values == values


@LAW
@given(st.permutations(["council amy", "council ann", "trust amy", "trust ann", "trust mistake"]))
def test_twins_with_numbers_one_digit_apart_never_join(order: list[str]) -> None:
    ann = amy(id="P2", given="Ann", nhs_number=OTHER_NHS, upn=OTHER_UPN)
    said = {
        "council amy": observation(COUNCIL, amy(), "council amy"),
        "council ann": observation(COUNCIL, ann, "council ann"),
        "trust amy": observation(TRUST, amy(id=None), "trust amy"),
        "trust ann": observation(TRUST, ann.model_copy(update={"id": None}), "trust ann"),
        "trust mistake": observation(TRUST, ann.model_copy(update={"id": None, "nhs_number": NHS}), "trust mistake"),
    }
    world = world_of([said[name] for name in order])
    assert grouping(world) == {frozenset({"council amy", "trust amy"}), frozenset({"council ann", "trust ann"})}
    assert set(world.open_questions()) == {"conflict"}


@LAW
@given(st.lists(observations(), min_size=1, max_size=8).map(numbered), st.data())
def test_any_moves_undone_in_full_give_the_start(said: list[Observation], data: st.DataObject) -> None:
    world = world_of(said)
    start = world.counted()
    links = sorted({str(fact.link) for fact in world.all.facts})
    children = sorted(start)
    for step in range(data.draw(st.integers(0, 6)) if links else 0):
        link = data.draw(st.sampled_from(links))
        to = data.draw(st.sampled_from([*children, None]))
        if to is None:
            world.release(link, later(step))
        else:
            world.assign(link, to, later(step))
    made = [entry.id for entry in world.all.audits if entry.outcome == "taken"]
    for step, decision in enumerate(reversed(made), start=10):
        world.undo(decision, later(step))
    assert world.counted() == start


@given(st.text(max_size=30), st.text(max_size=30))
def test_names_compare_the_same_from_both_sides(one: str, other: str) -> None:
    assert compare_given(given_name(one), given_name(other)) is compare_given(given_name(other), given_name(one))
    assert compare_given(given_name(one), given_name(one)) is not Agreement.CONFLICT


@given(st.integers(0, 9_999_999_999), st.integers(0, 9), st.integers(0, 9))
def test_one_wrong_digit_never_leaves_a_well_formed_nhs_number(number: int, place: int, digit: int) -> None:
    right = nhs_number(f"{number:010}")
    if right is not None and right[place] != str(digit):
        assert nhs_number(right[:place] + str(digit) + right[place + 1 :]) is None


@given(st.integers(0, 9_999_999_999), st.integers(0, 8))
def test_two_digits_swapped_never_leave_a_well_formed_nhs_number(number: int, place: int) -> None:
    right = nhs_number(f"{number:010}")
    if right is not None and right[place] != right[place + 1]:
        assert nhs_number(right[:place] + right[place + 1] + right[place] + right[place + 2 :]) is None


@LAW
@given(st.lists(observations(), max_size=8))
def test_an_older_version_never_stands_beside_a_newer_one_about_somebody_else(said: list[Observation]) -> None:
    world = world_of(said)
    newest: dict[tuple[str, str, str], tuple[int, bool]] = {}
    for fact in world.all.facts:
        if not fact.kind.startswith("link."):
            place = (str(fact.link), fact.source, fact.record)
            newest[place] = max(newest.get(place, (-1, False)), (fact.version, not fact.retracted))
    standing: dict[tuple[str, str], set[int]] = {}
    for (_, source, record), (version, stands) in newest.items():
        if stands:
            standing.setdefault((source, record), set()).add(version)
    assert all(len(versions) == 1 for versions in standing.values())
