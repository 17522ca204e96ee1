"""The rules of the first version, one by one, and the cases of people that implementers get wrong."""

from datetime import date
from typing import Any

import orjson
import pytest

from tests.unit.identity.people import (
    BORN,
    COUNCIL,
    NHS,
    OTHER_COUNCIL,
    OTHER_NHS,
    OTHER_UPN,
    TRACKER,
    TRUST,
    UNTRUSTED,
    UPN,
    World,
    amy,
    later,
    observation,
)

# (a) the same source person


def test_a_councils_person_founds_a_child_with_all_it_says() -> None:
    world = World()
    outcome = world.observe(observation(COUNCIL, amy()))
    assigned, fact = outcome.facts
    (decision,) = outcome.decisions
    assert (assigned.kind, assigned.seq, assigned.link) == ("link.assigned", 1, fact.link)
    assert (fact.kind, fact.record, fact.seq, fact.child_id) == ("assessment.requested", "R1", 1, assigned.child_id)
    assert (decision.decision, decision.rule, decision.seq) == ("assigned", "founding", 1)
    assert world.open_questions() == []


def test_the_same_source_person_is_the_same_child_even_without_numbers() -> None:
    world = World()
    bare = amy(nhs_number=None, upn=None)
    world.observe(observation(COUNCIL, bare, "R1"), observation(COUNCIL, bare, "R2"))
    assert world.children_of("R1") == world.children_of("R2") != set()


@pytest.mark.parametrize(
    "changed", [{"birth_date": date(2016, 3, 5)}, {"given": "Ann"}, {"nhs_number": OTHER_NHS}, {"given": "Amy Rose"}]
)
def test_two_people_under_one_source_id_are_a_conflict_and_never_a_link(changed: dict[str, Any]) -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(given="Amy Louise"), "R1"))
    outcome = world.observe(observation(COUNCIL, amy(**({"given": "Amy Louise"} | changed)), "R2"))
    assert outcome.facts == []
    assert world.open_questions() == ["conflict"]
    assert world.children_of("R2") == set()


def test_the_question_names_the_statement_that_is_held_back() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"))
    (task,) = world.observe(observation(COUNCIL, amy(given="Ann"), "R2", kind="plan.issued")).reviews
    assert (task.record, task.kind, task.message) == ("R2", "plan.issued", "m-R2")
    assert {task.child_id} == world.children_of("R1")
    assert world.observe(observation(COUNCIL, amy(given="Ann"), "R3")).reviews == []


def test_what_is_held_back_is_asked_once_and_kept_once() -> None:
    world = World()
    other = observation(COUNCIL, amy(given="Ann"), "R2")
    world.observe(observation(COUNCIL, amy(), "R1"), other)
    before = dict(world.values)
    outcome = world.observe(other)
    assert outcome.repeat
    assert (outcome.reviews, world.values) == ([], before)


@pytest.mark.parametrize("changed", [{"given": None}, {"birth_date": None}, {"given": "A"}, {"upn": OTHER_UPN}])
def test_saying_less_is_no_conflict(changed: dict[str, Any]) -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"), observation(COUNCIL, amy(**changed), "R2"))
    assert world.children_of("R1") == world.children_of("R2")
    assert world.open_questions() == []


def test_a_person_id_is_scoped_by_its_source() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(nhs_number=None, upn=None), "R1"))
    world.observe(observation(OTHER_COUNCIL, amy(nhs_number=None, upn=None), "R2"))
    assert world.children_of("R1") != world.children_of("R2")


# (b) verified NHS number


def nhs_message(record: str = "REF1", source: str = TRUST, **changes: Any) -> Any:
    person = amy(**({"id": None, "upn": None} | changes))
    return observation(source, person, record, kind="health.referred", subject={})


