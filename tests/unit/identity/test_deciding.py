"""People's decisions as observations: carried out as a whole or refused in words, and other products' known bugs."""

import pytest

from hub.core.errors import CoreError
from hub.core.identity import Identity
from hub.core.identity.store import Store
from schemas.decisions import PEOPLE
from schemas.sources import Sources
from tests.unit.identity.people import (
    COUNCIL,
    KEY,
    NHS,
    OTHER_COUNCIL,
    OTHER_NHS,
    SOURCES,
    TRACKER,
    TRUST,
    World,
    amy,
    later,
    observation,
)

UNNUMBERED = {"nhs_number": None, "upn": None}


def child_of(world: World, record: str) -> str:
    (child,) = world.children_of(record)
    return child


def link_of(world: World, record: str) -> str:
    (link,) = [link.id for link in world.links() if link.record == record]
    return link


@pytest.fixture
def two() -> tuple[World, str, str]:
    """One child in two systems, without a number that both know: two children so far."""
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"), observation(OTHER_COUNCIL, amy(**UNNUMBERED), "R2"))
    return world, child_of(world, "R1"), child_of(world, "R2")


def test_a_merge_gives_all_links_of_one_child_to_the_other(two: tuple[World, str, str]) -> None:
    world, first, second = two
    outcome = world.merge(second, first, why="the family confirmed it", task="t-1", evidence=["look-1"])
    assert world.children_of("R1") == world.children_of("R2") == {first}
    assert [(fact.kind, fact.child_id, fact.data) for fact in outcome.facts if fact.link is None] == [
        ("child.merged", second, {"into": first})
    ]
    (decision,) = outcome.decisions
    assert (decision.rule, decision.actor, decision.why) == ("person", "officer-1", "the family confirmed it")
    assert (decision.decided_by, decision.task, decision.evidence) == ("decision-0", "t-1", ("look-1",))
    (entry,) = outcome.audits
    assert (entry.actor, entry.action, entry.outcome) == ("officer-1", "identity.decide", "taken")
    assert (entry.why, entry.evidence) == ("the family confirmed it", ("look-1",))
    assert {first, second, decision.link} <= set(entry.subjects)


def test_a_merge_undone_restores_both_and_says_so_to_the_old_child(two: tuple[World, str, str]) -> None:
    world, first, second = two
    before, standing = world.counted(), [(link.child, link.by_person) for link in world.links()]
    world.merge(second, first, decision="merge")
    outcome = world.undo("merge", later(2))
    assert world.counted() == before
    assert [(link.child, link.by_person) for link in world.links()] == standing
    turns = [(fact.child_id, fact.version, fact.retracted) for fact in outcome.facts if fact.kind == "child.merged"]
    assert turns == [(second, 2, True)]


def test_a_merge_can_be_undone_and_done_again_and_again(two: tuple[World, str, str]) -> None:
    world, first, second = two
    before = world.counted()
    world.merge(second, first, decision="merge")
    merged = world.counted()
    last = "merge"
    for turn in range(1, 5):
        world.undo(last, later(turn), decision=f"turn-{turn}")
        assert world.counted() == (before if turn % 2 else merged)
        last = f"turn-{turn}"
    assert world.audits() == ["taken"] * 5


def test_sent_twice_it_is_one_decision(two: tuple[World, str, str]) -> None:
    world, first, second = two
    world.merge(second, first, decision="merge")
    values = dict(world.values)
    expected = {link.id: 1 for link in world.links()}
    outcome = world.merge(second, first, later(3), decision="merge", expected=expected, evidence=["another look"])
    assert outcome.repeat
    assert outcome.facts == outcome.decisions == outcome.audits == []
    assert world.values == values


def test_an_id_used_for_another_decision_is_refused(two: tuple[World, str, str]) -> None:
    world, first, second = two
    world.merge(second, first, decision="merge")
    before = world.counted()
    world.release(link_of(world, "R2"), decision="merge")
    assert world.counted() == before
    assert world.audits() == ["taken", "refused"]
    world.undo("merge", later(2))
    assert world.children_of("R2") == {second}


