"""A restricted child, whenever that is known: nobody but the restricted list is told, and lifted all is as before."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.property.casework.strategies import FIRST, days, histories, silences
from tests.property.casework.test_laws import given, policies, run, said
from tests.unit.casework.facts import TRUST, fact


def flag(on: date, version: int, **fields: Any) -> dict[str, Any]:
    return fact("child.restricted", on.isoformat(), "S", source=TRUST, version=version) | fields


def others(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [value for value in values if value["kind"] != "child.restricted"]


def apart(evaluation: Any) -> list[tuple[Any, ...]]:
    return [(each["about"], each["threshold"]) for each in evaluation.alerts]


@given(histories(10), days, st.integers(0, 100), policies, silences)
def test_only_the_restricted_list_is_told_and_of_all_that_anybody_would_be(values, day, back, policy, quiet):
    known = day - timedelta(days=back)
    without = run(others(values), day, policy, quiet)
    found = run([*others(values), flag(known, 1)], day, policy, quiet)
    assert {alert["audience"] for alert in found.alerts} <= {"restricted"}
    told, otherwise = ({alert["threshold"] for alert in each.alerts} for each in (found, without))
    # Others are told by case: what a silent source keeps from being told by itself may stand within what was told of
    # another limit of the case. The restricted list is told limit by limit.
    assert told <= otherwise if quiet else told == otherwise
    assert len(set(apart(found))) == len(found.alerts)
    assert all(deadline.restricted for deadline in found.deadlines)


@given(histories(10), days, policies, silences)
def test_lifted_it_was_never_said(values, day, policy, quiet):
    flags = [flag(FIRST, 1), flag(FIRST + timedelta(days=40), 2, retracted=True)]
    known = max(day, FIRST + timedelta(days=40))
    assert said(run(others(values) + flags, known, policy, quiet)) == said(run(others(values), known, policy, quiet))


def test_what_is_told_on_the_day_of_its_end_is_told_for_its_own_cause():
    """An alert that opens by a fact of that day is no correction."""
    lifted = FIRST + timedelta(days=40)
    asked = fact("assessment.requested", FIRST.isoformat(), "R-1", subject={"request": "REQ-1"})
    again = fact("assessment.requested", FIRST.isoformat(), "R-2", received_at=f"{lifted}T00:30:00Z", subject={})
    flags = [flag(FIRST, 1), flag(lifted, 2, retracted=True)]
    told, otherwise = (run([asked, again, *more], lifted).alerts for more in (flags, []))
    assert [alert["caused_by"] for alert in told] == [alert["caused_by"] for alert in otherwise]