def test_a_verified_nhs_number_with_birth_date_and_given_name_links() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(upn=None)))
    outcome = world.observe(nhs_message(given="AMY", nhs_number="999 000 0018"))
    assert world.children_of("REF1") == world.children_of("R1")
    assert [decision.rule for decision in outcome.decisions] == ["nhs-number"]


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        (TRUST, {"nhs_number_status": "02"}),
        (TRUST, {"nhs_number_status": None}),
        (TRUST, {"nhs_number_status": "08"}),
        (UNTRUSTED, {}),
        (TRUST, {"nhs_number": "9990000019"}),
        (TRUST, {"nhs_number": "1111111111"}),
        (TRUST, {"nhs_number": "9276308686"}),
        (TRUST, {"nhs_number": None}),
        (TRUST, {"birth_date": None}),
        (TRUST, {"given": None}),
        (TRUST, {"given": "Baby"}),
        (TRUST, {"given": "Twin One"}),
        (TRUST, {"given": "A"}),
    ],
)
def test_less_than_the_rule_asks_for_waits(source: str, changes: dict[str, Any]) -> None:
    world = World()
    world.observe(observation(COUNCIL, amy()), nhs_message(source=source, **changes))
    assert world.children_of("REF1") == set()
    assert world.open_questions() == ["unmatched-input"]


def test_nothing_links_on_name_and_birth_date_alone() -> None:
    world = World()
    world.observe(
        observation(COUNCIL, amy()), observation(TRACKER, amy(nhs_number=None, upn=None, postcode="HP20"), "T1")
    )
    assert world.children_of("T1") == set()


def test_baby_of_somebody_is_nobodys_name() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(given="Bo Sarah")), nhs_message(given="Bo Sarah"))
    assert world.children_of("REF1") == set()
    assert world.open_questions() == ["unmatched-input"]


@pytest.mark.parametrize("changes", [{"given": "Ann"}, {"birth_date": date(2016, 3, 5)}])
def test_a_verified_number_with_another_name_or_birth_date_is_a_conflict(changes: dict[str, Any]) -> None:
    world = World()
    world.observe(observation(COUNCIL, amy()), nhs_message(**changes))
    assert world.children_of("REF1") == set()
    assert world.open_questions() == ["conflict"]


def test_an_estimated_birth_date_is_no_agreement() -> None:
    world = World()
    january = {"birth_date": date(2016, 1, 1)}
    world.observe(observation(COUNCIL, amy(**january)), nhs_message(**january))
    assert world.children_of("REF1") == set()
    assert world.open_questions() == ["unmatched-input"]


def test_a_scottish_number_passes_the_check_but_verifies_nothing_without_status() -> None:
    world = World()
    chi = {"nhs_number": "0101160003", "nhs_number_status": "02"}
    world.observe(observation(COUNCIL, amy(**chi)), nhs_message(**chi))
    assert world.children_of("REF1") == set()


def test_two_verified_numbers_are_never_in_one_child() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy()), observation(TRACKER, amy(nhs_number=OTHER_NHS), "T1"))
    assert world.children_of("T1") == set()
    assert world.open_questions() == ["conflict"]


# (c) UPN


def test_a_upn_with_birth_date_and_given_name_links() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(nhs_number=None)))
    outcome = world.observe(observation(TRACKER, amy(id=None, nhs_number=None, upn=UPN.lower()), "T1"))
    assert world.children_of("T1") == world.children_of("R1")
    assert [decision.rule for decision in outcome.decisions] == ["upn"]


@pytest.mark.parametrize("upn", ["W825400122001", "G82540O122001", None])
def test_a_wrong_upn_waits(upn: str | None) -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(nhs_number=None)))
    world.observe(observation(TRACKER, amy(nhs_number=None, upn=upn), "T1"))
    assert world.open_questions() == ["unmatched-input"]