def test_what_changed_since_it_was_looked_at_is_refused_on_its_task() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"), observation(OTHER_COUNCIL, amy(given="Ann"), "R2"))
    (task,) = [task for task in world.all.reviews if task.state == "open"]
    first, second = child_of(world, "R1"), child_of(world, "R2")
    link = link_of(world, "R2")
    world.assign(link, first, later(1))
    counted = world.counted()
    outcome = world.decide("link.assigned", link=link, child=second, expected={link: 1}, task=task.id, at=later(2))
    assert world.counted() == counted
    assert outcome.facts == outcome.decisions == []
    (told,) = outcome.reviews
    assert told.id == task.id
    assert told.answer is not None
    assert (told.answer.outcome, told.answer.actor) == ("refused", "officer-1")
    assert "again" in told.answer.words


@pytest.mark.parametrize("expected", [{}, {"another": 1}])
def test_a_decision_that_does_not_say_what_was_looked_at_is_refused(
    two: tuple[World, str, str], expected: dict[str, int]
) -> None:
    world, first, second = two
    world.merge(second, first, expected=expected)
    assert world.audits() == ["refused"]
    assert world.children_of("R2") == {second}


def test_a_link_that_came_since_is_not_merged_unseen(two: tuple[World, str, str]) -> None:
    world, first, second = two
    seen = {link_of(world, "R2"): 1}
    world.observe(observation(TRUST, amy(id=None), "REF1", kind="health.referred", subject={}))
    world.merge(first, second, expected=seen)
    assert world.audits() == ["refused"]


def test_a_link_that_came_to_the_other_child_since_is_not_joined_unseen() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"), observation(OTHER_COUNCIL, amy(**UNNUMBERED), "R2"))
    first, second = child_of(world, "R1"), child_of(world, "R2")
    seen = {link.id: link.seq for link in world.links()}
    world.observe(observation(TRUST, amy(id=None), "REF1", kind="health.referred", subject={}))
    assert world.children_of("REF1") == {first}
    world.merge(second, first, expected=seen)
    world.assign(link_of(world, "R2"), first, expected=seen)
    world.decide("match.rejected", link=link_of(world, "R2"), child=first, expected=seen)
    assert world.audits() == ["refused"] * 3


def test_two_verified_nhs_numbers_never_come_into_one_child_whoever_says_so() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"), observation(OTHER_COUNCIL, amy(nhs_number=OTHER_NHS), "R2"))
    first, second = child_of(world, "R1"), child_of(world, "R2")
    before = world.counted()
    world.merge(first, second)
    world.assign(link_of(world, "R1"), second)
    assert world.audits() == ["refused", "refused"]
    assert "verified NHS numbers" in str(world.all.audits[0].detail)
    assert world.counted() == before


def test_undo_never_brings_two_verified_numbers_together() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(**UNNUMBERED), "R1"), observation(OTHER_COUNCIL, amy(**UNNUMBERED), "R2"))
    first, second = child_of(world, "R1"), child_of(world, "R2")
    world.merge(second, first)
    apart = world.assign(link_of(world, "R2"), second, later(2))
    assert apart.audits[0].outcome == "refused"  # second is merged: its id is no child to give anything to
    world.release(link_of(world, "R2"), later(2), decision="released")
    world.observe(observation(COUNCIL, amy(upn=None), "R1", version=2))
    world.observe(observation(OTHER_COUNCIL, amy(nhs_number=OTHER_NHS, upn=None), "R2", version=2))
    world.undo("released", later(3))
    assert world.audits()[-1] == "refused"
    assert world.children_of("R1") == {first}


def test_accepting_two_possibles_for_one_source_is_not_possible() -> None:
    world = World()
    world.observe(
        observation(COUNCIL, amy(upn=None), "R1"), observation(OTHER_COUNCIL, amy(**UNNUMBERED), "R2"),
        observation(OTHER_COUNCIL, amy(upn=None), "R2", version=2),
        observation(TRUST, amy(id=None), "REF1", kind="health.referred", subject={}),
    )  # fmt: skip
    first, second, link = child_of(world, "R1"), child_of(world, "R2"), link_of(world, "REF1")
    assert Store(world).link(link).child is None  # type: ignore[union-attr]
    seen = {each.id: each.seq for each in world.links()}
    world.assign(link, first, expected=seen)
    world.assign(link, second, later(2), expected=seen)
    assert world.audits() == ["taken", "refused"]
    assert world.children_of("REF1") == {first}


