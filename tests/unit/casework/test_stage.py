import orjson
import pytest

from hub.stages.errors import PermanentError
from hub.stages.stage import Record
from schemas.alerts import Alert
from schemas.deadlines import Deadline
from schemas.records import ChildRecord
from schemas.reviews import ReviewTask

from .facts import LAW, about_advice, about_request, asked, requested
from .stage import Bench, reached

CASE = [
    requested("2026-09-01"),
    about_request("assessment.decided", "2026-10-01", data={"outcome": "assess"}),
    asked("2026-10-02"),
    about_advice("advice.delivered", "2026-10-05"),
]

TOLD = 3
"""The designated officer, the service and the coordinator."""


def test_says_everything_once_and_in_the_shapes_of_the_topics():
    bench = Bench(LAW)
    bench.feed([*CASE, about_advice("advice.received", "2026-10-09", advice="ADV-9")])
    for value in bench.topics["hub.children"].values():
        ChildRecord.model_validate_json(orjson.dumps(value))
    keys = set(bench.topics["hub.deadlines"])
    for value in bench.topics["hub.deadlines"].values():
        deadline = Deadline.model_validate(value, strict=False)
        assert f"{deadline.child_id}|{deadline.id}".encode() in keys
    assert len(keys) == 4
    (task,) = bench.topics["hub.review"].values()
    assert ReviewTask.model_validate(task).question == "data"
    assert all(dict(output.headers).keys() == {"id", "causes", "received_at"} for output in bench.outputs)


def test_a_day_raises_alerts_once_and_the_end_clears_them_once():
    bench = Bench(LAW)
    bench.feed(CASE)
    bench.feed([reached("2026-10-29")])
    assert bench.alerts == []
    bench.feed([reached("2026-10-30"), reached("2026-10-30"), reached("2026-10-31")])
    assert {Alert.model_validate(alert).threshold for alert in bench.alerts} == {"due-soon"}
    assert len(bench.alerts) == TOLD
    bench.feed([reached("2026-11-17"), reached("2026-11-18")])
    late = [(alert["threshold"], alert["reason"]) for alert in bench.alerts[TOLD:]]
    assert late == [("due-soon", "overdue")] * TOLD + [("overdue", None)] * TOLD
    bench.feed([about_advice("advice.received", "2026-11-20")])
    assert [alert["reason"] for alert in bench.alerts[3 * TOLD :]] == ["met"] * TOLD
    assert bench.open_alerts() == {}
    assert bench.feed([reached("2026-11-20")]) == 1
    assert len(bench.alerts) == 4 * TOLD


def test_a_repeat_and_a_day_that_changes_nothing_write_nothing():
    bench = Bench(LAW)
    bench.feed(CASE)
    said = len(bench.outputs)
    bench.feed(CASE)
    bench.feed([reached("2026-10-06"), reached("2026-10-07")])
    assert len(bench.outputs) == said


def test_a_retracted_request_is_tombstoned():
    bench = Bench(LAW)
    bench.feed(CASE[:1])
    assert len(bench.topics["hub.deadlines"]) == 3
    bench.feed([CASE[0] | {"version": 2, "retracted": True, "received_at": "2026-09-02T09:00:00Z"}])
    assert bench.topics["hub.deadlines"] == {}


@pytest.mark.parametrize(
    "value", [b"", b"[1]", b"{}", b'{"child_id": "chd-1", "kind": "x"}', b'{"kind": "day.reached"}']
)
def test_what_is_no_fact_is_refused(value):
    with pytest.raises(PermanentError):
        Bench().handler.handle([Record("hub.facts", 0, 0, b"k", value)], Bench().state)


def test_a_fact_that_was_long_on_its_way_restates_the_days_since():
    bench = Bench()
    bench.feed([CASE[0], reached("2026-10-20")])
    decided = about_request("assessment.decided", "2026-10-01", data={"outcome": "assess"}, received="2026-10-05")
    bench.feed([decided, asked("2026-10-02", received="2026-10-21")])
    as_of = {value["clock"]: value["as_of"] for value in bench.topics["hub.deadlines"].values()}
    assert as_of["assessment-decision-6w"] == "2026-10-05"
    assert as_of["advice-6w"] == "2026-10-21"
