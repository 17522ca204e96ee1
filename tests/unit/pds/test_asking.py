"""What identity asks the national service about, and what it never asks."""

from datetime import date

import pytest

from hub.core.identity import Identity
from hub.core.identity.national import National, put_national
from hub.core.identity.store import Store
from schemas.ids import keyed_digest
from schemas.traces import Trace
from tests.unit.identity.people import (
    BORN,
    COUNCIL,
    KEY,
    NHS,
    OTHER_COUNCIL,
    OTHER_NHS,
    SOURCES,
    TRUST,
    amy,
    later,
    observation,
)
from tests.unit.pds.world import Traced

WITHOUT = {"nhs_number": None, "nhs_number_status": None, "upn": None}


def test_a_number_that_nobody_vouched_for_is_looked_up_and_nothing_else_is_told() -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(nhs_number="999 000 0018", nhs_number_status="02")))
    (trace,) = world.traces
    (link,) = world.links()
    assert trace == Trace(id=trace.id, link=link.id, ask="retrieve", asked_at=trace.asked_at, nhs_number=NHS)


def test_who_has_no_number_is_searched_for() -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(**WITHOUT, postcode="HP19 8FF")))
    (trace,) = world.traces
    assert (trace.ask, trace.given, trace.family, trace.birth_date, trace.postcode, trace.may_be_restricted) == (
        "search",
        "Amy",
        "Example",
        BORN,
        "HP19 8FF",
        False,
    )
    assert trace.nhs_number is None


@pytest.mark.parametrize("status", ["02", "03", "04", "05", "06"])
def test_any_status_but_01_is_unverified(status: str) -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(nhs_number_status=status)))
    assert [trace.ask for trace in world.traces] == ["retrieve"]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        WITHOUT | {"given": None},
        WITHOUT | {"family": None},
        WITHOUT | {"birth_date": None},
        WITHOUT | {"given": "Baby"},
        WITHOUT | {"given": "A"},
        WITHOUT | {"given": "Twin One"},
        WITHOUT | {"birth_date": date(2016, 1, 1)},
        WITHOUT | {"nhs_number_status": "07"},
        WITHOUT | {"nhs_number_status": "08"},
        {"nhs_number": "9990000017", "nhs_number_status": "02"},
        {"nhs_number": "9999999999", "nhs_number_status": "02"},
        {"nhs_number_status": "02", "birth_date": None},
        {"nhs_number_status": "02", "birth_date": date(2016, 1, 1)},
    ],
    ids=str,
)
def test_what_could_not_help_is_not_asked(changes: dict[str, object]) -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(**changes)))
    assert world.traces == []


def test_nothing_is_asked_unless_the_source_is_registered() -> None:
    world = Traced()
    world.identity = Identity(KEY, SOURCES)
    world.observe(observation(COUNCIL, amy(nhs_number_status="02")))
    assert world.traces == []


def test_each_question_about_a_link_is_asked_once_and_what_is_put_right_is_asked_anew() -> None:
    world = Traced()
    said = amy(**WITHOUT)
    world.observe(observation(COUNCIL, said), observation(COUNCIL, said), observation(COUNCIL, said, "R2"))
    assert len(world.traces) == 1
    world.observe(observation(COUNCIL, amy(**WITHOUT | {"postcode": "HP19 8FF"}), "R3", recorded_at=later(1)))
    assert len({trace.id for trace in world.traces}) == 2


def test_a_child_whose_number_is_verified_already_is_not_asked_about() -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy()), observation(OTHER_COUNCIL, amy(nhs_number=None, nhs_number_status=None)))
    assert len(world.all.decisions) == 2
    assert world.traces == []


def test_nobody_restricted_is_asked_about_again() -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(**WITHOUT)))
    world.answer(world.traces[0], number=NHS, security="restricted")
    world.observe(observation(COUNCIL, amy(**WITHOUT | {"postcode": "HP19 8FF"}), "R3", recorded_at=later(1)))
    assert len(world.traces) == 1


@pytest.mark.parametrize("known", [National(restricted=True), National(invalid="a digest")])
@pytest.mark.parametrize("said", [WITHOUT, {"nhs_number_status": "02"}])
def test_who_is_restricted_or_withdrawn_is_not_asked_about_whatever_is_known(
    known: National, said: dict[str, object]
) -> None:
    world = Traced()
    put_national(Store(world), keyed_digest(KEY, "person", COUNCIL, "P1"), known)
    world.observe(observation(COUNCIL, amy(**said)))
    assert len(world.links()) == 1
    assert world.traces == []


def test_who_may_be_somebody_restricted_is_searched_for_without_a_postcode() -> None:
    world = Traced(names=True)
    world.observe(observation(COUNCIL, amy(**WITHOUT, postcode="HP19 8FF")))
    world.answer(world.traces[0], number=NHS, security="restricted")
    world.observe(observation(TRUST, amy(**WITHOUT | {"id": None, "postcode": "HP20 1AA"}), "REF1"))
    assert world.traces[-1].link != world.traces[0].link
    assert world.traces[-1].may_be_restricted


def test_after_a_number_was_withdrawn_nobody_is_traced_by_name_or_by_another_number() -> None:
    world = Traced()
    world.observe(observation(COUNCIL, amy(nhs_number_status="02", upn=None)))
    world.answer(world.traces[0], "invalidated")
    world.observe(observation(COUNCIL, amy(**WITHOUT), "R2", recorded_at=later(1)))
    other = amy(nhs_number=OTHER_NHS, nhs_number_status="02", upn=None)
    world.observe(observation(COUNCIL, other, "R3", recorded_at=later(2)))
    assert len(world.traces) == 1