def test_rejecting_the_second_possible_places_the_first_and_asks_no_more_about_it() -> None:
    world = World()
    world.observe(
        observation(COUNCIL, amy(upn=None), "R1"), observation(OTHER_COUNCIL, amy(**UNNUMBERED), "R2"),
        observation(OTHER_COUNCIL, amy(upn=None), "R2", version=2),
        observation(TRUST, amy(id=None), "REF1", kind="health.referred", subject={}),
    )  # fmt: skip
    first, second, link = child_of(world, "R1"), child_of(world, "R2"), link_of(world, "REF1")
    before = world.counted()
    world.decide("match.rejected", decision="no", link=link, child=second)
    assert world.children_of("REF1") == {first}
    assert world.open_questions() == ["conflict"]  # the two council records still agree: merge them?
    world.observe(observation(TRUST, amy(id=None, given="Amy Louise"), "REF1", kind="health.referred", version=2))
    assert world.children_of("REF1") == {first}
    world.assign(link, second, later(2))
    assert world.audits()[-1] == "refused"
    world.merge(first, second, later(2))
    assert world.audits()[-1] == "refused"
    world.undo("no", later(3))
    assert {fact[:3] for fact in world.counted()[first]} == {fact[:3] for fact in before[first]}


@pytest.mark.parametrize("into", [0, 1])
def test_no_question_is_left_open_by_a_merge_in_either_direction(into: int) -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(**UNNUMBERED), "R1"), observation(OTHER_COUNCIL, amy(**UNNUMBERED), "R2"))
    world.observe(observation(COUNCIL, amy(upn=None), "R1", version=2))
    world.observe(observation(OTHER_COUNCIL, amy(upn=None), "R2", version=2))
    assert world.open_questions() == ["conflict"]
    children = [child_of(world, "R1"), child_of(world, "R2")]
    (task,) = {review.id for review in world.all.reviews}
    outcome = world.merge(children[1 - into], children[into], decision="merge", task=task)
    assert world.open_questions() == []
    (told,) = outcome.reviews
    assert (told.state, told.answer and told.answer.outcome) == ("resolved", "taken")
    world.undo("merge", later(2))
    assert world.open_questions() == ["conflict"]


def test_what_waits_is_looked_at_again_after_a_merge_and_waits_again_when_that_is_undone() -> None:
    world = World()
    world.observe(
        observation(COUNCIL, amy(upn=None), "R1"), observation(OTHER_COUNCIL, amy(**UNNUMBERED), "R2"),
        observation(OTHER_COUNCIL, amy(upn=None), "R2", version=2),
        observation(TRUST, amy(id=None), "REF1", kind="health.referred", subject={}),
    )  # fmt: skip
    first, second = child_of(world, "R1"), child_of(world, "R2")
    before, asked = world.counted(), world.open_questions()
    world.merge(second, first, decision="merge")
    assert world.children_of("REF1") == {first}
    assert world.open_questions() == []
    world.undo("merge", later(2))
    assert world.counted() == before
    assert world.open_questions() == asked


def test_merges_chain_and_are_undone_from_the_end() -> None:
    world = World()
    for record, source in (("R1", COUNCIL), ("R2", OTHER_COUNCIL)):
        world.observe(observation(source, amy(id=record, **UNNUMBERED), record))
    world.observe(observation(COUNCIL, amy(id="R3", **UNNUMBERED), "R3"))
    first, second, third = (child_of(world, record) for record in ("R1", "R2", "R3"))
    before = world.counted()
    world.merge(first, second, decision="one")
    world.merge(second, third, later(2), decision="two")
    assert world.counted().keys() == {third}
    world.undo("one", later(3), decision="too early")
    assert world.audits() == ["taken", "taken", "refused"]
    world.undo("two", later(4))
    world.undo("one", later(5))
    assert world.counted() == before


def test_no_circle_comes_about_by_undoing_and_doing_again(two: tuple[World, str, str]) -> None:
    world, first, second = two
    world.merge(first, second, decision="there")
    world.undo("there", later(2), decision="back")
    world.merge(second, first, later(3), decision="other way")
    world.undo("back", later(4), decision="there again")
    assert world.audits() == ["taken", "taken", "taken", "refused"]
    store = Store(world)
    assert (store.child(first).into, store.child(second).into) == (None, first)  # type: ignore[union-attr]


