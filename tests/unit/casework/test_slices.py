"""A long day is worked through in slices, and a crash between two of them loses and repeats nothing."""

from itertools import count

from hub.stages import casework
from tests.unit.casework.facts import LAW, requested
from tests.unit.casework.stage import Bench, reached, to_record

CHILDREN = [requested("2026-09-01") | {"child_id": f"chd-{n:03}"} for n in range(120)]


def overdue(bench):
    return sorted(alert["child_id"] for alert in bench.alerts if alert["threshold"] == "overdue")


def test_at_most_so_many_children_in_one_step(monkeypatch):
    monkeypatch.setattr(casework, "MOST_CHILDREN", 50)
    bench = Bench()
    bench.feed(CHILDREN)
    assert bench.feed([reached("2026-10-14")]) == 3
    assert overdue(bench) == [value["child_id"] for value in CHILDREN]
    assert bench.feed([reached("2026-10-14")]) == 1
    assert len(overdue(bench)) == 120


def test_a_step_ends_when_its_time_is_up_and_always_gets_somewhere():
    seconds = count()
    bench = Bench(monotonic=lambda: float(next(seconds)))
    bench.feed(CHILDREN[:5])
    assert bench.feed([reached("2026-10-14")]) > 1
    assert len(overdue(bench)) == 5


def test_a_crash_between_slices_is_exact(monkeypatch):
    monkeypatch.setattr(casework, "MOST_CHILDREN", 50)
    bench, day = Bench(), [to_record(reached("2026-10-14"))]
    bench.feed(CHILDREN)
    step = bench.handler.handle(day, bench.state)
    assert step.consumed == 0
    bench.commit(step.outputs)
    bench.handler.handle(day, bench.state)  # computed, never committed
    bench.reopen()
    bench.feed([reached("2026-10-14"), reached("2026-10-15")])
    assert overdue(bench) == [value["child_id"] for value in CHILDREN]


def test_facts_before_and_after_a_day_in_one_batch_are_taken_in_their_order():
    bench = Bench(LAW)
    late = requested("2026-09-02", received="2026-10-20") | {"child_id": "chd-late"}
    bench.feed([CHILDREN[0], reached("2026-10-14"), late, reached("2026-10-20")])
    assert overdue(bench) == ["chd-000"]
    assert bench.topics["hub.children"][b"chd-late"]["standing"] == 1


def test_days_that_have_passed_are_ignored():
    bench = Bench()
    bench.feed([CHILDREN[0], reached("2026-10-20"), reached("2026-10-01"), CHILDREN[1]])
    assert overdue(bench) == ["chd-000", "chd-001"]
    assert {alert["since"] for alert in bench.alerts if alert["threshold"] == "overdue"} == {"2026-10-14"}
