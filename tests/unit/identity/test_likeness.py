"""Matching without a number, through the engine: the policy's rule by name, who is asked about, and the guard rails."""

from datetime import date

import pytest
from pydantic import ValidationError

from hub.core.identity import Identity
from hub.core.identity.people import People
from hub.core.identity.persons import with_person
from hub.core.identity.policies import CURRENT
from hub.core.identity.policy import Policy
from hub.core.identity.store import Store
from hub.runtime.matching import read_weights
from tests.unit.identity.people import (
    COUNCIL,
    KEY,
    OTHER_COUNCIL,
    OTHER_NHS,
    SOURCES,
    TRUST,
    World,
    amy,
    later,
    observation,
)

WEIGHTS = read_weights(None)


class Named(World):
    """Identity that also knows people by name, among five hundred others."""

    def __init__(self, policy: Policy = CURRENT) -> None:
        super().__init__()
        self.people = People(WEIGHTS)
        self.identity = Identity(KEY, SOURCES, policy, self.people)

        self.reads = 0

    def get(self, key: str) -> bytes | None:
        self.reads += 1
        return super().get(key)

    def child_of(self, person_id: str, source: str) -> str | None:
        links = (Store(self).link(key.removeprefix("link:")) for key in self.values if key.startswith("link:"))
        return next(
            link.child for link in links if link.source == source and link.persons[-1].fields.get("id") == person_id
        )


def nobody(**changes):
    """Amy without a number."""
    return amy(**({"nhs_number": None, "nhs_number_status": None, "upn": None, "postcode": "ZX99 1AA"} | changes))


@pytest.fixture
def world():
    found = Named()
    found.observe(observation(COUNCIL, nobody()))
    return found


def seen(world, source=OTHER_COUNCIL, record="R2", **changes):
    return world.observe(observation(source, nobody(id="Q1", **changes), record))


def open_tasks(outcome):
    return [(task.question, set(task.candidates)) for task in outcome.reviews if task.state == "open"]


def test_the_same_name_date_of_birth_and_postcode_are_one_child(world):
    outcome = seen(world, given="AMY ", postcode="zx991aa")
    assert [(each.rule, each.decision) for each in outcome.decisions] == [("name-birth-postcode", "assigned")]
    assert world.child_of("Q1", OTHER_COUNCIL) == world.child_of("P1", COUNCIL)


@pytest.mark.parametrize(
    "changes",
    [
        {"postcode": "ZX11 2BB"},
        {"postcode": None},
        {"given": "Amie"},
        {"family": "Exampel"},
        {"birth_date": date(2016, 4, 3)},
    ],
)
def test_with_one_of_the_four_different_a_person_is_asked(world, changes):
    outcome = seen(world, **changes)
    children = {world.child_of("P1", COUNCIL), world.child_of("Q1", OTHER_COUNCIL)}
    assert len(children) == 2
    assert open_tasks(outcome) == [("potential-match", children)]


def test_an_estimated_date_of_birth_joins_nobody():
    world = Named()
    world.observe(observation(COUNCIL, nobody(birth_date=date(2016, 1, 1))))
    assert [each.rule for each in seen(world, birth_date=date(2016, 1, 1)).decisions] == ["founding"]


@pytest.mark.parametrize("given", ["Baby", "Twin One", "Unknown", "", None])
def test_a_stand_in_for_a_name_joins_nobody(given):
    world = Named()
    world.observe(observation(COUNCIL, nobody(given=given)))
    assert [each.rule for each in seen(world, given=given).decisions] == ["founding"]


def test_a_date_of_birth_in_the_future_joins_nobody_and_is_kept_as_received():
    world = Named()
    world.observe(observation(COUNCIL, nobody(birth_date=date(2062, 3, 4))))
    assert [each.rule for each in seen(world, birth_date=date(2062, 3, 4)).decisions] == ["founding"]
    (link,) = (
        Store(world).link(key[5:]) for key in world.values if key.startswith("link:") and b"P1" in world.values[key]
    )
    assert link.persons[-1].fields["birth_date"] == "2062-03-04"


