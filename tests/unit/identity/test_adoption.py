"""An adoption: two people, on what they saw, for good; and nothing on record that ties the new identity to the old."""

from typing import Any

import orjson
import pytest

from hub.core.errors import CoreError
from hub.core.identity import anew, keeping, taking
from hub.core.identity.bodies import body_of
from hub.core.identity.looking import evidence
from hub.core.identity.store import Store
from hub.core.identity.work import Work
from hub.stages.identity import identity
from hub.stages.stage import Record
from schemas.decisions import ADOPTED, PEOPLE, PROPOSED
from schemas.kinds import KINDS
from schemas.links import CLOSED
from tests.unit.identity.adopted import NONCE, Adopting, adoption, before, zoe
from tests.unit.identity.people import (
    COUNCIL,
    KEY,
    OTHER_COUNCIL,
    OTHER_NHS,
    SOURCES,
    TRUST,
    UNTRUSTED,
    UPN,
    amy,
    later,
    observation,
)


def test_what_goes_on_is_written_anew_for_the_new_records_child() -> None:
    world, old, new = adoption()
    world.adopt(old, new)
    assert world.audits() == ["taken", "taken"]
    told = [fact for fact in world.all.facts if fact.child_id == new and fact.record != "NEW-1"]
    assert [fact.kind for fact in told if fact.kind.startswith("link.")][-1] == "link.assigned"
    facts = {fact.kind: fact for fact in told if not fact.kind.startswith("link.")}
    request, asked, known = (
        facts[kind] for kind in ("assessment.requested", "advice.requested", "advice.acknowledged")
    )
    assert len({request.link, asked.link, known.link}) == 1
    assert request.seq == 2
    assert request.subject.request == asked.subject.request == f"{COUNCIL}/{request.record}"
    assert known.subject.advice == asked.subject.advice
    assert asked.data == {"heading": "medical", "service": "camhs", "asked": {"role": "icb", "ods": "QU9"}}
    assert request.data == {}
    assert {fact.version for fact in facts.values()} == {1}
    assert known.effective_on == observation(TRUST, None).effective_on
    assert {fact.received_at.isoformat() for fact in facts.values()} == {
        "2026-09-13T23:00:00+00:00",
        "2026-09-15T23:00:00+00:00",
    }


def test_nothing_on_record_names_both_or_anything_of_the_other() -> None:
    world, old, new = adoption()
    (pair,) = {review.id for review in world.all.reviews} or {None}
    assert pair is None
    links = [link.id for link in world.members(old)]
    world.adopt(old, new)
    of_old = {old, *links, "REQ-1", "ADV-1", "REF-1", "EHC-77", "m-REQ-1", "m-ADV-1", "m-REF-1", "Amy", "Example"}
    new_link = next(link for link in world.members(new) if link.record != "NEW-1")
    of_new = {new, "P9", "Zoe", "Newname", "NEW-1", new_link.id, *_records(world, new_link.id)}
    for output in [*world.all.facts, *world.all.decisions, *world.all.reviews, *world.all.audits, *world.all.alerts]:
        said = output.model_dump_json()
        assert not (any(each in said for each in of_old) and any(each in said for each in of_new)), said
    purged = [fact for fact in world.all.facts if fact.kind == "child.purged"]
    assert [(fact.child_id, fact.link, fact.data) for fact in purged] == [(old, None, {})]
    instants = {fact.received_at for fact in world.all.facts if fact.link == new_link.id}
    assert not instants & {fact.received_at for fact in world.all.facts if fact.link in links or fact.child_id == old}


def _records(world: Adopting, link: str) -> set[str]:
    return {fact.record for fact in world.all.facts if fact.link == link}


