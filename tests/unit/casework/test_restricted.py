"""A restricted child: only named people are told and see more than the word; from whichever day the flag is known."""

from typing import Any

import pytest

from hub.core.alerts.digest import digests
from hub.core.alerts.rules import RULES
from hub.core.measures.joining import outcomes_of
from schemas.alerts import Alert

from .facts import CHILD, LAW, SOURCES, TRUST, about_request, alerts, asked, day, deadlines, fact, on_day, requested
from .stage import Bench, reached

CASE = [
    requested("2026-09-01"),
    about_request("assessment.decided", "2026-10-01", data={"outcome": "assess"}),
    asked("2026-10-02"),  # due 13 November, due soon from 29 October
]


def flag(received: str, version: int = 1, **fields: Any) -> dict[str, Any]:
    said = fact("child.restricted", received, "S", source=TRUST, version=version)
    return said | fields


@pytest.mark.parametrize("on", [None, "2026-10-10", "2027-10-10"])
def test_one_alert_for_each_deadline_goes_to_the_restricted_list_alone_whatever_the_flags_date(on):
    found = on_day([*CASE, flag("2026-10-10", effective_on=on)], "2026-11-20", LAW)
    assert alerts(found) == [("overdue", "restricted")]
    assert found.record["restricted"]
    assert {value["restricted"] for value in deadlines(found).values()} == {True}


def test_case_42_a_flag_that_comes_later_moves_the_alerts_and_tells_the_list_once():
    bench = Bench(LAW)
    bench.feed([*CASE, reached("2026-11-16")])
    standing, before = bench.open_alerts(), len(bench.alerts)
    bench.feed([flag("2026-11-17"), flag("2026-11-17")])
    told = [Alert.model_validate(alert) for alert in bench.alerts[before:]]
    cleared = {alert.id: alert.reason for alert in told if alert.state == "cleared"}
    assert cleared == dict.fromkeys(standing, "restricted")
    (opened,) = [alert for alert in told if alert.state == "open"]
    assert (opened.audience, opened.threshold, opened.moved) == ("restricted", "overdue", True)
    assert opened.since.isoformat() == "2026-11-14"
    bench.feed([reached("2026-11-18"), reached("2026-12-01")])
    assert list(bench.open_alerts()) == [opened.id]
    assert {deadline["restricted"] for deadline in bench.topics["hub.deadlines"].values()} == {True}


def test_lifted_all_stands_as_before_and_is_no_news():
    bench = Bench(LAW)
    bench.feed([*CASE, reached("2026-11-16")])
    standing = bench.open_alerts()
    bench.feed([flag("2026-11-17")])
    before = len(bench.alerts)
    bench.feed([flag("2026-11-18", version=2, retracted=True)])
    assert {id_: alert["since"] for id_, alert in bench.open_alerts().items()} == {
        id_: alert["since"] for id_, alert in standing.items()
    }
    assert all(alert["moved"] for alert in bench.alerts[before:] if alert["state"] == "open")
    assert [alert["reason"] for alert in bench.alerts[before:] if alert["state"] == "cleared"] == ["moved"]
    assert not bench.topics["hub.children"][CHILD.encode()]["restricted"]


def test_two_sources_that_say_so_must_both_take_it_back():
    flags = [flag("2026-10-10"), flag("2026-10-11") | {"record": "T"}]
    gone = flag("2026-10-12", version=2, retracted=True)
    assert on_day([*CASE, *flags, gone], "2026-11-20", LAW).record["restricted"]


def test_what_was_known_before_stays_as_it_was():
    facts = [*CASE, flag("2026-11-17")]
    assert {who for _, who in alerts(on_day(facts, "2026-11-16", LAW))} > {"coordinator"}
    assert {who for _, who in alerts(on_day(facts, "2026-11-16", LAW, known_at="2026-11-17"))} == {"restricted"}


def test_no_measure_counts_a_restricted_child():
    for facts, counted in ((CASE, 1), ([*CASE, flag("2026-10-10")], 0)):
        found = on_day(facts, "2026-11-20", LAW)
        outcomes = outcomes_of(CHILD, found.record, deadlines(found).values())
        assert (len(outcomes.cases), len(outcomes.advice)) == (counted, counted)


def test_digests_name_a_restricted_child_to_the_restricted_list_alone():
    late = [requested("2026-06-01", received="2026-09-01"), flag("2026-09-02")]
    rows = [value for value in deadlines(on_day(late, "2026-12-14", LAW)).values() if value["state"] == "overdue"]
    assert rows
    found = digests(rows, day("2026-12-14"), RULES, SOURCES)
    assert {each.place.audience for each in found} == {"restricted"}


def test_a_flag_that_counts_only_once_its_link_is_this_childs_moves_the_alerts_with_their_days():
    bench = Bench(LAW)
    bench.feed([*CASE, reached("2026-11-16"), flag("2026-11-17") | {"link": "lnk-1", "seq": 1}])
    assert "restricted" not in {alert["audience"] for alert in bench.open_alerts().values()}
    bench.feed([fact("link.assigned", "2026-11-18", "lnk-1", source="hub") | {"link": "lnk-1", "seq": 1}])
    (alert,) = bench.open_alerts().values()
    assert (alert["audience"], alert["since"]) == ("restricted", "2026-11-14")


def test_no_measure_counts_a_restricted_childs_review():
    held = fact("review.held", "2026-09-10", "REV", subject={"review": "REV-1", "plan": "PLAN-1"})
    for facts, counted in (([held], 1), ([held, flag("2026-10-10")], 0)):
        found = on_day(facts, "2026-11-20", LAW)
        told = [deadline.to_json(CHILD, found.day) for deadline in found.deadlines]
        assert len(outcomes_of(CHILD, None, told).reviews) == counted