@pytest.mark.parametrize("relative", [{"given": "Ben"}, {"given": "Ben", "birth_date": date(2013, 5, 6)}])
def test_where_a_twin_or_sibling_is_known_a_person_decides(world, relative):
    world.observe(observation(COUNCIL, nobody(id="P2", **relative), "R9"))
    outcome = seen(world)
    assert [each.rule for each in outcome.decisions] == ["founding"]
    assert ("potential-match", {world.child_of("P1", COUNCIL), world.child_of("Q1", OTHER_COUNCIL)}) in open_tasks(
        outcome
    )


def test_where_a_twin_is_seen_later_what_was_joined_is_asked_about(world):
    seen(world)
    outcome = world.observe(observation(COUNCIL, nobody(id="P2", given="Ben"), "R9"))
    assert [task for task in open_tasks(outcome) if task[0] == "conflict"]
    again = world.observe(observation(COUNCIL, nobody(id="P2", given="Ben"), "R10"))
    assert not again.reviews


def test_two_verified_numbers_are_two_children_however_alike():
    world = Named()
    world.observe(observation(COUNCIL, nobody(nhs_number="9990000018", nhs_number_status="01")))
    outcome = seen(world, nhs_number=OTHER_NHS, nhs_number_status="01")
    assert [each.rule for each in outcome.decisions] == ["founding"]
    assert open_tasks(outcome) == []


def test_what_waits_is_asked_about_with_the_children_it_looks_like(world):
    outcome = seen(world, source=TRUST, postcode=None)
    assert open_tasks(outcome) == [("unmatched-input", {world.child_of("P1", COUNCIL)})]
    assert world.child_of("Q1", TRUST) is None


def test_what_waits_and_agrees_in_all_four_joins_when_the_child_comes():
    world = Named()
    seen(world, source=TRUST)
    outcome = world.observe(observation(COUNCIL, nobody()))
    assert [each.rule for each in outcome.decisions] == ["founding", "name-birth-postcode"]
    assert [task.state for task in outcome.reviews] == ["resolved"]


def test_a_number_that_decides_nothing_lets_no_name_decide(world):
    """Another child's verified number was typed for this one: that is a question, whatever the name says."""
    world.observe(observation(COUNCIL, amy(id="P3", given="Zara", birth_date=date(2011, 9, 8), upn=None), "R3"))
    outcome = seen(world, nhs_number="9990000018", nhs_number_status="01")
    assert [each.rule for each in outcome.decisions] == ["founding"]
    assert "conflict" in {question for question, _ in open_tasks(outcome)}


def test_whoever_a_person_said_is_somebody_else_is_not_asked_about_again(world):
    seen(world, postcode="ZX11 2BB")
    link = next(key[5:] for key in world.values if key.startswith("link:") and b'"Q1"' in world.values[key])
    child = world.child_of("P1", COUNCIL)
    rejected = world.decide("match.rejected", link=link, child=child)
    assert [task.state for task in rejected.reviews if task.question == "potential-match"] == ["resolved"]
    assert not world.observe(observation(OTHER_COUNCIL, nobody(id="Q1", postcode="ZX11 2BC"), "R4")).reviews


def test_a_merge_answers_the_question_and_undoing_it_asks_again(world):
    seen(world, postcode="ZX11 2BB")
    one, other = world.child_of("P1", COUNCIL), world.child_of("Q1", OTHER_COUNCIL)
    merged = world.merge(other, one, decision="d1")
    assert [task.state for task in merged.reviews] == ["resolved"]
    undone = world.decide("decision.undone", at=later(2), decision="d2", data={"decision": "d1"})
    assert open_tasks(undone) == [("potential-match", {one, other})]


def test_a_corrected_name_is_no_longer_asked_about(world):
    seen(world, given="Amie")
    outcome = world.observe(
        observation(
            OTHER_COUNCIL, nobody(id="Q1", given=None, family="Thorncroft", postcode=None), "R5", recorded_at=later(3)
        )
    )
    assert [task.state for task in outcome.reviews] == ["resolved"]


def test_what_a_batch_that_came_to_nothing_said_is_forgotten(world):
    world.people.kept()
    values = dict(world.values)
    seen(world)
    world.people.take_back()
    world.values = values
    outcome = world.observe(observation(TRUST, nobody(id="T1", postcode=None), "R7"))
    assert open_tasks(outcome) == [("unmatched-input", {world.child_of("P1", COUNCIL)})]


