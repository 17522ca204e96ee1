"""Finding children and knowing them, on the desk itself and on the desk behind HTTP."""

from datetime import date

import pytest

from hub.stages.errors import Unavailable
from schemas.looks import Sought
from tests.contract.desk.test_identities import backing, port
from tests.unit.identity.people import COUNCIL, NHS, OTHER_COUNCIL, TRUST, amy, later, observation

__all__ = ["backing", "port"]

BEN = {"id": "P2", "given": "Ben-José", "family": "O'Example", "nhs_number": None, "upn": None}


@pytest.fixture
def children(backing):
    """Amy and Ben, by the council."""
    backing.world.observe(observation(COUNCIL, amy()), observation(COUNCIL, amy(**BEN), "R2"))
    (first,), (second,) = backing.world.children_of("R1"), backing.world.children_of("R2")
    return first, second


async def found(port, **sought):
    return (await port.find(Sought(**sought), "officer-1", "find: a letter came", 10)).children


@pytest.mark.parametrize(
    ("sought", "who"),
    [
        ({"name": "amy"}, {0}),
        ({"name": "EXAMPLE, Amy"}, {0}),
        ({"name": "jose"}, {1}),
        ({"name": "oexam"}, {1}),
        ({"birth_date": date(2016, 3, 4)}, {0, 1}),
        ({"birth_date": date(2016, 3, 4), "name": "ben"}, {1}),
        ({"birth_date": date(2016, 4, 3)}, set()),
        ({"nhs_number": "999 000 0018"}, {0}),
        ({"nhs_number": "9990000026"}, set()),
        ({"reference": "p2"}, {1}),
        ({"reference": "G825400122001"}, {0}),
        ({"name": "amy ben"}, set()),
        ({"name": "my"}, set()),
        ({"name": "?!"}, set()),
        ({}, set()),
    ],
)
async def test_a_child_is_found_by_all_that_is_known_of_it(port, children, sought, who):
    assert set(await found(port, **sought)) == {children[number] for number in who}


async def test_the_audit_says_whom_somebody_found_and_not_what_they_typed(port, backing, children):
    await found(port, name="Amy", nhs_number=NHS)
    (entry,) = backing.audits
    assert (entry.actor, entry.subjects) == ("officer-1", (children[0],))
    assert "Amy" not in entry.model_dump_json()
    assert NHS not in entry.model_dump_json()


async def test_no_more_are_told_than_asked_for(port, children):
    assert len((await port.find(Sought(birth_date=date(2016, 3, 4)), "o", "find", 1)).children) == 1


async def test_who_changes_their_name_is_found_under_both_and_who_moves_is_found_where_they_are(
    port, backing, children
):
    assert await found(port, name="newname") == ()
    world = backing.world
    world.observe(observation(COUNCIL, amy(family="Newname"), "R1", version=2, recorded_at=later(3)))
    assert await found(port, name="newname") == await found(port, name="example amy") == (children[0],)
    world.observe(observation(OTHER_COUNCIL, amy(nhs_number=None, upn=None), "R3"))
    (third,) = world.children_of("R3")
    world.merge(third, children[0])
    assert await found(port, name="amy") == (children[0],)


async def test_names_are_shown_with_a_traced_number_alone(port, backing, children):
    shown = await port.known([*children, "nobody"], "officer-1", "their own children", names=True)
    assert [each.model_dump() for each in shown.named] == [
        {
            "child_id": children[0],
            "given": "Amy",
            "family": "Example",
            "birth_date": date(2016, 3, 4),
            "nhs_number": NHS,
        },
        {"child_id": children[1], "given": "Ben-José", "family": "O'Example", "birth_date": date(2016, 3, 4)}
        | {"nhs_number": None},
    ]
    (entry,) = backing.audits
    assert (entry.id, entry.subjects) == (shown.look, (*children, "nobody"))
    backing.world.observe(observation(TRUST, amy(id="T", nhs_number_status="03"), "R9"))


async def test_a_list_shows_initials_and_school_year_and_nothing_else(port, children):
    shown = await port.known(children, "officer-1", "worklist", names=False)
    assert [each.model_dump() for each in shown.initialled] == [
        {"child_id": children[0], "initials": "A. E.", "school_year": "Year 6"},
        {"child_id": children[1], "initials": "B. O.", "school_year": "Year 6"},
    ]
    assert shown.named == ()


@pytest.mark.parametrize("act", ["known", "find"])
async def test_no_audit_no_answer(port, backing, children, act):
    backing.audit_away = True
    with pytest.raises(Unavailable) as caught:
        await (found(port, name="amy") if act == "find" else port.known(children, "o", "p", names=True))
    assert "Amy" not in str(caught.value)