@pytest.mark.parametrize("family", ["Other", None, "Unknown", "E"])
def test_a_upn_copied_from_the_wrong_row_joins_nobody_and_is_asked_about(family: str | None) -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(nhs_number=None)))
    world.observe(observation(OTHER_COUNCIL, amy(id="X", nhs_number=None, family=family), "R2"))
    world.observe(observation(TRACKER, amy(id=None, nhs_number=None, family=family), "T1"))
    assert world.children_of("R1") != world.children_of("R2") != set()
    assert world.children_of("T1") == set() or family not in (None, "Unknown", "E")
    merge = next(task for task in world.all.reviews if len(task.candidates) == 2)
    assert (merge.question, set(merge.candidates)) == ("conflict", world.children_of("R1") | world.children_of("R2"))
    assert "copied from the wrong row" in merge.detail


@pytest.mark.parametrize("family", ["EXAMPLE", "Exampel", "Example-Other", "de la Example", "Exxample"])
def test_a_upn_joins_in_any_way_of_writing_the_family_name(family: str) -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(nhs_number=None)))
    world.observe(observation(OTHER_COUNCIL, amy(id="X", nhs_number=None, family=family), "R2"))
    assert world.children_of("R1") == world.children_of("R2")


def test_a_upn_joins_by_a_family_name_that_was_said_before() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(nhs_number=None, family="Before")))
    world.observe(observation(COUNCIL, amy(nhs_number=None, family="After"), "R2"))
    world.observe(observation(TRACKER, amy(id=None, nhs_number=None, family="Before"), "T1"))
    assert world.children_of("T1") == world.children_of("R1") != set()


def test_a_waiting_input_is_taken_up_when_its_family_name_agrees() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(nhs_number=None)))
    world.observe(observation(TRACKER, amy(nhs_number=None, family=None), "T1"))
    assert (world.children_of("T1"), world.open_questions()) == (set(), ["conflict"])
    world.observe(observation(TRACKER, amy(nhs_number=None), "T2"))
    assert world.children_of("T1") == world.children_of("R1")
    assert world.open_questions() == []


def test_a_person_says_that_a_upn_with_another_family_name_is_the_same_child() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(nhs_number=None)))
    world.observe(observation(TRACKER, amy(nhs_number=None, family="Other"), "T1"))
    (link,) = (link.id for link in world.links() if link.source == TRACKER)
    world.assign(link, *world.children_of("R1"))
    assert world.children_of("T1") == world.children_of("R1")
    assert world.open_questions() == []


def test_a_verified_nhs_number_joins_over_a_changed_family_name() -> None:
    """Status 01: somebody compared it with the national record. A number copied from another row joins only where that
    child has this birthday and an agreeing given name too."""
    world = World()
    world.observe(observation(COUNCIL, amy(upn=None)), nhs_message("REF1", family="Married"))
    assert world.children_of("REF1") == world.children_of("R1")
    world.observe(nhs_message("REF2", family="Other", given="Ann"), nhs_message("REF3", birth_date=date(2016, 3, 5)))
    assert world.children_of("REF2") == world.children_of("REF3") == set()
    assert set(world.open_questions()) == {"conflict"}


def test_a_upn_counts_only_from_a_source_that_is_trusted_with_it() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(nhs_number=None)), observation(TRUST, amy(nhs_number=None), "T1"))
    assert world.open_questions() == ["unmatched-input"]


# Two records of one child, two children with one number


def test_two_councils_persons_with_strong_evidence_are_one_child() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"), observation(OTHER_COUNCIL, amy(id="X"), "R2"))
    assert len(world.children_of("R1") | world.children_of("R2")) == 1


def test_evidence_that_comes_after_both_children_proposes_a_merge_and_makes_none() -> None:
    world = World()
    bare = amy(id="X", nhs_number=None, upn=None)
    world.observe(observation(COUNCIL, amy(), "R1"), observation(OTHER_COUNCIL, bare, "R2"))
    world.observe(observation(OTHER_COUNCIL, amy(id="X"), "R3"))
    assert world.children_of("R1") != world.children_of("R2") == world.children_of("R3")
    (task,) = [task for task in world.all.reviews if task.state == "open"]
    assert task.question == "conflict"
    assert set(task.candidates) == world.children_of("R1") | world.children_of("R2")
    assert "merge" in task.detail


