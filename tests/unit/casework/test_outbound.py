"""What holds messages about a child, said in one place."""

from typing import Any

import pytest

from hub.core.casework.outbound import outbound_of
from schemas.records import ChildRecord
from tests.unit.casework.facts import TRUST, fact, on_day, requested

REQUEST = requested("2026-09-01")
DAY = "2026-12-01"
PDS = {"source": "pds", "record": "L1"}


def outbound(*facts: dict[str, Any], day: str = DAY) -> dict[str, Any]:
    record = on_day([REQUEST, *facts], day).record
    ChildRecord.model_validate(record)
    found: dict[str, Any] = record["outbound"]
    return found


def back(said: dict[str, Any], on: str = "2026-10-20") -> dict[str, Any]:
    return said | {"version": 2, "retracted": True, "data": {}, "received_at": f"{on}T09:00:00Z"}


INVALID = fact("number.invalidated", "2026-10-10", **PDS)
RESTRICTED = fact("child.restricted", "2026-10-10", **PDS)
FORMAL = fact("child.died", "2026-10-10", source=TRUST, data={"notice": "formal"})
INFORMAL = fact("child.died", "2026-10-10", source=TRUST, data={"notice": "informal"})


def test_nothing_is_held_by_itself() -> None:
    assert outbound() == {"held": False, "why": []}


@pytest.mark.parametrize(
    ("said", "why"),
    [(INVALID, "number-invalidated"), (RESTRICTED, "restricted"), (FORMAL, "death"), (INFORMAL, "death")],
)
def test_each_holds_from_its_receipt_until_it_is_taken_back(said: dict[str, Any], why: str) -> None:
    assert outbound(said, day="2026-10-10") == {"held": True, "why": [why]}
    assert outbound(said, back(said), day="2026-10-15") == {"held": True, "why": [why]}
    assert outbound(said, back(said)) == {"held": False, "why": []}


@pytest.mark.parametrize("on", [None, "2027-10-10", "1900-01-01"])
@pytest.mark.parametrize("said", [INVALID, RESTRICTED, INFORMAL])
def test_a_date_that_can_not_be_right_holds_too(said: dict[str, Any], on: str | None) -> None:
    assert outbound(said | {"effective_on": on})["held"]


def test_all_reasons_are_named() -> None:
    assert outbound(INFORMAL, RESTRICTED, INVALID)["why"] == ["death", "number-invalidated", "restricted"]
    assert outbound(INFORMAL, RESTRICTED, INVALID, back(RESTRICTED))["why"] == ["death", "number-invalidated"]


def test_two_numbers_withdrawn_and_one_verified_anew_still_hold() -> None:
    other = INVALID | {"record": "L2"}
    assert outbound(INVALID, other, back(INVALID))["held"]


def test_the_shape() -> None:
    assert outbound_of(death=None, invalidated=False, restricted=False) == {"held": False, "why": []}