def test_what_is_written_anew_names_no_cause() -> None:
    """On the topics: else the ids of what caused it would say whose it was."""
    world, old, new = adoption()
    (pair,) = [link.id for link in world.members(old) if link.source == COUNCIL]
    world.decide("match.rejected", "reject", link=pair, child=new)
    world.observe(observation(COUNCIL, amy(given="Bea"), "TWIN"))
    world.decide("held.separated", "apart", link=pair, held=1)
    world.propose(old, new)
    terms = world.terms(old, new)
    data = {name: each for name, each in terms.items() if name != "child_id"} | _confirming() | {"why": "an order"}
    said = observation(PEOPLE, None, "c1", kind=ADOPTED, subject={}, child_id=old, received_at=later(30), data=data)
    handler = identity(KEY, SOURCES, lambda outcome, source: None).open(0, world)  # type: ignore[arg-type]
    headers = (("id", b"cause-1"), ("causes", b"cause-0"))
    record = Record("hub.observations", 0, 0, b"population", said.model_dump_json().encode(), headers)
    outputs = handler.handle([record], world).outputs  # type: ignore[arg-type]
    of_new = [output for output in outputs if new in f"{output.key!r}{output.value!r}"]
    assert {output.topic for output in of_new} == {"hub.facts", "hub.links"}
    assert {dict(output.headers)["causes"] for output in of_new} == {b""}
    assert not [output for output in of_new if b"cause" in b"".join(value for _, value in output.headers)]
    assert {output.key for output in outputs if output.topic == "hub.review" and output.value is None}
    assert {dict(output.headers)["causes"] for output in outputs if output not in of_new} == {b"cause-1,cause-0"}


def test_the_audit_says_who_of_the_old_child_alone() -> None:
    world, old, new = adoption()
    world.adopt(old, new)
    proposed, confirmed = world.all.audits
    assert (proposed.actor, confirmed.actor) == ("officer-1", "officer-2")
    assert proposed.subjects == (old,)
    assert confirmed.subjects == (old, "proposal")
    assert proposed.evidence == confirmed.evidence == ("look-at-old",)
    assert new not in proposed.model_dump_json() + confirmed.model_dump_json()


def test_hub_links_tells_the_end_of_the_old_and_a_beginning() -> None:
    world, old, new = adoption()
    links = {link.id: link.seq for link in world.members(old)}
    world.adopt(old, new)
    closed = [one for one in world.all.decisions if one.rule == CLOSED]
    assert {one.link: (one.child_id, one.seq, one.decision) for one in closed} == {
        link: (old, seq + 1, "released") for link, seq in links.items()
    }
    begun = next(one for one in world.all.decisions if one.child_id == new and one.seq == 2)
    assert (begun.actor, begun.decided_by, begun.evidence, begun.task) == (None, None, (), None)
    assert begun.at not in {one.at for one in closed}


def test_of_the_old_identity_a_stub_of_digests_is_left() -> None:
    world, old, new = adoption()
    links = [link.id for link in world.members(old)]
    seen = {key: value for key, value in world.values.items() if key.startswith("seen:")}
    world.adopt(old, new)
    assert world.erased == {*links}
    left = [world.values[key] for key, value in seen.items() if world.values[key] != value]
    assert left == [b"[0,0]"] * 3
    assert not [key for key in world.values if key.startswith("fact:") and key.split(":")[1] in links]
    store = Store(world)
    assert store.child(old) is None
    for link_id in links:
        link = store.link(link_id)
        assert link is not None
        assert (link.closed, link.child, link.persons, link.record, link.facts) == (True, None, (), "", 0)
        assert (link.evidence.births, link.evidence.givens) == (frozenset(), frozenset())
    left = b" ".join([*world.values.values(), *(key.encode() for key in world.values)])
    for word in (b"Amy", b"Example", b"REQ-1", b"ADV-1", b"REF-1", b"EHC-77", b"m-REF-1", NONCE.encode()):
        assert word not in left, word