def test_what_agrees_with_two_children_joins_neither() -> None:
    world = World()
    world.observe(
        observation(COUNCIL, amy(upn=None), "R1"), observation(OTHER_COUNCIL, amy(id="X", nhs_number=None), "R2")
    )
    world.observe(observation(TRACKER, amy(), "T1"))
    assert world.children_of("T1") == set()
    assert set(world.open_questions()) == {"conflict"}


def test_what_agrees_with_one_of_a_child_but_not_with_another_joins_nobody() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(given="Mary"), "R1"))
    world.observe(observation(TRACKER, amy(given="Mary Jane"), "T1"), nhs_message("REF1", given="Mary Ann"))
    assert world.children_of("T1") == world.children_of("R1")
    assert world.children_of("REF1") == set()
    assert world.open_questions() == ["conflict", "conflict"]


def test_a_link_does_not_learn_what_another_of_its_child_contradicts() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(given="Mary"), "R1"), observation(TRACKER, amy(given="Mary Jane"), "T1"))
    outcome = world.observe(observation(COUNCIL, amy(given="Mary Ann"), "R2"))
    assert outcome.facts == []
    assert world.open_questions() == ["conflict"]


def test_a_second_verified_number_of_a_source_person_is_held_back() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(upn=None), "R1"))
    assert world.observe(observation(COUNCIL, amy(upn=None, nhs_number=OTHER_NHS), "R2")).facts == []


def test_twins_with_numbers_one_digit_apart_never_join() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"))
    world.observe(observation(COUNCIL, amy(id="P2", given="Ann", nhs_number=OTHER_NHS, upn=OTHER_UPN), "R2"))
    world.observe(nhs_message("REF1", given="Ann"))  # Ann's message under Amy's number
    assert world.children_of("R1") != world.children_of("R2")
    assert world.children_of("REF1") == set()
    assert world.open_questions() == ["conflict"]


def test_twins_without_names_yet_are_two() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(given="Twin One"), "R1"))
    world.observe(observation(COUNCIL, amy(given="Twin Two"), "R2"))
    assert world.children_of("R2") == set()
    assert world.open_questions() == ["conflict"]


# Out of order


def test_a_message_before_the_councils_record_is_taken_up_when_it_comes() -> None:
    world = World()
    world.observe(nhs_message("REF1"), nhs_message("REF2"))
    assert world.open_questions() == ["unmatched-input", "unmatched-input"]
    outcome = world.observe(observation(COUNCIL, amy(upn=None)))
    assert world.children_of("REF1") == world.children_of("REF2") == world.children_of("R1") != set()
    assert [task.state for task in outcome.reviews] == ["resolved", "resolved"]
    assert world.open_questions() == []


def test_a_waiting_input_is_taken_up_when_its_person_is_known_better() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy()), nhs_message(given=None))
    assert world.children_of("REF1") == set()
    world.observe(observation(TRUST, amy(id=None, upn=None), "REF1", kind="health.accepted", subject={}))
    assert len(world.children_of("REF1")) == 1
    assert world.open_questions() == []


def test_a_question_names_the_child_that_it_may_be_as_soon_as_there_is_one() -> None:
    world = World()
    world.observe(nhs_message(given=None))
    outcome = world.observe(observation(COUNCIL, amy()))
    (task,) = outcome.reviews
    assert (task.question, task.state) == ("unmatched-input", "open")
    assert set(task.candidates) == world.children_of("R1")


def test_waiting_inputs_follow_each_other_to_a_child() -> None:
    world = World()
    world.observe(nhs_message("REF1"), observation(TRACKER, amy(), "T1"))
    world.observe(observation(COUNCIL, amy(nhs_number=None), "R1"))
    assert world.children_of("REF1") == world.children_of("T1") == world.children_of("R1") != set()


