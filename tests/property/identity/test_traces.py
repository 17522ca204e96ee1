"""What the national service answers does not depend on when it comes: before, between or after what it is about."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.identity.national import national_of
from hub.core.identity.store import Store
from schemas.statements import Observation
from schemas.traces import PDS
from tests.unit.identity.people import COUNCIL, NHS, OTHER_NHS, TRUST, amy, observation
from tests.unit.pds.world import Traced, answer

_KNOWN = {"nhs_number": NHS, "nhs_number_status": "01", "upn": None}
_UNVERIFIED = {"nhs_number": NHS, "nhs_number_status": "02", "upn": None}
_NONE = {"nhs_number": None, "nhs_number_status": None, "upn": None}
PEOPLE = st.sampled_from([_KNOWN, _UNVERIFIED, _NONE, {**_KNOWN, "nhs_number": OTHER_NHS}, {**_NONE, "given": "Ben"}])
ANSWERS = st.sampled_from(
    [
        ("found", {"number": NHS}),
        ("found", {"number": NHS, "security": "restricted"}),
        ("found", {"number": NHS, "names": [{"given": "Ben", "family": "Example"}]}),
        ("superseded", {"number": OTHER_NHS}),
        ("invalidated", {}),
        ("none", {}),
        ("many", {}),
    ]
)


@st.composite
def lives(draw: st.DrawFn) -> list[Observation]:
    """A council's person, a trust's messages, and an answer to each look-up that the council's person gives rise to."""
    said = draw(st.sampled_from([_UNVERIFIED, _NONE]))
    first = observation(COUNCIL, amy(**said))
    ahead = Traced()
    ahead.observe(first)
    result, more = draw(ANSWERS)
    answered = [answer(trace, result, **more) for trace in ahead.traces]
    others = [
        observation(TRUST, amy(id=None, **draw(PEOPLE)), f"REF{number}") for number in range(draw(st.integers(0, 2)))
    ]
    return [first, *answered, *others]


def shown(world: Traced) -> dict[str, Any]:
    """What is known of each source person, and what each child was told of the nation."""
    store = Store(world)
    told = {
        (fact.child_id, fact.kind) for kind in ("child.restricted", "number.invalidated") for fact in world.stated(kind)
    }
    children = {
        child: frozenset(fact[1] for fact in facts if fact[0] != PDS) for child, facts in world.counted().items()
    }
    return {
        "links": {link.id: (link.evidence, national_of(store, link.id).said) for link in world.links()},
        "children": set(children.values()),
        "told": {(children.get(child), kind) for child, kind in told},
        "questions": world.open_questions(),
    }


@settings(max_examples=150, deadline=None)
@given(lives(), st.data())
def test_any_order_comes_to_the_same(said: list[Observation], data: st.DataObject) -> None:
    one, other = Traced(), Traced()
    one.observe(*said)
    other.observe(*data.draw(st.permutations(said)))
    assert shown(one) == shown(other)


@settings(max_examples=50, deadline=None)
@given(lives())
def test_no_child_ever_has_two_verified_numbers_and_no_fact_holds_one(said: list[Observation]) -> None:
    world = Traced()
    world.observe(*said)
    by_child: dict[str, set[str]] = {}
    for link in world.links():
        if link.child is not None:
            by_child.setdefault(link.child, set()).update(link.evidence.nhs)
    assert all(len(numbers) <= 1 for numbers in by_child.values())
    text = "".join(each.model_dump_json() for each in (*world.all.facts, *world.all.reviews, *world.all.decisions))
    assert [number for number in (NHS, OTHER_NHS, "Amy", "Example") if number in text] == []