def test_whatever_was_known_is_known_after_a_restart(world):
    from hub.core.identity.store import persons_in

    world.people = People(WEIGHTS)
    world.people.load(persons_in(world.values.items()))
    world.identity = Identity(KEY, SOURCES, CURRENT, world.people)
    assert [each.rule for each in seen(world).decisions] == ["name-birth-postcode"]


RULE = {"name": "r", "why": "w", "outcome": "match", "needs": ["birth", "given"]}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({**RULE, "needs": ["nhs-number"]}, "without date of birth and given name"),
        (RULE, "unless_relative"),
        ({**RULE, "outcome": "potential"}, "needs `at_least`"),
    ],
)
def test_a_policy_that_could_join_two_children_is_refused(rule, said):
    whole = {
        "version": "1",
        "strategies": [{"name": "s", "rules": [rule]}],
        "changelog": [{"version": "1", "change": "c", "effect": "e"}],
    }
    with pytest.raises(ValidationError, match=said):
        Policy.model_validate(whole)


def test_a_policy_without_its_change_is_refused():
    with pytest.raises(ValidationError, match="changelog"):
        Policy.model_validate(CURRENT.model_dump(mode="json") | {"version": "next"})


def test_a_policy_can_leave_names_to_people():
    strategies = [each for each in CURRENT.model_dump(mode="json")["strategies"] if each["name"] != "deterministic"]
    world = Named(Policy.model_validate(CURRENT.model_dump(mode="json") | {"strategies": strategies}))
    world.observe(observation(COUNCIL, nobody()))
    assert [each.rule for each in seen(world).decisions] == ["founding"]


def test_the_task_says_how_likely_it_is_and_what_each_field_adds(world):
    (task,) = seen(world, postcode="ZX11 2BB").reviews
    assert 0.2 < task.score < 1
    said = dict(task.parts)
    assert {"given: same", "family: same", "birth: same", "postcode: other"} <= set(said)
    assert said["birth: same"] > 5
    assert said["postcode: other"] < 0


def alone(world, given="Amy", person="A1", source=COUNCIL, **changes):
    """Somebody said for the first time; the rules that decided."""
    outcome = world.observe(observation(source, nobody(id=person, given=given, **changes), f"R-{person}-{source}"))
    return [each.rule for each in outcome.decisions]


@pytest.mark.parametrize("postcode", ["ZZ99 3VZ", "Unknown", "N/A", "M14", "none", "12345"])
def test_a_postcode_that_is_no_place_joins_nobody(postcode):
    world = Named()
    alone(world, postcode=postcode)
    assert alone(world, person="B1", source=OTHER_COUNCIL, postcode=postcode) == ["founding"]


@pytest.mark.parametrize(
    "given", ["TwinA", "Infantboy", "Babytwin", "Unk", "Xxx", "Notknown", "Not known", "Test", "Mohammed", "Son"]
)
def test_a_name_that_says_nothing_of_which_child_joins_nobody(given):
    world = Named()
    alone(world, given)
    assert alone(world, given, "B1", OTHER_COUNCIL) == ["founding"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("李", "黎"), ("Man Son", "Manson"), ("Khan (Ali)", "Khan"), ("K", "K"), ("y" * 80 + "a", "y" * 80 + "b")],
)
def test_family_names_that_only_look_the_same_in_normal_form_join_nobody(one, other):
    world = Named()
    alone(world, family=one)
    assert alone(world, person="B1", source=OTHER_COUNCIL, family=other) == ["founding"]


@pytest.mark.parametrize(
    ("first", "second", "asked"),
    [
        ("Jia Hui", "Jia Wen", "Jia"),
        ("Mary-Ann", "Mary-Jane", "Mary-Ann"),
        ("Mohammed Ali", "Mohammed Hassan", "Mohammed"),
    ],
)
def test_twins_who_share_the_first_part_of_their_names_are_two(first, second, asked):
    world = Named()
    alone(world, first)
    alone(world, second, "W1", TRUST)
    assert alone(world, asked, "X1", TRUST) == []