def test_facts_that_waited_keep_their_own_receipt_and_the_decision_has_its_own() -> None:
    world = World()
    world.observe(nhs_message("REF1"))
    outcome = world.observe(observation(COUNCIL, amy(), received_at=later(2)))
    times = {(fact.record if fact.kind == "health.referred" else fact.kind): fact.received_at for fact in outcome.facts}
    assert times["REF1"] == later()
    assert times["link.assigned"] == later(2)


# Repeats and versions


def test_a_repeat_changes_nothing() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy()))
    before = dict(world.values)
    outcome = world.observe(observation(COUNCIL, amy(), received_at=later(1), message="again"))
    assert (outcome.facts, outcome.decisions, outcome.repeat) == ([], [], True)
    assert world.values == before


def test_of_one_content_the_earliest_receipt_stands() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(), received_at=later(1)))
    outcome = world.observe(observation(COUNCIL, amy(), received_at=later(0)))
    assert [fact.received_at for fact in outcome.facts] == [later(0)]
    assert world.observe(observation(COUNCIL, amy(), received_at=later(1))).repeat


def test_one_version_with_two_contents_is_passed_on_twice() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy()))
    outcome = world.observe(observation(COUNCIL, amy(), effective_on=date(2026, 9, 13)))
    assert [fact.effective_on for fact in outcome.facts] == [date(2026, 9, 13)]


# Receipts


def test_a_receipt_about_a_child_or_a_link_goes_with_a_link_of_the_child() -> None:
    world = World()
    fact = world.observe(observation(COUNCIL, amy())).facts[-1]
    for about in ({"child_id": fact.child_id}, {"link": fact.link}):
        outcome = world.observe(observation(COUNCIL, None, f"D-{about}", kind="family.contacted", **about))
        assert [(one.child_id, one.link, one.seq) for one in outcome.facts] == [(fact.child_id, fact.link, 1)]


@pytest.mark.parametrize("about", [{"child_id": "nobody"}, {"link": "nobody"}, {}])
def test_a_receipt_about_nobody_known_waits_for_a_person(about: dict[str, str]) -> None:
    world = World()
    world.observe(observation(COUNCIL, None, "D1", kind="family.contacted", **about))
    assert world.all.facts == []
    assert world.open_questions() == ["unmatched-input"]


# What goes right of identity


def test_nothing_personal_leaves_but_what_the_kind_has() -> None:
    world = World()
    data = {"heading": "education", "asked": {"role": "school", "urn": "110500"}}
    person = amy(family="Qxfamily", postcode="HP20 1UY", id="Qxperson", given="Qxgiven", uln="9276308686")
    world.observe(observation(COUNCIL, person, "A1", kind="advice.requested", data=data))
    world.observe(nhs_message("REF1", given="Qxother", family="Qxfamily"))
    written = "".join(
        one.model_dump_json()
        for part in (world.all.facts, world.all.decisions, world.all.reviews, world.all.alerts)
        for one in part
    )
    for private in ("Qx", NHS, UPN, BORN.isoformat(), "HP20", "110500", "9276308686"):
        assert private not in written
        assert not any(private.casefold() in key.casefold() for key in world.values)
    (fact,) = [fact for fact in world.all.facts if fact.kind == "advice.requested"]
    assert set(fact.data["asked"]) == {"role", "setting"}


def test_a_child_id_cannot_be_derived_without_the_key() -> None:
    from hub.core.identity import Identity
    from tests.unit.identity.people import SOURCES

    ids = []
    for key in (b"one key of thirty-two bytes or more", b"another key of thirty-two bytes, more"):
        world = World()
        world.identity = Identity(key, SOURCES)
        ids.append(world.observe(observation(COUNCIL, amy())).facts[0].child_id)
    assert ids[0] != ids[1]


# The wait for a person


