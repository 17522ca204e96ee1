"""What an answer of the national service does to links, children and questions, and what it never does."""

from datetime import date

import pytest

from hub.core.errors import Unreadable
from hub.core.identity.erasure import owner_of
from hub.core.identity.national import National, national_of
from hub.core.identity.store import Store
from schemas.traces import PDS, TRACED
from tests.unit.identity.adopted import Adopting
from tests.unit.identity.people import COUNCIL, NHS, OTHER_COUNCIL, OTHER_NHS, TRUST, amy, later, observation
from tests.unit.pds.world import Traced, answer, digest

NONE = {"nhs_number": None, "nhs_number_status": None, "upn": None}
UNVERIFIED = {"nhs_number_status": "02", "upn": None}


def national(world: Traced, link: str) -> National:
    return national_of(Store(world), link)


def test_a_number_that_agrees_is_verified_and_the_rule_places_what_waited() -> None:
    world = Traced()
    world.observe(observation(TRUST, amy(id=None), "REF1"), observation(COUNCIL, amy(**UNVERIFIED)))
    assert world.children_of("REF1") == set()
    outcome = world.answer(world.traces[0], number=NHS)
    assert [decision.rule for decision in outcome.decisions] == ["nhs-number"]
    assert world.children_of("REF1") == world.children_of("R1") != set()
    assert world.open_questions() == []


def test_a_search_that_finds_one_gives_the_number() -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(**NONE)))
    world.answer(world.traces[0], number=NHS)
    assert world.link_of(world.traces[0]).evidence.nhs == {digest(NHS)}
    world.observe(observation(TRUST, amy(id=None), "REF1"))
    assert world.children_of("REF1") == world.children_of("R1")


@pytest.mark.parametrize(
    ("asked", "said", "word"),
    [
        (UNVERIFIED, {"born": date(2016, 3, 5)}, "differs"),
        (UNVERIFIED, {"names": [{"given": "Ben", "family": "Example"}]}, "differs"),
        (UNVERIFIED, {"names": []}, "unsure"),
        (UNVERIFIED, {"born": None}, "unsure"),
        (NONE, {"names": [{"given": "Amy", "family": "Other"}]}, "unsure"),
        (NONE, {"names": [{"given": "Amy", "family": None}]}, "unsure"),
        (NONE, {"names": [{"given": "Amelia", "family": "Example"}]}, "differs"),
    ],
)
def test_who_differs_or_says_too_little_verifies_nothing(
    asked: dict[str, object], said: dict[str, object], word: str
) -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(**asked)))
    questions = world.open_questions()
    outcome = world.answer(world.traces[0], number=NHS, security="restricted", died_on="2026-01-01", **said)
    assert world.link_of(world.traces[0]).evidence.nhs == frozenset()
    assert national(world, world.traces[0].link).said == word
    assert (outcome.facts, outcome.decisions, world.open_questions()) == ([], [], questions)


def test_a_former_name_agrees_too() -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(**NONE)))
    names = [{"given": "Amy", "family": "Newname"}, {"given": "Amy", "family": "Example"}]
    world.answer(world.traces[0], number=NHS, names=names)
    assert world.link_of(world.traces[0]).evidence.nhs == {digest(NHS)}


@pytest.mark.parametrize("result", ["none", "many", "not-found", "invalid-number", "refused", "unreadable"])
def test_anything_else_is_noted_on_the_link_and_nothing_more(result: str) -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(**UNVERIFIED)))
    (before,) = world.links()
    outcome = world.answer(world.traces[0], result)
    (after,) = world.links()
    assert after == before
    assert national(world, before.id).said == result
    assert (outcome.facts, outcome.decisions, outcome.reviews, outcome.traces) == ([], [], [], [])


def test_an_answer_that_comes_again_is_a_repeat() -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(**UNVERIFIED)))
    world.answer(world.traces[0], number=NHS, died_on="2026-01-01")
    before = dict(world.values)
    again = world.answer(world.traces[0], number=NHS, died_on="2026-01-01", at=later(1))
    assert again.repeat
    assert world.values == before