def test_what_was_put_in_the_same_transaction_goes_as_well() -> None:
    """As when identity, restored from a backup, reads all that came since at once: no data key is there to delete."""
    world, old, new = adoption()
    world.observe(observation(COUNCIL, amy(given="Bea"), "TWIN"))
    (first,) = [link.id for link in world.members(old) if link.source == COUNCIL]
    world.decide("held.separated", "apart", link=first, held=1)
    world.erases = False
    world.adopt(old, new)
    assert world.audits()[-1] == "taken"
    assert sorted(key for key in world.values if first in key) == [f"link:{first}"]


def test_without_a_new_record_a_child_is_made_and_a_person_gives_it_its_record_later() -> None:
    world, old, _ = adoption()
    world.adopt(old)
    (made,) = {fact.child_id for fact in world.all.facts if fact.kind == "advice.requested"} - {old}
    (link,) = [link.id for link in world.links() if link.record == "NEW-1"]
    world.assign(link, made, later(40))
    assert world.audits()[-1] == "taken"
    assert {fact[2] for fact in world.counted()[made]} == {
        "assessment.requested",
        "advice.requested",
        "advice.acknowledged",
        "child.identified",
    }


def test_only_what_is_chosen_goes_on_and_never_what_is_about_the_old_number() -> None:
    world, old, new = adoption()
    kept = anew.standing(Store(world), world.members(old))
    left_out = next(one.ref for one in kept if one.fact.kind == "advice.acknowledged")
    world.observe(observation(COUNCIL, amy(), "REQ-1", version=2, effective_on="2026-09-15"))
    world.observe(observation(COUNCIL, amy(), "GONE", kind="plan.issued"))
    world.observe(observation(COUNCIL, amy(), "GONE", kind="plan.issued", version=2, retracted=True))
    world.observe(observation(COUNCIL, amy(), "NUM", kind="number.invalidated"))
    world.adopt(old, new, leave=(left_out,))
    told = [fact for fact in world.all.facts if fact.child_id == new and not fact.kind.startswith("link.")]
    assert sorted(fact.kind for fact in told) == ["advice.requested", "assessment.requested", "child.identified"]
    (request,) = [fact for fact in told if fact.kind == "assessment.requested"]
    assert str(request.effective_on) == "2026-09-15"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"actor": "officer-1"}, "can't confirm"),
        ({"proposal": "another"}, "was not proposed"),
        ({"seen": "something else"}, "something else than what was proposed"),
        ({"into": None}, "something else than what was proposed"),
        ({"evidence": []}, "nobody looked"),
        ({"beside": []}, "nobody looked"),
        ({"expected": {}}, "was not looked at"),
    ],
)
def test_the_second_person_has_to_say_the_same_on_a_look_of_their_own(changes: dict[str, Any], words: str) -> None:
    world, old, new = adoption()
    world.propose(old, new)
    values = dict(world.values)
    outcome = world.say(ADOPTED, {**world.terms(old, new), **_confirming(), **changes}, "confirmation")
    assert world.audits() == ["taken", "refused"]
    assert words in str(outcome.audits[0].detail)
    assert outcome.facts == outcome.decisions == []
    assert outcome.apart is None
    assert {key: value for key, value in world.values.items() if key != "decision:confirmation"} == values


def _confirming() -> dict[str, Any]:
    return {"actor": "officer-2", "proposal": "proposal", "nonce": NONCE}


def test_what_was_said_since_the_look_is_looked_at_again() -> None:
    world, old, new = adoption()
    world.propose(old, new)
    world.observe(observation(COUNCIL, amy(), "ADV-2", kind="advice.cancelled"))
    assert "was proposed" in str(world.confirm(old, new).audits[0].detail)
    stale = world.terms(old, new) | {"seen": "before"}
    again = world.say(PROPOSED, {**stale, "actor": "officer-1"}, "again")
    assert "since it was looked at" in str(again.audits[0].detail)


def test_nothing_is_lost_that_is_held_back() -> None:
    world, old, new = adoption()
    world.observe(observation(COUNCIL, amy(given="Bea"), "TWIN"))
    assert "held back" in str(world.propose(old, new).audits[0].detail)


