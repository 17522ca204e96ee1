"""A child's death: told formally, told informally, told with a wrong date, withdrawn; as the topics' readers see it."""

from typing import Any

import pytest

from schemas.alerts import Alert
from schemas.reviews import ReviewTask

from .facts import LAW, TRUST, about_request, asked, codes, fact, on_day, requested, states
from .stage import Bench, reached

CASE = [
    requested("2026-09-01"),
    about_request("assessment.decided", "2026-10-01", data={"outcome": "assess"}),
    asked("2026-10-02"),  # due 13 November, due soon from 29 October
]


def died(notice: str, on: str | None = "2026-11-01", version: int = 1, **fields: Any) -> dict[str, Any]:
    given = {"received": "2026-11-02", "data": {"notice": notice}, "source": TRUST, "version": version}
    return fact("child.died", on, "D", **given | fields)


def withdrawn(notice: str, received: str = "2026-11-20") -> dict[str, Any]:
    return died(notice, version=2, received=received, retracted=True)


def tasks(bench: Bench) -> list[ReviewTask]:
    found = [ReviewTask.model_validate(task) for task in bench.topics.get("hub.review", {}).values()]
    return [task for task in found if task.question == "death"]


@pytest.fixture
def bench() -> Bench:
    """A case with alerts that were told long ago."""
    bench = Bench(LAW)
    bench.feed([*CASE, reached("2026-10-30")])
    assert len(bench.open_alerts()) == 3
    return bench


@pytest.mark.parametrize(("notice", "reason", "state"), [("formal", "void", "void"), ("informal", "restricted", None)])
def test_case_46_a_death_clears_all_alerts_and_opens_one_task_for_the_officer(bench, notice, reason, state):
    standing, before = bench.open_alerts(), len(bench.alerts)
    bench.feed([died(notice), died(notice)])
    told = [Alert.model_validate(alert) for alert in bench.alerts[before:]]
    assert {alert.id: (alert.state, alert.reason) for alert in told} == dict.fromkeys(standing, ("cleared", reason))
    (task,) = tasks(bench)
    assert (task.state, task.audience, task.kind) == ("open", "designated-officer", "child.died")
    assert "Stop at once, in your own system, all letters" in task.detail
    found = {deadline["state"] for deadline in bench.topics["hub.deadlines"].values() if deadline["met_on"] is None}
    assert (found == {"void"}) == (state == "void")
    bench.feed([reached("2026-11-15"), reached("2027-03-01")])
    assert len(bench.alerts) == before + len(standing)


@pytest.mark.parametrize("notice", ["formal", "informal"])
def test_withdrawn_the_alerts_stand_again_under_their_ids_and_are_no_news(bench, notice):
    standing, record = bench.open_alerts(), bench.topics["hub.children"].copy()
    bench.feed([died(notice), reached("2026-11-05")])
    before = len(bench.alerts)
    bench.feed([withdrawn(notice, "2026-11-06")])
    told = [Alert.model_validate(alert) for alert in bench.alerts[before:]]
    assert {alert.id: (alert.state, alert.restored, alert.since.isoformat()) for alert in told} == {
        id_: ("open", True, alert["since"]) for id_, alert in standing.items()
    }
    assert bench.topics["hub.children"] == record
    assert [task.state for task in tasks(bench)] == ["resolved"]


def test_withdrawn_after_a_limit_has_passed_it_is_overdue_like_any_other_and_no_date_was_moved_back(bench):
    bench.feed([asked("2026-10-02", "ADV-2", heading="psychological"), died("formal"), reached("2026-11-16")])
    bench.feed([withdrawn("formal")])
    assert {alert["threshold"] for alert in bench.open_alerts().values()} == {"overdue"}


def test_a_death_told_in_two_forms_is_one_task_and_ends_only_with_the_last(bench):
    bench.feed([died("informal"), died("formal") | {"record": "E"}])
    bench.feed([withdrawn("informal")])
    assert [task.state for task in tasks(bench)] == ["open"]
    assert bench.open_alerts() == {}


@pytest.mark.parametrize("on", [None, "2027-11-01"])
def test_a_death_with_a_date_that_cannot_be_right_ends_no_clock_but_nobody_is_told_anything(on):
    found = on_day([*CASE, died("formal", on)], "2026-12-01", LAW)
    assert found.alerts == []
    assert "child-died" in codes(found)
    assert "void" not in states(found).values()


def test_what_was_known_before_the_withdrawal_stays_as_it_was():
    facts = [*CASE, died("formal"), withdrawn("formal")]
    assert on_day(facts, "2026-11-19", LAW).alerts == []
    assert {alert["threshold"] for alert in on_day(facts, "2026-11-20", LAW).alerts} == {"overdue"}


def test_told_anew_after_a_withdrawal_it_is_a_death_from_then_on(bench):
    bench.feed([died("formal"), withdrawn("formal", "2026-11-06")])
    bench.feed([died("formal", version=3, received="2026-11-09")])
    assert bench.open_alerts() == {}
    assert [task.state for task in tasks(bench)] == ["open"]


def test_an_alert_of_the_very_day_of_the_withdrawal_is_no_news_either():
    bench = Bench(LAW)
    bench.feed([*CASE, reached("2026-10-29")])
    standing = bench.open_alerts()
    bench.feed([died("informal", received="2026-10-29")])
    before = len(bench.alerts)
    bench.feed([withdrawn("informal", "2026-10-29")])
    assert {alert["id"]: alert["restored"] for alert in bench.alerts[before:]} == dict.fromkeys(standing, True)


def test_a_withdrawal_that_counts_only_once_its_link_is_this_childs_restores_all_the_same(bench):
    standing = bench.open_alerts()
    bench.feed([died("formal"), withdrawn("formal", "2026-11-06") | {"link": "lnk-1", "seq": 1}])
    assert bench.open_alerts() == {}
    bench.feed([given("2026-11-07")])
    assert list(bench.open_alerts()) == list(standing)


def given(on: str) -> dict[str, Any]:
    """The first decision about the link: it is this child's."""
    said = fact("link.assigned", on, "lnk-1", source="hub")
    return said | {"link": "lnk-1", "seq": 1}
