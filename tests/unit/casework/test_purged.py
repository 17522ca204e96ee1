"""Nothing is left of a child that was purged, in whatever order it is told, and nothing is said of it again."""

from itertools import permutations
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.casework.memory import Memory, dump, load
from hub.core.casework.policy import Policy
from schemas.sources import Sources
from tests.property.casework.strategies import AFTER, histories
from tests.unit.casework.facts import CHILD
from tests.unit.casework.stage import Bench, reached

PURGED = {
    "kind": "child.purged",
    "child_id": CHILD,
    "source": "hub",
    "record": CHILD,
    "version": 1,
    "effective_on": "2026-11-01",
    "recorded_at": "2026-11-01T09:30:00Z",
    "received_at": "2026-11-01T09:30:00Z",
}


def said_of(child: str, bench: Bench) -> dict[str, Any]:
    """What the compacted topics hold of a child, and its alerts as whoever keeps them has them."""
    alerts: dict[str, Any] = {}
    for output in bench.outputs:
        if output.topic == "hub.alerts" and output.key == child.encode():
            alert = orjson.loads(output.value) if output.value is not None else None
            alerts = {} if alert is None else {**alerts, alert["id"]: alert}
    held = {
        (name, key): each
        for name, found in bench.topics.items()
        for key, each in found.items()
        if child.encode() in key or each.get("child_id") == child
    }
    return held | alerts


@settings(deadline=None, max_examples=80)
@given(histories(), st.integers(0, 12), st.integers(1, 6))
def test_whatever_was_said_of_it_before_and_is_told_after_nothing_is_left(
    said: list[dict[str, Any]], place: int, size: int
) -> None:
    told = [*said[:place], PURGED, *said[place:]]
    bench = Bench()
    for start in range(0, len(told), size):
        bench.feed(told[start : start + size])
        bench.feed([reached("2026-06-01")])
    bench.feed([reached(AFTER.isoformat())])
    assert said_of(CHILD, bench) == {}
    assert bench.state.values[CHILD] == dump(Memory.of_purged())


@settings(deadline=None, max_examples=40)
@given(histories(), st.integers(1, 6))
def test_what_is_kept_of_it_does_not_tell_how_it_was_told(said: list[dict[str, Any]], size: int) -> None:
    whole, parts = Bench(), Bench()
    whole.feed([*said, PURGED])
    for start in range(0, len(said), size):
        parts.feed(said[start : start + size])
    parts.feed([PURGED])
    assert parts.state.values == whole.state.values


def standing() -> Bench:
    """A request that is overdue, and whose alert stands."""
    bench = Bench()
    bench.feed([request(), reached("2026-03-20")])
    assert bench.open_alerts()
    return bench


def request(child: str = CHILD) -> dict[str, Any]:
    return {
        "kind": "assessment.requested",
        "child_id": child,
        "source": "one-education:825:2022",
        "record": "REQ-1",
        "version": 1,
        "subject": {"request": "REQ-1"},
        "effective_on": "2026-01-05",
        "recorded_at": "2026-01-05T10:00:00Z",
        "received_at": "2026-01-05T10:00:00Z",
    }


def test_what_stands_is_cleared_as_moved_and_then_dropped() -> None:
    bench = standing()
    done = len(bench.outputs)
    bench.feed([PURGED])
    told = bench.outputs[done:]
    alerts = [output.value for output in told if output.topic == "hub.alerts"]
    assert alerts[-1] is None
    cleared = [orjson.loads(value) for value in alerts[:-1] if value is not None]
    assert {(alert["state"], alert["reason"], alert["since"]) for alert in cleared} == {
        ("cleared", "moved", "2026-11-01")
    }
    assert {output.value for output in told if output.topic != "hub.alerts"} == {None}
    assert (b"chd-1", None) in {(output.key, output.value) for output in told if output.topic == "hub.children"}


def test_nothing_is_said_of_it_again_by_days_silences_rules_or_repeats() -> None:
    bench = standing()
    bench.feed([PURGED])
    done = len(bench.outputs)
    silent = {
        "kind": "source.silent",
        "effective_on": "2026-11-02",
        "received_at": "2026-11-02T09:00:00Z",
        "data": {"source": "one-education:825:2022"},
    }
    bench.feed([PURGED, request(), silent, reached("2027-01-01")])
    bench.policy = Policy(Sources())
    bench.reopen()
    bench.feed([reached("2027-03-01")])
    assert [output for output in bench.outputs[done:] if output.key.startswith(CHILD.encode())] == []


def test_the_children_beside_it_are_as_they_were() -> None:
    bench = Bench()
    bench.feed([request(), request("chd-other"), reached("2026-03-20")])
    before = said_of("chd-other", bench), load(bench.state.values["chd-other"])
    bench.feed([PURGED])
    assert (said_of("chd-other", bench), load(bench.state.values["chd-other"])) == before


@pytest.mark.parametrize("order", list(permutations([request(), PURGED, reached("2026-12-01")])))
def test_in_any_order_it_is_the_same(order: tuple[dict[str, Any], ...]) -> None:
    bench = Bench()
    for value in order:
        bench.feed([value])
    assert said_of(CHILD, bench) == {}


def written_anew(child: str) -> list[dict[str, Any]]:
    """The request of above, under another link, for a child who goes on."""
    at = "2026-11-01T00:00:00Z"
    said = {"record": "0000-new", "subject": {"request": "0000-new"}, "link": "lnk-new", "seq": 2}
    assigned = {
        "kind": "link.assigned",
        "child_id": child,
        "source": "one-education:825:2022",
        "record": "lnk-new",
        "version": 2,
        "effective_on": "2026-11-01",
        "recorded_at": at,
        "received_at": at,
        "link": "lnk-new",
        "seq": 2,
        "data": {"since": "2026-01-05T00:00:00Z", "told": True},
    }
    return [request(child) | said, assigned]


@pytest.mark.parametrize("own", [False, True])
def test_what_people_were_told_of_before_says_so_unless_it_stands_beside_what_they_were_not(own: bool) -> None:
    bench = standing()
    known = [request("chd-new") | {"effective_on": "2026-01-12", "received_at": "2026-01-12T10:00:00Z"}] if own else []
    bench.feed([*known, reached("2026-03-20")])
    done = len(bench.outputs)
    bench.feed([*written_anew("chd-new"), PURGED])
    opened = [
        orjson.loads(output.value)
        for output in bench.outputs[done:]
        if output.topic == "hub.alerts" and output.key == b"chd-new" and output.value is not None
    ]
    assert {
        (alert["state"], alert["moved"], alert.get("told", False)) for alert in opened if alert["state"] == "open"
    } == {("open", True, not own)}
