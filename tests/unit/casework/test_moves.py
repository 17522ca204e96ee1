"""A record moves from one child to another, and back: as the topics' readers see it."""

from datetime import date
from typing import Any

import orjson
import pytest

from hub.core.casework.evaluate import evaluate
from hub.core.facts.fact import read_fact
from hub.stages.stage import Output
from schemas.alerts import Alert
from schemas.records import ChildTurned

from .facts import CHILD, LAW, about_advice, about_request, asked, requested
from .stage import Bench, reached

OTHER = "chd-2"
LINK = "lnk-1"
SAID = [
    requested("2026-01-05"),
    about_request("assessment.decided", "2026-02-02", data={"outcome": "assess"}),
    asked("2026-02-02"),
    about_advice("advice.delivered", "2026-02-04"),
]
DECIDED = "2026-05-04"


def told(child: str, seq: int, *said: dict[str, Any], on: str = "2026-01-05", link: str = LINK) -> list[dict[str, Any]]:
    """A link given to a child by its `seq`th decision, with what it said."""
    assigned = decision("link.assigned", child, seq, on, link)
    if seq > 1:
        assigned["data"] = {"since": "2026-01-05T09:00:00Z"}
    return [assigned, *(fact | {"child_id": child, "link": link, "seq": seq} for fact in said)]


def decision(kind: str, child: str, seq: int, on: str, link: str | None = LINK, **more: Any) -> dict[str, Any]:
    at = f"{on}T09:00:00Z"
    said = {"kind": kind, "child_id": child, "source": "hub", "record": link or child, "version": seq}
    about = {"link": link, "seq": seq} if link else {}
    return said | about | {"effective_on": on, "recorded_at": at, "received_at": at, "data": {}} | more


def merged(child: str, into: str, turn: int, on: str = DECIDED) -> dict[str, Any]:
    return decision("child.merged", child, turn, on, None, data={"into": into})


def a_merge(bench: Bench, seq: int = 2) -> list[Output]:
    """Of CHILD, whose one link is LINK, into OTHER."""
    before = len(bench.outputs)
    bench.feed([decision("link.released", CHILD, seq, DECIDED), merged(CHILD, OTHER, seq - 1)])
    bench.feed(told(OTHER, seq, *SAID, on=DECIDED))
    return bench.outputs[before:]


def its_undoing(bench: Bench, seq: int = 3) -> list[Output]:
    before = len(bench.outputs)
    bench.feed([decision("link.released", OTHER, seq, DECIDED)])
    bench.feed([merged(CHILD, OTHER, seq - 1) | {"retracted": True, "data": {}}, *told(CHILD, seq, *SAID, on=DECIDED)])
    return bench.outputs[before:]


def alerts_in(outputs: list[Output]) -> list[Alert]:
    return [Alert.model_validate_json(output.value or b"") for output in outputs if output.topic == "hub.alerts"]


@pytest.fixture
def bench() -> Bench:
    """Late advice: alerts stand, and have been told long ago."""
    bench = Bench(LAW)
    bench.feed(told(CHILD, 1, *SAID))
    bench.feed([reached(day) for day in ("2026-03-16", "2026-03-19", "2026-04-20", "2026-05-03")])
    assert len(bench.open_alerts()) > 2
    return bench


def test_what_stands_goes_along_and_nobody_is_told_anew(bench: Bench) -> None:
    standing = bench.open_alerts()
    alerts = alerts_in(a_merge(bench))
    cleared = {alert.id: alert for alert in alerts if alert.state == "cleared"}
    opened = {alert.id: alert for alert in alerts if alert.state == "open"}
    assert cleared.keys() == opened.keys() == standing.keys()
    assert {(alert.child_id, alert.reason, alert.moved) for alert in cleared.values()} == {(CHILD, "moved", False)}
    assert {(alert.child_id, alert.moved) for alert in opened.values()} == {(OTHER, True)}
    assert {id_: str(alert.since) for id_, alert in opened.items()} == {
        id_: alert["since"] for id_, alert in standing.items()
    }