def test_an_answer_before_its_link_waits_for_it() -> None:
    ahead, world = Traced(), Traced()
    ahead.observe(observation(COUNCIL, amy(**UNVERIFIED)))
    (trace,) = ahead.traces
    world.answer(trace, number=NHS)
    assert world.answer(trace, number=NHS).repeat
    assert world.links() == []
    world.observe(observation(COUNCIL, amy(**UNVERIFIED)))
    assert world.link_of(trace).evidence.nhs == {digest(NHS)}
    assert world.traces == []


def test_a_superseded_number_is_replaced_wherever_it_is_and_remembered() -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(upn=None)), observation(OTHER_COUNCIL, amy(**UNVERIFIED, id="Q1"), "R2"))
    world.answer(world.traces[0], "superseded", number=OTHER_NHS)
    assert [link.evidence.nhs for link in world.links()] == [{digest(OTHER_NHS)}] * 2
    assert [national(world, link.id).former for link in world.links()] == [[digest(NHS)]] * 2
    assert Store(world).carriers(digest(NHS)) == []


def test_what_still_says_the_old_number_afterwards_is_the_same_person() -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(**UNVERIFIED)))
    world.answer(world.traces[0], "superseded", number=OTHER_NHS)
    world.observe(
        observation(TRUST, amy(id=None), "OLD"), observation(TRUST, amy(id=None, nhs_number=OTHER_NHS), "NEW")
    )
    assert world.children_of("OLD") == world.children_of("NEW") == world.children_of("R1") != set()
    assert world.open_questions() == []


def test_a_superseded_number_whose_successor_another_child_has_is_asked_about() -> None:
    """Case 38: two records of one person, or a mistake. Nothing is merged."""
    world = Traced()
    world.observe(
        observation(COUNCIL, amy(upn=None)),
        observation(OTHER_COUNCIL, amy(id="Q1", nhs_number=OTHER_NHS, upn=None), "R2"),
        observation(TRUST, amy(id=None, nhs_number_status="02"), "REF1"),
    )
    world.answer(world.traces[0], "superseded", number=OTHER_NHS)
    assert world.children_of("R1").isdisjoint(world.children_of("R2"))
    assert set(world.open_questions()) == {"conflict"}


def test_a_number_other_than_the_one_its_child_got_meanwhile_is_asked_about_and_taken_once_it_left() -> None:
    world = Traced()
    world.observe(
        observation(COUNCIL, amy(nhs_number=None, nhs_number_status=None)),
        observation(OTHER_COUNCIL, amy(id="Q1"), "R2"),
    )
    assert len(world.children_of("R1") | world.children_of("R2")) == 1
    world.answer(world.traces[0], number=OTHER_NHS, died_on="2026-09-01", security="restricted")
    assert (len(world.stated("child.died")), len(world.stated("child.restricted"))) == (0, 1)
    link = world.link_of(world.traces[0])
    assert link.evidence.nhs == frozenset()
    assert _clashes(world) == ["open"]
    world.release(link.id)
    assert _clashes(world) == ["resolved"]
    world.observe(observation(COUNCIL, amy(nhs_number=None, nhs_number_status=None), "R3", received_at=later(2)))
    assert world.link_of(world.traces[0]).evidence.nhs == {digest(OTHER_NHS)}


def _clashes(world: Traced) -> list[str]:
    """The states of questions about a number that a child can't have beside its own."""
    last = {task.id: task.state for task in world.all.reviews if "national service" in (task.detail or "")}
    return list(last.values())


def test_a_withdrawn_number_stops_messages_for_every_child_that_has_it() -> None:
    """Case 39."""
    world = Traced()
    world.observe(observation(COUNCIL, amy(upn=None)), observation(OTHER_COUNCIL, amy(**UNVERIFIED, id="Q1"), "R2"))
    world.answer(world.traces[0], "invalidated")
    stated = world.stated("number.invalidated")
    assert {fact.child_id for fact in stated} == world.children_of("R1") | world.children_of("R2")
    assert {(fact.source, fact.retracted, fact.message) for fact in stated} == {(PDS, False, None)}