def test_a_new_record_under_the_old_number_is_no_new_identity() -> None:
    world, old, _ = adoption()
    world.observe(observation(OTHER_COUNCIL, amy(id="P8", given="Zoe"), "NEW-2"))
    other = world.child_of("NEW-2")
    assert "old one's verified NHS number" in str(world.propose(old, other).audits[0].detail)


def test_a_proposal_can_be_taken_back_and_an_adoption_never() -> None:
    world, old, new = adoption()
    values = dict(world.values)
    world.propose(old, new)
    world.undo("proposal", later(31))
    assert {key: value for key, value in world.values.items() if not key.startswith("decision:")} == values
    assert "taken back" in str(world.confirm(old, new).audits[0].detail)
    world.propose(old, new, decision="second")
    world.confirm(old, new, proposal="second", decision="adopted")
    assert world.audits()[-1] == "taken"
    refused = world.undo("adopted", later(40))
    assert "can't be undone" in str(refused.audits[0].detail)


def test_what_was_proposed_of_one_child_is_confirmed_of_no_other() -> None:
    world = Adopting()
    world.observe(
        observation(COUNCIL, amy(), "REQ-1"), observation(OTHER_COUNCIL, amy(id="P5", nhs_number=None, upn=None), "R2")
    )
    old, other = world.child_of("REQ-1"), world.child_of("R2")
    (mine,), (theirs,) = world.members(old), world.members(other)
    world.propose(old)
    world.release(theirs.id, later(31))
    world.assign(mine.id, other, later(32))
    assert world.audits() == ["taken", "taken", "taken"]
    assert "was not proposed" in str(world.confirm(other).audits[0].detail)


def test_nothing_names_the_old_child_afterwards() -> None:
    world, old, new = adoption()
    link = world.members(old)[0].id
    world.adopt(old, new)
    for kind, said in (
        ("child.merged", {"child_id": old, "into": new}),
        ("child.merged", {"child_id": new, "into": old}),
        ("link.assigned", {"link": link, "child": new}),
        ("link.released", {"link": link}),
        ("match.rejected", {"link": link, "child": new}),
        ("held.accepted", {"link": link, "held": 0}),
    ):
        outcome = world.decide(kind, at=later(40), **said)
        assert outcome.audits[0].outcome == "refused", kind
        assert outcome.facts == outcome.decisions == []


def test_a_decision_from_before_about_the_record_is_not_undone_any_more() -> None:
    world, old, new = adoption()
    world.observe(observation(OTHER_COUNCIL, amy(id="P7", nhs_number=None, upn=None), "ALSO"))
    world.merge(world.child_of("ALSO"), old, decision="merge")
    apart = world.links()[0].id
    world.decide("match.rejected", "reject", link=apart, child=new)
    world.adopt(old, new)
    assert [link.apart for link in world.members(new)] == [[], []]
    for decision in ("merge", "reject"):
        assert "closed for good" in str(world.undo(decision, later(40)).audits[0].detail)


def test_a_child_that_was_merged_into_the_old_one_goes_with_it() -> None:
    world, old, new = adoption()
    world.observe(observation(OTHER_COUNCIL, amy(id="P7", nhs_number=None, upn=None), "ALSO"))
    also = world.child_of("ALSO")
    world.merge(also, old)
    world.adopt(old, new)
    purged = {fact.child_id for fact in world.all.facts if fact.kind == "child.purged"}
    assert purged == {old, also}
    assert Store(world).child(also) is None


