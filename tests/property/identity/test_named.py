"""Laws of matching by name: where numbers are few and families, birthdays and postcodes collide often."""

from collections.abc import Sequence
from datetime import date
from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.identity import Identity
from hub.core.identity.names import Agreement, compare_given, given_name
from hub.core.identity.people import People
from hub.core.identity.policies import CURRENT
from hub.core.identity.scoring.population import Population
from hub.core.identity.scoring.scorer import Scorer
from hub.core.identity.scoring.traits import Traits, traits_of
from hub.runtime.matching import read_weights
from hub.stages.identity import Matching, identity
from hub.stages.stage import Output, Record
from schemas.people import Person
from schemas.statements import Observation
from tests.property.identity.test_batches import Overlay, log_of
from tests.unit.identity.people import (
    COUNCIL,
    KEY,
    NHS,
    OTHER_COUNCIL,
    OTHER_NHS,
    SOURCES,
    TRUST,
    UPN,
    World,
    later,
    observation,
)

LAW = settings(max_examples=80, deadline=None)
WEIGHTS = read_weights(None)
GIVENS = ["Amy", "AMY", "Ami", "Ben", "Benjamin", "Amy Louise", "Baby", None]
BIRTHS = [date(2016, 3, 4), date(2016, 3, 4), date(2016, 4, 3), date(2016, 1, 1), None]


@st.composite
def neighbours(draw: st.DrawFn) -> Person:
    """People of one street: mostly without a number."""
    return Person(
        id=draw(st.sampled_from(["P1", "P2", "P3"])),
        nhs_number=draw(st.sampled_from([NHS, OTHER_NHS, None, None, None, None])),
        nhs_number_status="01",
        upn=draw(st.sampled_from([UPN, None, None])),
        given=draw(st.sampled_from(GIVENS)),
        family=draw(st.sampled_from(["Hallam", "Hallam", "Halam", "Penhale"])),
        birth_date=draw(st.sampled_from(BIRTHS)),
        sex=draw(st.sampled_from(["F", "M", None])),
        postcode=draw(st.sampled_from(["ZX99 1AA", "ZX99 1AA", "ZX98 2BB", None])),
    )


@st.composite
def said_of_them(draw: st.DrawFn) -> list[Observation]:
    """Statements of several sources, each under a record of its own."""
    return [
        observation(
            draw(st.sampled_from([COUNCIL, OTHER_COUNCIL, TRUST])),
            draw(neighbours()),
            f"R{number}",
            received_at=later(draw(st.integers(0, 3))),
        )
        for number in range(draw(st.integers(1, 8)))
    ]


def world_of(said: Sequence[Observation]) -> World:
    world = World()
    world.identity = Identity(KEY, SOURCES, CURRENT, People(WEIGHTS))
    world.observe(*said)
    return world


def grouping(world: World) -> set[frozenset[str]]:
    return {frozenset(record for _, record, _, _ in facts) for facts in world.counted().values()}


@LAW
@given(said_of_them())
def test_nobody_is_joined_who_differs_in_name_birth_or_verified_number(said: list[Observation]) -> None:
    people = {one.record: one.person for one in said}
    for group in grouping(world_of(said)):
        for one, other in combinations([people[record] for record in group], 2):
            assert one is not None
            assert other is not None
            assert None in (one.birth_date, other.birth_date) or one.birth_date == other.birth_date
            assert None in (one.nhs_number, other.nhs_number) or one.nhs_number == other.nhs_number
            assert compare_given(given_name(one.given), given_name(other.given)) is not Agreement.CONFLICT


@LAW
@given(said_of_them())
def test_whoever_is_joined_by_name_agrees_in_all_four_and_has_no_known_relative(said: list[Observation]) -> None:
    world = world_of(said)
    for decision in world.all.decisions:
        if decision.rule == "name-birth-postcode":
            members = [link for link in world.links() if link.child == decision.child_id and link.id != decision.link]
            joined = next(link for link in world.links() if link.id == decision.link)
            mine = {person.fields.get("postcode") for person in joined.persons}
            assert any(mine & {person.fields.get("postcode") for person in link.persons} - {None} for link in members)
            assert date(2016, 1, 1) not in joined.evidence.births or len(joined.evidence.births) > 1