def test_a_merged_child_gets_nothing_any_more(two: tuple[World, str, str]) -> None:
    world, first, second = two
    world.merge(second, first)
    world.merge(first, second, later(2))
    world.assign(link_of(world, "R1"), second, later(3))
    assert world.audits() == ["taken", "refused", "refused"]
    receipt = observation(COUNCIL, None, "REC1", child_id=second, kind="family.contacted", subject={})
    world.observe(receipt)
    assert world.children_of("REC1") == {first}


def test_a_persons_decisions_survive_a_change_of_policy(two: tuple[World, str, str]) -> None:
    world, first, second = two
    world.merge(second, first)
    trusts_nothing = [source.model_copy(update={"trusts_nhs_number": False}) for source in SOURCES.sources]
    world.identity = Identity(KEY, Sources(sources=tuple(trusts_nothing)))
    world.observe(observation(COUNCIL, amy(postcode="HP20 1AA"), "R1", version=2))
    world.observe(observation(OTHER_COUNCIL, amy(**UNNUMBERED, given="Amy Louise"), "R2", version=2))
    world.observe(observation(TRUST, amy(id=None), "REF1", kind="health.referred", subject={}))
    assert world.children_of("R1") == world.children_of("R2") == {first}
    assert world.children_of("REF1") == set()


def test_statements_held_back_are_accepted_as_a_correction() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"))
    born = amy().birth_date.replace(day=14)  # type: ignore[union-attr]
    world.observe(observation(COUNCIL, amy(birth_date=born), "R2"), observation(COUNCIL, amy(birth_date=born), "R3"))
    child, link, before = child_of(world, "R1"), link_of(world, "R1"), world.counted()
    (task,) = {review.id for review in world.all.reviews}
    outcome = world.decide("held.accepted", decision="same", link=link, held=2, task=task)
    assert world.children_of("R2") == world.children_of("R3") == {child}
    assert world.open_questions() == []
    assert [(one.link, one.seq, one.child_id) for one in outcome.decisions] == [(link, 2, child)]
    world.observe(observation(COUNCIL, amy(birth_date=born), "R4"), observation(COUNCIL, amy(), "R5"))
    assert world.children_of("R4") == {child}
    assert world.open_questions() == ["conflict"]  # the old date again, after the correction
    world.undo("same", later(2))
    assert world.audits()[-1] == "refused"  # more was said since
    assert before != world.counted()


def test_a_correction_undone_holds_back_again_what_it_took_up() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"), observation(COUNCIL, amy(given="Annie"), "R2"))
    link, before, start = link_of(world, "R1"), world.counted(), dict(world.values)
    world.decide("held.accepted", decision="same", link=link, held=1)
    assert world.children_of("R2") == world.children_of("R1")
    world.undo("same", later(2))
    assert world.counted() == before
    assert world.open_questions() == ["conflict"]
    kept = {key for key in start if key.startswith(("disputed:", "fact:", "seen:", "stated:", "number:"))}
    assert {key: world.values.get(key) for key in kept} == {key: start[key] for key in kept}
    world.decide("held.separated", link=link, held=1, at=later(3))
    assert world.children_of("R2") not in ({child_of(world, "R1")}, set())


def test_a_correction_to_a_number_that_another_record_of_the_child_denies_is_refused() -> None:
    world = World()
    world.observe(
        observation(COUNCIL, amy(), "R1"), observation(TRUST, amy(id=None), "REF1"),
        observation(COUNCIL, amy(nhs_number=OTHER_NHS), "R2"),
    )  # fmt: skip
    before = world.counted()
    world.decide("held.accepted", link=link_of(world, "R1"), held=1)
    assert world.audits() == ["refused"]
    assert world.counted() == before