def test_what_the_old_source_still_says_waits_for_a_person_and_repeats_do_not() -> None:
    world, old, new = adoption()
    world.adopt(old, new)
    done = len(world.all.facts), len(world.all.decisions)
    for each in before():
        repeat = world.observe(each)
        assert (repeat.repeat, repeat.reviews) == (True, [])
    late = world.observe(observation(COUNCIL, amy(), "ADV-9", kind="advice.cancelled", received_at=later(50)))
    assert (len(world.all.facts), len(world.all.decisions)) == done
    (task,) = late.reviews
    assert (task.question, task.child_id, task.candidates, task.record) == ("unmatched-input", None, (), "ADV-9")
    assert "closed for good" in task.detail
    assert [alert.about for alert in world.day(later(53).date()).alerts] == [task.id]
    link = task.links[0]
    gone = world.decide("held.dismissed", "dismissal", later(54), link=link, held=1)
    assert [review.state for review in gone.reviews] == ["resolved"]
    assert not [key for key in world.values if key.startswith("disputed:")]
    assert "have its source send it again" in str(world.undo("dismissal", later(55)).audits[0].detail)


def test_a_record_that_its_source_gives_to_the_new_person_leaves_nothing_with_the_old() -> None:
    world, old, new = adoption()
    links = [link.id for link in world.members(old)]
    world.adopt(old, new)
    told = len(world.all.facts)
    world.observe(observation(COUNCIL, zoe(), "REQ-1", version=2, received_at=later(50)))
    assert [fact.child_id for fact in world.all.facts[told:]] == [new]
    assert not [key for key in world.values if key.startswith("fact:") and key.split(":")[1] in links]


def test_who_comes_with_the_old_number_is_placed_by_a_person() -> None:
    world, old, new = adoption()
    world.adopt(old, new)
    for source, who in ((OTHER_COUNCIL, amy(id="P5")), (TRUST, amy(id=None)), (UNTRUSTED, amy(id=None))):
        world.observe(observation(source, who, f"late-{source}", received_at=later(50)))
        assert world.children_of(f"late-{source}") == set()
    details = [review.detail for review in world.all.reviews if review.record == f"late-{OTHER_COUNCIL}"]
    assert any("carries a number of a record that was closed for good" in detail for detail in details)


def test_a_number_that_the_new_record_keeps_keeps_nobody_out() -> None:
    world = Adopting()
    world.observe(*before(), observation(COUNCIL, amy(id="P9", given="Zoe", nhs_number=None), "NEW-1"))
    old, new = world.child_of("REQ-1"), world.child_of("NEW-1")
    assert world.open_questions() == ["conflict"]
    world.adopt(old, new)
    assert world.audits() == ["taken", "taken"]
    assert len(world.all.forgotten) == 1
    world.observe(observation(COUNCIL, amy(id="P9", given="Zoe", nhs_number=None), "NEW-2"))
    assert world.children_of("NEW-2") == {new}


def test_another_person_under_the_same_source_id_is_heard_as_before() -> None:
    world = Adopting()
    bea = amy(given="Bea", nhs_number=None, upn=None)
    world.observe(*before(), observation(COUNCIL, bea, "TWIN-1"))
    old = world.child_of("REQ-1")
    first = next(link.id for link in world.members(old) if link.source == COUNCIL)
    world.decide("held.separated", "apart", link=first, held=1)
    twin = world.child_of("TWIN-1")
    world.adopt(old)
    world.observe(observation(COUNCIL, bea, "TWIN-2", received_at=later(50)))
    assert world.children_of("TWIN-2") == {twin}
    world.observe(observation(COUNCIL, amy(upn=None), "LATE", received_at=later(50)))
    world.observe(observation(COUNCIL, amy(given=None, birth_date=None), "UNCLEAR", received_at=later(50)))
    assert world.children_of("LATE") == world.children_of("UNCLEAR") == set()
    assert Store(world).link(first).disputed == 2  # type: ignore[union-attr]


def test_sent_twice_it_is_one_decision_whatever_was_drawn() -> None:
    world, old, new = adoption()
    world.propose(old, new)
    terms = world.terms(old, new)
    world.say(ADOPTED, {**terms, **_confirming()}, "confirmation")
    values, facts = dict(world.values), len(world.all.facts)
    again = world.say(ADOPTED, {**terms, **_confirming(), "nonce": "another"}, "confirmation")
    assert again.repeat
    assert (world.values, len(world.all.facts)) == (values, facts)