def test_an_input_that_waits_alerts_once_after_a_working_day_and_clears_when_taken_up() -> None:
    world = World()
    world.observe(nhs_message())
    assert world.day(date(2026, 9, 14)).alerts == []
    (alert,) = world.day(date(2026, 9, 15)).alerts
    (task,) = world.all.reviews
    assert (alert.threshold, alert.child_id, alert.about, alert.state) == ("unmatched-input", None, task.id, "open")
    assert world.day(date(2026, 9, 16)).alerts == []
    (cleared,) = world.observe(observation(COUNCIL, amy(), received_at=later(3))).alerts
    assert (cleared.id, cleared.state, cleared.reason) == (alert.id, "cleared", "resolved")


def test_weekends_and_bank_holidays_are_no_working_days() -> None:
    world = World()
    friday = later(days=(date(2026, 12, 24) - date(2026, 9, 14)).days)
    world.observe(nhs_message().model_copy(update={"received_at": friday}))
    assert [world.day(date(2026, 12, day)).alerts for day in (25, 26, 27, 28)] == [[], [], [], []]
    assert len(world.day(date(2026, 12, 29)).alerts) == 1


def test_what_was_taken_up_in_time_never_alerts() -> None:
    world = World()
    world.observe(nhs_message(), observation(COUNCIL, amy()))
    assert world.day(date(2026, 10, 1)).alerts == []


def test_what_is_held_back_alerts_too() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(), "R1"), observation(COUNCIL, amy(given="Ann"), "R2"))
    assert len(world.day(date(2026, 9, 15)).alerts) == 1


# A record put right: it was about somebody else


def put_right(version: int, given: str) -> Any:
    person = amy(given=given, id=given, nhs_number=None, upn=None)
    return observation(COUNCIL, person, "ADV-1", kind="advice.accepted", version=version, received_at=later(version))


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_record_that_a_later_version_gives_to_another_is_taken_back(order: tuple[int, int]) -> None:
    world = World()
    names = {1: "Amy", 2: "Ann"}
    world.observe(*(put_right(version, names[version]) for version in order))
    told = {(fact.link, fact.version, fact.retracted) for fact in world.all.facts if fact.kind == "advice.accepted"}
    (amys,) = {link for link, version, _ in told if version == 1}
    (anns,) = {link for link, version, retracted in told if version == 2 and not retracted}
    assert told == {(amys, 1, False), (amys, 2, True), (anns, 2, False)}
    (taken,) = [fact for fact in world.all.facts if fact.retracted]
    assert (taken.received_at, taken.data, taken.record) == (later(2), {}, "ADV-1")


def test_a_record_given_back_stands_where_it_was() -> None:
    world = World()
    world.observe(put_right(1, "Amy"), put_right(2, "Ann"), put_right(3, "Amy"))
    facts = [fact for fact in world.all.facts if fact.kind == "advice.accepted"]
    newest = {
        fact.child_id: max((one.version, not one.retracted) for one in facts if one.child_id == fact.child_id)
        for fact in facts
    }
    assert sorted(newest.values()) == [(3, False), (3, True)]


def test_what_is_held_back_is_kept_once_whenever_it_is_received() -> None:
    world = World()
    other = observation(COUNCIL, amy(given="Ann"), "R2")
    world.observe(observation(COUNCIL, amy(), "R1"), other)
    assert world.observe(other.model_copy(update={"received_at": later(1), "message": "again"})).repeat


def test_a_link_kept_before_names_were_read_in_latin_letters_is_the_same_person_still() -> None:
    world = World()
    world.observe(observation(COUNCIL, amy(given="Ольга"), "R1"))
    (link,) = world.links()
    key = f"link:{link.id}"
    kept = orjson.loads(world.values[key])
    kept["evidence"]["givens"] = [["ольга"]]
    del kept["evidence"]["families"]
    world.values[key] = orjson.dumps(kept)
    world.observe(observation(COUNCIL, amy(given="Ольга"), "R2"))
    assert world.children_of("R2") == world.children_of("R1") != set()
    world.observe(observation(TRACKER, amy(given="Olga", nhs_number=None), "T1"))
    assert world.children_of("T1") == world.children_of("R1")