def test_the_old_id_says_where_the_child_goes_on_and_keeps_no_deadline(bench: Bench) -> None:
    outputs = a_merge(bench)
    (turned,) = [output for output in outputs if output.topic == "hub.children" and output.key == CHILD.encode()]
    assert ChildTurned.model_validate_json(turned.value or b"") == ChildTurned.model_validate(
        {"child_id": CHILD, "event": "child.merged", "surviving": OTHER, "on": DECIDED}
    )
    assert {key.partition(b"|")[0] for key in bench.topics["hub.deadlines"]} == {OTHER.encode()}


def test_undone_all_is_as_it_was_to_the_byte(bench: Bench) -> None:
    before = [output for output in bench.outputs if output.topic == "hub.children"][-1].value
    deadlines = dict(bench.topics["hub.deadlines"])
    standing = bench.open_alerts()
    a_merge(bench)
    outputs = its_undoing(bench)
    split, record = [
        output.value for output in outputs if output.key == CHILD.encode() and output.topic == "hub.children"
    ]
    assert ChildTurned.model_validate_json(split or b"").event == "child.split"
    assert record == before
    assert bench.topics["hub.deadlines"] == deadlines
    again = {id_: alert for id_, alert in bench.open_alerts().items() if alert["child_id"] == CHILD}
    assert {id_: {**alert, "moved": False} for id_, alert in again.items()} == {
        id_: {**alert, "moved": False} for id_, alert in standing.items()
    }
    assert [alert for alert in alerts_in(outputs) if alert.state == "open" and not alert.moved] == []


def test_what_the_other_record_answers_is_met_and_not_only_moved(bench: Bench) -> None:
    received = about_advice("advice.received", "2026-03-10", data={"usable": True})
    bench.feed(told(OTHER, 1, received, link="lnk-2"))
    opened = [alert for alert in alerts_in(a_merge(bench)) if alert.state == "open"]
    assert opened == []
    assert {key: value["state"] for key, value in bench.topics["hub.deadlines"].items()}
    assert bench.topics["hub.children"][OTHER.encode()]["cases"][0]["advice"][0]["state"] == "received"
    late = [alert for alert in alerts_in(its_undoing(bench)) if alert.state == "open"]
    assert {alert.child_id for alert in late} == {CHILD}


def test_what_is_news_on_the_day_of_the_decision_is_told_as_news() -> None:
    bench = Bench(LAW)
    bench.feed(told(CHILD, 1, *SAID))
    bench.feed([reached("2026-03-17")])
    a_merge_on_the_day = [decision("link.released", CHILD, 2, "2026-03-19"), merged(CHILD, OTHER, 1, "2026-03-19")]
    bench.feed(a_merge_on_the_day)
    bench.feed(told(OTHER, 2, *SAID, on="2026-03-19"))
    today = [alert for alert in bench.alerts if alert["state"] == "open" and alert["since"] == "2026-03-19"]
    assert today
    assert not any(alert.get("moved") for alert in today)


def test_a_second_merge_and_undoing_are_like_the_first(bench: Bench) -> None:
    a_merge(bench)
    its_undoing(bench)
    before = {topic: dict(kept) for topic, kept in bench.topics.items()}
    a_merge(bench, seq=4)
    its_undoing(bench, seq=5)
    assert bench.topics == before


def test_as_known_before_the_decision_nothing_had_moved() -> None:
    """The past is what was known then: the decision is known from its own day on."""
    bench = Bench(LAW)
    bench.feed(told(CHILD, 1, *SAID))
    bench.feed([reached("2026-05-03")])
    record = orjson.dumps(bench.topics["hub.children"][CHILD.encode()])
    values = [*told(CHILD, 1, *SAID), decision("link.released", CHILD, 2, DECIDED), merged(CHILD, OTHER, 1)]
    facts = [read_fact(value) for value in values]
    then = evaluate(CHILD, facts, date(2026, 5, 3), LAW)
    assert orjson.dumps(then.record) == record
    assert evaluate(CHILD, facts, date(2026, 5, 4), LAW).record["event"] == "child.merged"