def test_each_text_of_each_kind_is_known_to_what_is_written_anew() -> None:
    """A field that may hold an id of the source's must not be passed on: whoever adds one decides here."""
    kept = {
        "heading", "service", "role", "ods", "setting", "urn", "because", "by", "to", "who", "why", "outcome", "basis",
        "reason", "ground", "leg", "method", "change", "type", "cause", "direction", "notice", "to_area", "from_",
        "issues", "purpose", "usable", "report_on", "on", "effective_on",
    }  # fmt: skip
    known = kept | anew.IDS | anew.LISTS_OF_IDS | anew.DROPPED
    for kind, model in KINDS.items():
        for name in _texts(model.model_json_schema(by_alias=False)):
            assert name in known, (kind, name)


def _texts(schema: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for model in (schema, *schema.get("$defs", {}).values()):
        for name, field in model.get("properties", {}).items():
            said = orjson.dumps(field).decode()
            if '"string"' in said and '"date"' not in said:
                found.add(name)
    return found


def test_new_ids_are_the_same_for_the_same_in_their_order_and_none_without_what_was_drawn() -> None:
    sources = {source.id for source in SOURCES.sources}
    old = ["REQ-2", "REQ-1", f"{COUNCIL}/REQ-1", "EHC/2026/12", ""]
    ids, others = (anew.Ids(b"key", nonce, sources, old) for nonce in (NONCE, "another"))
    assert ids.of("REQ-1") == ids.of("REQ-1") != others.of("REQ-1")
    assert ids.of(f"{COUNCIL}/REQ-1") == f"{COUNCIL}/{ids.of('REQ-1')}"
    assert ids.of("REQ-1") < ids.of("REQ-2")
    assert "EHC" not in ids.of("EHC/2026/12")
    assert ids.of("") == ""


def _apart(*, second: Any) -> tuple[Adopting, str, str]:
    """Two people under one source id whom a person told apart; the ids of their links."""
    world = Adopting()
    world.observe(observation(COUNCIL, amy(), "FIRST"), observation(COUNCIL, second, "SECOND"))
    (first,) = [link.id for link in world.links()]
    world.decide("held.separated", "apart", link=first, held=1)
    (theirs,) = [link.id for link in world.members(world.child_of("SECOND"))]
    return world, first, theirs


BEA = amy(given="Beatrice", family="Secretname", nhs_number=OTHER_NHS, upn=None)


def test_a_closed_record_is_never_given_what_a_third_person_said() -> None:
    world, first, second = _apart(second=BEA)
    world.observe(observation(COUNCIL, amy(given="Carl", nhs_number=None, upn=None), "THIRD"))
    world.adopt(world.child_of("SECOND"))
    world.decide("held.separated", "carl", later(40), link=first, held=1)
    assert world.audits()[-1] == "taken"
    assert world.child_of("THIRD") not in world.children_of("FIRST")
    stub = Store(world).link(second)
    assert stub is not None
    assert (stub.facts, stub.evidence.givens) == (0, frozenset())


def test_a_closed_record_takes_nothing_in() -> None:
    world, _, second = _apart(second=BEA)
    world.adopt(world.child_of("SECOND"))
    stub = Store(world).link(second)
    assert stub is not None
    said = observation(COUNCIL, BEA, "LATER")
    work = Work(Store(world), {source.id: source for source in SOURCES.sources}, KEY, later(50))
    values = dict(world.values)
    with pytest.raises(CoreError, match="takes nothing in"):
        keeping.keep(work, stub, body_of(said, KEY)[0])
    with pytest.raises(CoreError, match="takes nothing in"):
        taking.learn(work, stub, taking.evidence_in(said, work))
    assert world.values == values


CORRECTED = later(0).date().replace(year=2016, month=3, day=5)


@pytest.mark.parametrize("closed", ["FIRST", "SECOND"])
def test_what_is_put_right_of_the_one_who_is_left_waits_with_them_and_is_taken_up(closed: str) -> None:
    world, first, second = _apart(second=BEA)
    stays, who = (second, BEA) if closed == "FIRST" else (first, amy())
    record = "SECOND" if closed == "FIRST" else "FIRST"
    child = world.child_of(record)
    world.adopt(world.child_of(closed))
    right = who.model_copy(update={"birth_date": CORRECTED})
    (task,) = world.observe(observation(COUNCIL, right, record, version=2, received_at=later(50))).reviews
    assert (task.question, task.child_id, task.links) == ("conflict", child, (stays, *({first, second} - {stays})))
    world.decide("held.accepted", "right", later(51), link=stays, held=1)
    world.observe(observation(COUNCIL, right, "NEXT", received_at=later(52)))
    assert world.children_of("NEXT") == {child}
    assert world.open_questions() == []


def test_who_is_told_apart_from_the_one_who_is_left_is_heard_from_then_on() -> None:
    world, _, second = _apart(second=BEA)
    world.adopt(world.child_of("FIRST"))
    carl = amy(given="Carl", nhs_number=None, upn=None)
    world.observe(observation(COUNCIL, carl, "THIRD", received_at=later(50)))
    world.decide("held.separated", "carl", later(51), link=second, held=1)
    world.observe(observation(COUNCIL, carl, "NEXT", received_at=later(52)))
    assert world.children_of("NEXT") == world.children_of("THIRD") != set()


def test_a_person_says_that_what_is_held_with_the_other_is_the_closed_ones() -> None:
    world, first, second = _apart(second=BEA)
    world.adopt(world.child_of("SECOND"))
    theirs = observation(COUNCIL, amy(given="Beatrice", nhs_number=None, upn=None), "LATE", received_at=later(50))
    right = observation(COUNCIL, amy(birth_date=CORRECTED), "FIRST", version=2, received_at=later(51))
    (task,) = world.observe(theirs).reviews
    assert task.links == (first, second)
    look = evidence(world.identity, world, task.id, "look", later(52))
    assert look is not None
    assert [(act.kind, act.refused) for act in look.acts] == [
        ("held.dismissed", None),
        ("held.accepted", None),
        ("held.separated", None),
    ]
    world.observe(right.model_copy(update={"recorded_at": later(-1)}))
    gone = world.decide("held.dismissed", "theirs", later(53), link=first, held=2)
    assert gone.audits[0].outcome == "taken"
    held = Store(world).disputed(first, 0)
    assert (Store(world).link(first).disputed, held.record) == (1, "FIRST")  # type: ignore[union-attr]
    assert not world.observe(theirs).repeat


def test_nothing_is_dismissed_where_nobody_was_closed() -> None:
    world, first, _ = _apart(second=BEA)
    world.observe(observation(COUNCIL, amy(given="Carl", nhs_number=None, upn=None), "THIRD"))
    assert world.decide("held.dismissed", "no", link=first, held=1).audits[0].outcome == "refused"


def test_what_was_said_before_under_the_closed_record_is_a_repeat_and_no_question_about_another() -> None:
    world, _, _ = _apart(second=BEA)
    world.adopt(world.child_of("SECOND"))
    again = world.observe(observation(COUNCIL, BEA, "SECOND", received_at=later(50)))
    assert (again.repeat, again.reviews) == (True, [])


def test_what_was_dismissed_waits_again_when_it_is_sent_again() -> None:
    world, old, new = adoption()
    link = next(link.id for link in world.members(old) if link.source == COUNCIL)
    world.adopt(old, new)
    late = observation(COUNCIL, amy(), "ADV-9", kind="advice.cancelled", received_at=later(50))
    world.observe(late)
    world.decide("held.dismissed", "dismissal", later(51), link=link, held=1)
    assert world.open_questions() == []
    assert [review.state for review in world.observe(late).reviews] == ["open"]


@pytest.mark.parametrize("carl_first", [False, True])
def test_who_a_closed_one_was_is_not_left_with_another_under_the_same_source_id(carl_first: bool) -> None:
    """What is kept to undo the decision that told them apart stands under the other's key."""
    world = Adopting()
    carl = amy(given="Carl", nhs_number=None, upn=None)
    world.observe(observation(COUNCIL, amy(), "FIRST"), observation(COUNCIL, BEA, "SECOND"))
    (first,) = [link.id for link in world.links()]
    if carl_first:
        world.observe(observation(COUNCIL, carl, "THIRD", recorded_at=later(1)))
        world.decide("held.separated", "carl", link=first, held=2)
    world.decide("held.separated", "apart", link=first, held=1)
    assert any(b"Secretname" in value for key, value in world.values.items() if key.startswith(f"disputed:{first}:"))
    world.adopt(world.child_of("SECOND"))
    left = [key for key, value in world.values.items() if b"Secretname" in value or b"beatrice" in value]
    assert (left, Store(world).kept(first)) == ([], [])
    for decision in ("carl", "apart") if carl_first else ("apart",):
        assert world.undo(decision, later(40)).audits[0].outcome == "refused"
    assert world.children_of("FIRST") != set()


def test_a_question_that_an_earlier_version_asked_about_both_goes_as_well() -> None:
    """It is noted with no link."""
    world = Adopting()
    new = amy(id="P9", nhs_number=None, upn=UPN, family="Newname", postcode="ZX99 1AA")
    world.observe(observation(COUNCIL, amy(), "FIRST"), observation(COUNCIL, new, "NEW-1"))
    for key in [key for key in world.values if key.startswith("asked:")]:
        del world.values[key]
    old, into = world.child_of("FIRST"), world.child_of("NEW-1")
    (asked,) = {task.id for task in world.all.reviews}
    told = len(world.all.reviews)
    world.adopt(old, into)
    assert world.audits() == ["taken", "taken"]
    assert (world.all.reviews[told:], world.all.forgotten) == ([], [asked])
    assert not [key for key, value in world.values.items() if key.startswith("task:") and old.encode() in value]


def test_an_answered_question_that_named_the_old_child_goes_though_its_link_has_moved_since() -> None:
    world = Adopting()
    other = amy(id="P5", given="Quentin", family="Zzz", nhs_number=None, upn=None)
    world.observe(observation(COUNCIL, amy(), "FIRST"), observation(OTHER_COUNCIL, other, "OTHER"))
    world.observe(observation(TRUST, amy(id="T1", given=None), "WAITS"))
    old, elsewhere = world.child_of("FIRST"), world.child_of("OTHER")
    (waits,) = [link.id for link in world.links() if link.source == TRUST]
    first = world.members(old)[0].id
    world.assign(waits, elsewhere, later(2))
    moved = world.members(elsewhere)[0].id
    world.assign(moved, old, later(3))
    world.assign(first, elsewhere, later(4))
    assert world.audits() == ["taken"] * 3
    assert [key for key, value in world.values.items() if key.startswith("task:") and old.encode() in value]
    world.adopt(old)
    assert world.audits()[3:] == ["taken", "taken"]
    assert not [key for key, value in world.values.items() if key.startswith("task:") and old.encode() in value]


def test_what_the_decision_is_known_by_tells_nothing_of_the_child_that_goes_on() -> None:
    """With the key, and identity's state, one could try which it is."""
    kept = []
    for into in (True, False):
        world, old, new = adoption()
        world.adopt(old, new if into else None, why=f"said of {new if into else 'nobody'}", leave=())
        assert world.audits() == ["taken", "taken"]
        kept.append([Store(world).ruling(each).content for each in ("proposal", "confirmation")])  # type: ignore[union-attr]
    assert kept[0] == kept[1]
    assert len({*kept[0]}) == 2
