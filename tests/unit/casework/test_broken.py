"""A child that can't be evaluated keeps no other waiting: only after them does the record fail; the rest is made up."""

import pytest

from hub.core.casework.memory import Memory
from hub.core.casework.policy import Policy
from hub.stages import casework
from hub.stages.casework_sayings import SOURCES_KEY, Sayings

from .facts import COUNCIL, LAW, SOURCES, requested
from .stage import Bench, reached

CHILDREN = [f"chd-{n}" for n in range(6)]
FACTS = [requested("2026-09-01", f"REQ-{n}") | {"child_id": child_id} for n, child_id in enumerate(CHILDREN)]
LATE = {"kind": "source.silent", "effective_on": "2026-10-01", "data": {"source": COUNCIL}}
"""That the source has been silent for long: what has opened since is taken back."""


class Broken(Exception):
    pass


@pytest.fixture
def broken(monkeypatch) -> set[str]:
    """The children that raise."""
    names, evaluate = set(), Memory.evaluate

    def evaluated(memory, child_id, *args, **fields):
        if child_id in names:
            raise Broken
        return evaluate(memory, child_id, *args, **fields)

    monkeypatch.setattr(Memory, "evaluate", evaluated)
    return names


@pytest.fixture(params=[1, 2, 500])
def bench(request, monkeypatch) -> Bench:
    """With slices of so many children."""
    monkeypatch.setattr(casework, "MOST_CHILDREN", request.param)
    made = Bench(LAW)
    made.feed(FACTS)
    return made


def overdue(bench: Bench, state: str = "open") -> list[str]:
    return [a["child_id"] for a in bench.alerts if (a["threshold"], a["state"]) == ("overdue", state)]


def left(bench: Bench) -> Sayings:
    return Sayings.of(bench.state.values[SOURCES_KEY])


def given_up(bench: Bench, value: dict) -> None:
    """As when its record becomes a dead letter and the worker goes on."""
    with pytest.raises(Broken):
        bench.feed([value])
    bench.reopen()


def test_a_day_is_worked_through_for_all_others(bench, broken):
    broken |= {"chd-0", "chd-3"}
    given_up(bench, reached("2026-10-14"))
    assert overdue(bench) == ["chd-1", "chd-2", "chd-4", "chd-5"]
    broken.clear()
    bench.feed([reached("2026-10-15")])
    assert overdue(bench) == ["chd-1", "chd-2", "chd-4", "chd-5", "chd-0", "chd-3"]


def test_what_was_said_of_a_source_reaches_all_others_at_once_and_the_rest_on_the_next_day(bench, broken):
    bench.feed([reached("2026-10-14")])
    broken |= {"chd-0", "chd-3"}
    given_up(bench, LATE)
    assert sorted(overdue(bench, "cleared")) == ["chd-1", "chd-2", "chd-4", "chd-5"]
    assert sorted(left(bench).missed) == ["chd-0", "chd-3"]
    bench.feed([reached("2026-10-15")])  # neither is due: the day does not fail by them
    broken -= {"chd-0"}
    bench.feed([reached("2026-10-16")])
    assert left(bench).missed == ("chd-3",)
    broken.clear()
    bench.feed([reached("2026-10-17")])
    assert sorted(overdue(bench, "cleared")) == CHILDREN
    assert (left(bench).working, left(bench).missed) == ((), ())
    outputs = len(bench.outputs)
    bench.feed([LATE, reached("2026-10-18")])
    assert len(bench.outputs) == outputs


def test_it_is_known_even_where_all_raise(bench, broken):
    bench.feed([reached("2026-10-14")])
    broken |= set(CHILDREN)
    given_up(bench, LATE)
    assert [alert["about"] for alert in bench.alerts if alert["threshold"] == "source-silent"] == [COUNCIL]
    broken.clear()
    bench.feed([LATE])  # put back
    assert sorted(overdue(bench, "cleared")) == CHILDREN
    assert (left(bench).working, left(bench).missed) == ((), ())


def test_what_it_leaves_is_what_it_would_have_been(bench, broken):
    sound = Bench(LAW)
    sound.feed([*FACTS, reached("2026-10-14"), LATE, reached("2026-10-15")])
    bench.feed([reached("2026-10-14")])
    broken |= {"chd-2"}
    given_up(bench, LATE)
    broken.clear()
    bench.feed([reached("2026-10-15")])
    assert bench.open_alerts() == sound.open_alerts()
    assert bench.topics == sound.topics
    assert left(bench).dump() == left(sound).dump()


def test_the_next_saying_does_not_forget_whom_the_last_one_missed(bench, broken):
    bench.feed([reached("2026-10-14")])
    broken |= {"chd-2"}
    given_up(bench, LATE)
    broken.clear()
    bench.feed([LATE | {"effective_on": "2026-10-14", "data": {"source": "nobody:1:1"}}])
    assert sorted(overdue(bench, "cleared")) == CHILDREN
    assert (left(bench).working, left(bench).missed) == ((), ())


def test_a_child_that_is_due_and_raises_keeps_the_rest_of_a_saying_from_nobody(bench, broken):
    bench.feed([reached("2026-10-14")])
    broken |= {"chd-0", "chd-3"}
    given_up(bench, LATE)
    broken -= {"chd-0"}
    bench.policy = Policy(SOURCES, rules=LAW.rules, exempt_review_days=7)  # now all are looked at
    bench.reopen()
    given_up(bench, reached("2026-10-15"))
    assert left(bench).missed == ("chd-3",)