@LAW
@given(said_of_them())
def test_every_input_is_counted_once_or_waits_with_a_question(said: list[Observation]) -> None:
    world = world_of(said)
    counted = [record for group in world.counted().values() for _, record, _, _ in group]
    assert len(counted) == len(set(counted))
    if len(counted) < len(said):
        assert world.open_questions()


@LAW
@given(said_of_them().flatmap(lambda said: st.tuples(st.just(said), st.permutations(said))))
def test_what_one_order_joins_another_joins_or_asks_about(orders: tuple[list[Observation], list[Observation]]) -> None:
    one, other = map(world_of, orders)
    for here, there in ((one, other), (other, one)):
        apart = [
            group for group in grouping(here) if len(group) > 1 and not any(group <= all_ for all_ in grouping(there))
        ]
        assert not apart or there.open_questions()


@LAW
@given(said_of_them())
def test_repetition_changes_nothing(said: list[Observation]) -> None:
    world = world_of(said)
    values, facts, reviews = dict(world.values), len(world.all.facts), len(world.all.reviews)
    world.observe(*sorted(said, key=lambda one: one.received_at))
    assert (len(world.all.facts), len(world.all.reviews)) == (facts, reviews)
    assert world.values == values


def run(
    records: Sequence[Record], cuts: Sequence[int], aborted: Sequence[bool]
) -> tuple[list[Output], dict[str, bytes]]:
    """One handler, whose batches now and then come to nothing and are handed over again in two halves; or, at a
    restart, a new one.
    """
    outputs: list[Output] = []
    stage = identity(KEY, SOURCES, lambda outcome, source: None, Matching(CURRENT, WEIGHTS))
    values: dict[str, bytes] = {}
    handler = stage.open(0, Overlay(values))
    edges = sorted({0, *(cut % (len(records) + 1) for cut in cuts), len(records)})
    for number, (start, end) in enumerate(pairwise(edges)):
        if aborted and aborted[number % len(aborted)]:
            handler.handle(records[start:end], Overlay(values))
        if number % 3 == 2:
            handler = stage.open(0, Overlay(values))
        state = Overlay(values)
        outputs.extend(handler.handle(records[start:end], state).outputs)
        handler.committed(state.changes)
        values = state.commit()
    return outputs, values


@LAW
@given(said_of_them(), st.lists(st.integers(0, 20), max_size=4), st.lists(st.booleans(), max_size=4))
def test_any_cut_and_any_abort_writes_and_remembers_the_same(
    said: list[Observation], cuts: list[int], aborted: list[bool]
) -> None:
    records = log_of(said, 1)
    assert run(records, cuts, aborted) == run(records, [], [])


@st.composite
def traits(draw: st.DrawFn) -> Traits:
    """Anybody at all, hostile text included."""
    return traits_of(
        draw(st.one_of(st.none(), st.text(max_size=220), st.sampled_from(["Amy", "Ami", "Hallam"]))),
        draw(st.one_of(st.none(), st.text(max_size=220), st.sampled_from(["Hallam", "Halam", "Amy"]))),
        draw(st.one_of(st.none(), st.dates())),
        draw(st.one_of(st.none(), st.text(max_size=5), st.sampled_from(["F", "M"]))),
        draw(st.one_of(st.none(), st.text(max_size=10), st.sampled_from(["ZX99 1AA", "ZX99 1AB"]))),
    )


@settings(max_examples=300, deadline=None)
@given(traits(), traits(), st.lists(traits(), max_size=4))
def test_two_are_as_alike_both_ways_round_and_nobody_is_more_like_one_than_they_themselves(
    one: Traits, other: Traits, others: list[Traits]
) -> None:
    population = Population()
    for place, each in enumerate([one, other, *others]):
        population.add(str(place), each)
    scorer = Scorer(WEIGHTS, population)
    assert scorer.bits(one, other) == scorer.bits(other, one)
    assert 0 <= scorer.probability(scorer.bits(one, other)) <= 1
    assert [each.person for each in scorer.rank(one)] == [each.person for each in scorer.rank(one)]


@settings(max_examples=100, deadline=None)
@given(st.lists(traits(), max_size=6), traits())
def test_who_was_there_and_left_leaves_no_trace(others: list[Traits], guest: Traits) -> None:
    population = Population()
    for place, each in enumerate(others):
        population.add(str(place), each)
    before = [(population.candidates(each), population.shares(each)) for each in [*others, guest]]
    population.add("guest", guest)
    population.remove("guest")
    assert [(population.candidates(each), population.shares(each)) for each in [*others, guest]] == before