def test_two_people_under_one_id_get_a_link_each_from_then_on() -> None:
    world = World()
    bea = amy(given="Bea", nhs_number=OTHER_NHS, upn=None)
    world.observe(observation(COUNCIL, amy(), "R1"), observation(COUNCIL, bea, "R2"))
    link, before = link_of(world, "R1"), world.counted()
    world.decide("held.separated", decision="two", link=link, held=1)
    first, second = child_of(world, "R1"), child_of(world, "R2")
    assert first != second
    world.observe(observation(COUNCIL, bea, "R3"), observation(COUNCIL, amy(), "R4"))
    assert (world.children_of("R3"), world.children_of("R4")) == ({second}, {first})
    world.observe(observation(COUNCIL, amy(given=None, **UNNUMBERED), "R5"))
    assert world.children_of("R5") == set()  # which of the two is not said
    assert world.open_questions() == ["conflict"]
    world.observe(observation(TRUST, bea.model_copy(update={"id": None}), "REF1"))
    assert world.children_of("REF1") == {second}
    world.merge(second, first, later(2))
    assert world.audits()[-1] == "refused"
    assert before.keys() < world.counted().keys()


def test_a_separation_undone_holds_the_statements_back_again() -> None:
    world = World()
    bea = amy(given="Bea", **UNNUMBERED)
    world.observe(observation(COUNCIL, amy(), "R1"), observation(COUNCIL, bea, "R2"))
    link, before = link_of(world, "R1"), world.counted()
    world.decide("held.separated", decision="two", link=link, held=1)
    world.undo("two", later(2))
    assert world.counted() == before
    assert world.open_questions() == ["conflict"]
    world.observe(observation(COUNCIL, bea, "R3"))
    assert world.children_of("R3") == set()
    world.decide("held.accepted", link=link, held=2, at=later(3))
    assert world.children_of("R2") == world.children_of("R3") == world.children_of("R1")


def test_what_was_taken_back_from_the_first_by_the_second_comes_back_with_an_undo() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"), observation(COUNCIL, amy(given="Bea"), "R1", version=2))
    link, before = link_of(world, "R1"), world.counted()
    child = child_of(world, "R1")
    world.decide("held.separated", decision="two", link=link, held=1)
    retracted = [fact for fact in world.all.facts if fact.retracted and fact.child_id == child]
    assert [(fact.record, fact.version) for fact in retracted] == [("R1", 2)]
    world.undo("two", later(2))
    assert world.counted() == before


def test_more_held_back_than_was_seen_is_refused() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"), observation(COUNCIL, amy(given="Bea"), "R2"))
    world.observe(observation(COUNCIL, amy(given="Bea"), "R3"))
    world.decide("held.accepted", link=link_of(world, "R1"), held=1)
    assert world.audits() == ["refused"]


def test_only_people_decide() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"))
    with pytest.raises(CoreError):
        world.observe(observation(COUNCIL, amy(), "D1", kind="link.released", link=link_of(world, "R1")))
    with pytest.raises(CoreError):
        world.observe(observation(PEOPLE, amy(), "D2"))
    with pytest.raises(CoreError):
        world.observe(observation(PEOPLE, None, "D3", kind="link.released", link=link_of(world, "R1"), data={}))
    assert NHS not in str(world.all.audits)


def test_two_children_who_share_a_number_are_told_apart_by_one_decision() -> None:
    """Each with three records, so that there are nine questions; undone all are asked again."""
    world = World()
    for number, record in enumerate(["A1", "A2", "A3"]):
        world.observe(observation((COUNCIL, TRACKER, TRUST)[number], amy(id=f"P{number}", upn=None), record))
    for number, record in enumerate(["B1", "B2", "B3"]):
        other = amy(id=f"Q{number}", given="Bea", upn=None)
        world.observe(observation((COUNCIL, TRACKER, TRUST)[number], other, record))
    first, second = child_of(world, "A1"), child_of(world, "B1")
    assert (world.children_of("A3"), world.children_of("B3")) == ({first}, {second})
    assert world.open_questions() == ["conflict"] * 9
    world.decide("match.rejected", "two", child_id=first, data={"child": second})
    assert (world.audits(), world.open_questions()) == (["taken"], [])
    world.decide("match.rejected", "again", child_id=first, data={"child": second})
    assert "rejected before" in str(world.all.audits[-1].detail)
    world.decide("match.rejected", "itself", child_id=first, data={"child": first})
    assert world.audits() == ["taken", "refused", "refused"]
    world.undo("two")
    assert world.open_questions() == ["conflict"] * 9