@pytest.mark.parametrize("family", ["Exampel", "Other", "Example"])
def test_a_twin_under_another_family_name_at_the_same_address_is_seen(family):
    world = Named()
    alone(world)
    alone(world, "Beth", "A2", family=family)
    assert alone(world, person="X1", source=TRUST) == []


def test_a_twin_is_seen_however_many_records_a_child_has():
    world = Named()
    alone(world, "Beth", "B1")
    alone(world, nhs_number="9990000018", nhs_number_status="01")
    for number in range(40):
        alone(
            world,
            person=f"T{number}",
            source=TRUST,
            nhs_number="9990000018",
            nhs_number_status="01",
            sex="FM"[number % 2],
        )
    assert alone(world, person="X1", source=TRUST) == []


def test_a_sibling_who_has_moved_since_is_still_one():
    world = Named()
    alone(world)
    alone(world, "Beth", "B1")
    for number in range(5):
        world.observe(
            observation(
                COUNCIL,
                nobody(id="B1", given="Beth", postcode=f"ZX1{number} 2BB"),
                f"R{number}",
                recorded_at=later(number + 1),
            )
        )
    assert alone(world, person="X1", source=TRUST) == []


def test_a_sibling_whose_address_comes_later_is_asked_about(world):
    seen(world)
    sibling = {"id": "B1", "given": "Beth", "birth_date": date(2013, 8, 9)}
    assert not open_tasks(world.observe(observation(COUNCIL, nobody(**sibling, postcode=None), "R8")))
    outcome = world.observe(observation(COUNCIL, nobody(**sibling), "R9", recorded_at=later(1)))
    assert [question for question, _ in open_tasks(outcome)] == ["conflict"]
    moved = nobody(**sibling, postcode="ZX11 2BB")
    assert not world.observe(observation(COUNCIL, moved, "R10", recorded_at=later(2))).reviews


def test_where_a_person_released_somebody_the_next_who_is_the_same_waits(world):
    seen(world, source=TRUST)
    (link,) = [each.id for each in world.links() if each.source == TRUST]
    world.release(link)
    assert alone(world, person="X1", source=TRUST) == []


def test_a_familiar_form_in_the_same_child_is_no_relative():
    world = Named()
    alone(world, "Thomas", nhs_number="9990000018", nhs_number_status="01")
    assert alone(world, "Thomas", "T1", TRUST) == ["name-birth-postcode"]
    outcome = world.observe(
        observation(TRUST, nobody(id="T2", given="Tom", nhs_number="9990000018", nhs_number_status="01"), "R9")
    )
    assert [each.rule for each in outcome.decisions] == ["nhs-number"]
    assert open_tasks(outcome) == []


def test_what_is_asked_is_not_answered_by_others_who_come(world):
    seen(world, family="Exampel")
    for number in range(40):
        alone(
            world, family="Exampel", person=f"T{number}", source=TRUST, nhs_number="9990000018", nhs_number_status="01"
        )
    outcome = world.observe(
        observation(OTHER_COUNCIL, nobody(id="Q1", family="Exampel", sex="f"), "R50", recorded_at=later(3))
    )
    assert [task.state for task in outcome.reviews if task.question == "potential-match"] != ["resolved"]
    assert "potential-match" in world.open_questions()


def test_an_aborted_batch_leaves_no_trace_in_who_is_found():
    found = []
    for aborted in (False, True):
        world = Named()
        if aborted:
            for number in range(150):
                said = observation(COUNCIL, nobody(id=f"N{number}"), f"N{number}")
                world.people.learn(f"n{number}", with_person((), said.person, said.recorded_at))
            world.people.take_back()
        alone(world, "Beth", "B1")
        alone(world)
        found.append(alone(world, person="X1", source=TRUST))
    assert found == [[], []]


def test_a_record_that_comes_a_hundred_times_takes_no_longer_at_the_end():
    """What is looked at does not grow with the records of one child."""
    world = Named()
    reads = []
    for number in range(60):
        before = world.reads
        alone(world, person=f"T{number}", source=TRUST, nhs_number="9990000018", nhs_number_status="01")
        reads.append(world.reads - before)
    assert reads[-1] < 12 * len(reads)