def test_who_comes_with_a_withdrawn_number_afterwards_is_told_too() -> None:
    world = Traced()
    world.observe(observation(OTHER_COUNCIL, amy(**UNVERIFIED, id="Q1"), "R2"))
    world.answer(world.traces[0], "invalidated")
    world.observe(observation(COUNCIL, amy(upn=None)))
    assert {fact.child_id for fact in world.stated("number.invalidated")} == world.children_of(
        "R1"
    ) | world.children_of("R2")
    assert len(world.stated("number.invalidated")) == 2


def test_messages_go_out_again_once_the_source_vouches_for_another_number() -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(**UNVERIFIED)))
    world.answer(world.traces[0], "invalidated")
    world.observe(observation(COUNCIL, amy(nhs_number=OTHER_NHS, upn=None), "R2", received_at=later(3)))
    assert [fact.retracted for fact in world.stated("number.invalidated")] == [False, True]


def test_what_waits_tells_its_child_once_it_has_one() -> None:
    """A restriction that was known of a waiting source person comes with it."""
    world = Traced()
    world.observe(observation(TRUST, amy(id=None, **UNVERIFIED), "REF1"))
    world.answer(world.traces[0], number=NHS, security="restricted")
    assert world.stated("child.restricted") == []
    world.observe(observation(COUNCIL, amy(), received_at=later(1)))
    (fact,) = world.stated("child.restricted")
    assert {fact.child_id} == world.children_of("R1")


@pytest.mark.parametrize("security", ["restricted", "very-restricted", "redacted"])
def test_a_restricted_child_is_told_once_and_nothing_says_where(security: str) -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(**UNVERIFIED)))
    world.answer(world.traces[0], number=NHS, security=security)
    (fact,) = world.stated("child.restricted")
    assert fact.data == {}


def test_a_death_is_told_with_the_notice_that_it_rests_on() -> None:
    """Case 46; without a notice it is not taken as formal."""
    world = Traced()
    world.observe(observation(COUNCIL, amy(**UNVERIFIED)))
    world.answer(world.traces[0], number=NHS, died_on="2026-09-01", death="formal")
    (fact,) = world.stated("child.died")
    assert (fact.effective_on, fact.data) == (date(2026, 9, 1), {"notice": "formal"})


def test_no_fact_holds_a_number_or_a_name() -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(**UNVERIFIED)))
    world.answer(world.traces[0], "superseded", number=OTHER_NHS, security="restricted", died_on="2026-09-01")
    text = "".join(fact.model_dump_json() for fact in world.all.facts)
    assert [marker for marker in (NHS, OTHER_NHS, "Amy", "Example", digest(NHS)) if marker in text] == []


def test_what_was_asked_and_answered_is_erased_with_its_link() -> None:
    """An answer that waits holds a person: it is sealed with the link's own key."""
    assert owner_of("national:l1") == owner_of("link:l1") == "l1"


def test_no_other_source_may_answer() -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(**UNVERIFIED)))
    said = answer(world.traces[0], number=NHS)
    with pytest.raises(Unreadable, match="kind"):
        world.observe(said.model_copy(update={"source": TRUST}))
    with pytest.raises(Unreadable, match="data"):
        world.observe(said.model_copy(update={"data": {"result": "sure"}}))
    with pytest.raises(Unreadable, match="link"):
        world.observe(said.model_copy(update={"link": None}))
    assert said.kind == TRACED


class TracedAndAdopting(Traced, Adopting):
    """A world with both."""


def test_the_number_of_a_closed_record_leads_to_nobody() -> None:
    world = TracedAndAdopting()
    world.observe(observation(COUNCIL, amy(), "OLD"))
    world.adopt(world.child_of("OLD"))
    world.observe(observation(COUNCIL, amy(id="P9", nhs_number=OTHER_NHS, upn=None), "NEW"))
    world.observe(observation(TRUST, amy(id=None, **UNVERIFIED), "REF1"))
    asked = next(trace for trace in world.traces if trace.nhs_number == NHS)
    outcome = world.answer(asked, "superseded", number=OTHER_NHS)
    assert national(world, asked.link).said == "closed"
    assert world.link_of(asked).evidence.nhs == frozenset()
    assert (outcome.facts, world.children_of("REF1")) == ([], set())
