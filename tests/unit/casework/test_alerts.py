"""Alerts: which ones stand, since when, why, and under which id."""

from datetime import date

import pytest

from hub.core.alerts.rules import RULES
from hub.core.casework.policy import Policy
from schemas.alerts import AlertRows, Tell, ToldRow
from schemas.ids import digest
from schemas.sources import Source, Sources
from tests.unit.casework.facts import (
    CHILD,
    COUNCIL,
    LAW,
    about_advice,
    about_request,
    alerts,
    asked,
    deadlines,
    fact,
    on_day,
    requested,
)
from tests.unit.casework.stage import Bench, reached

REQUEST = requested("2026-09-01")
ASSESS = about_request("assessment.decided", "2026-10-01", data={"outcome": "assess"})
ADVICE = [REQUEST, ASSESS, asked("2026-10-02")]  # due 13 November, act by 12 November, due soon from 29 October
OFFICER = "designated-officer"
SERVICE = "service:speech-and-language"


def to(audience, evaluation):
    """The alerts that one audience has."""
    return [alert for alert in evaluation.alerts if alert["audience"] == audience]


def received(on, **fields):
    return about_advice("advice.received", on, **fields)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-10-28", []),
        ("2026-10-29", ["due-soon"]),
        ("2026-11-13", ["due-soon"]),
        ("2026-11-14", ["overdue"]),
    ],
)
def test_due_soon_stands_from_ten_working_days_before_act_by_and_overdue_after_the_due_date(day, expected):
    told = ["coordinator", OFFICER, SERVICE]
    assert alerts(on_day(ADVICE, day)) == [(threshold, who) for threshold in expected for who in told]


def test_since_is_the_day_it_opened_and_the_id_is_that_of_the_design():
    (alert,) = to(SERVICE, on_day(ADVICE, "2026-11-10"))
    assert (alert["since"], alert["caused_by"]) == (date(2026, 10, 29), "day")
    assert alert["id"] == digest(alert["about"], "due-soon", SERVICE, 1)
    assert alert["about"] == alert["deadline"]


@pytest.mark.parametrize(
    ("body", "officer"), [("trust", [OFFICER]), ("nhs-england", [OFFICER]), ("school", []), ("own-authority", [])]
)
def test_who_is_told_depends_on_the_body_asked(body, officer):
    facts = [REQUEST, ASSESS, asked("2026-10-02", asked={"role": body})]
    told = [audience for _, audience in alerts(on_day(facts, "2026-11-10"))]
    assert told == ["coordinator", *officer, SERVICE]
    facts = [REQUEST, ASSESS, asked("2026-10-02", asked={"role": body}, service=None)]
    told = [audience for _, audience in alerts(on_day(facts, "2026-11-10"))]
    assert told == ["coordinator", *officer, "service:medical"]


@pytest.mark.parametrize("heading", ["psychological", "education", "social-care"])
def test_where_no_service_is_named_the_heading_stands_for_it(heading):
    facts = [REQUEST, ASSESS, asked("2026-10-02", heading=heading, service=None, asked={"role": "own-authority"})]
    told = [(alert["audience"], alert["service"]) for alert in on_day(facts, "2026-11-10").alerts]
    assert sorted(told) == [("coordinator", None), (f"service:{heading}", None)]


CONDITIONAL = "no-plan-decision-16w"


def test_a_conditional_limit_warns_nobody():
    found = on_day([REQUEST, ASSESS], "2026-12-20", LAW)
    assert {d.rule.clock: d.state for d in found.deadlines}[CONDITIONAL] == "running"
    assert found.alerts == []


def test_a_conditional_limit_is_never_overdue_and_clears_as_lapsed():
    row = ToldRow(
        name="conditional-limits",
        thresholds=("due-soon",),
        clocks=(CONDITIONAL,),
        tell=(Tell(audience="coordinator"),),
    )
    bench = Bench(Policy(LAW.sources, rules=LAW.rules, alerts=RULES.with_own(AlertRows(told=(row,)))))
    bench.feed([REQUEST, ASSESS, reached("2026-12-08"), reached("2026-12-22"), reached("2026-12-23")])
    assert [(alert["threshold"], alert["state"], alert["reason"]) for alert in bench.alerts] == [
        ("due-soon", "open", None),
        ("due-soon", "cleared", "lapsed"),
    ]


CLEARING = [
    (received("2026-11-20"), "met"),
    (received("2026-11-20", data={"not_known": True}), "closed"),
    (about_advice("advice.cancelled", "2026-11-20"), "void"),
    (asked("2026-11-19", version=2, received="2026-11-20"), "corrected"),
    (asked("2026-10-02", version=2, received="2026-11-20", retracted=True), "corrected"),
    (fact("child.died", "2026-11-20", "P", data={"notice": "informal"}), "restricted"),
    (fact("child.died", "2026-11-20", "P"), "void"),
]


@pytest.mark.parametrize("audience", [OFFICER, SERVICE, "coordinator"])
@pytest.mark.parametrize(("end", "reason"), CLEARING)
def test_each_clears_once_with_its_reason(end, reason, audience):
    bench = Bench()
    bench.feed([*ADVICE, reached("2026-11-10"), reached("2026-11-19"), end, end, reached("2026-11-20")])
    mine = [alert for alert in bench.alerts if alert["audience"] == audience and alert["threshold"] != "heading-open"]
    assert [(alert["threshold"], alert["reason"]) for alert in mine] == [
        ("due-soon", None),
        ("due-soon", "overdue"),
        ("overdue", None),
        ("overdue", reason),
    ]


@pytest.mark.parametrize(("end", "reason"), CLEARING)
def test_what_ends_in_time_clears_as_due_soon(end, reason):
    bench = Bench()
    early = end | {"effective_on": "2026-11-11", "received_at": "2026-11-11T09:00:00Z"}
    bench.feed([*ADVICE, reached("2026-11-10"), early, early, reached("2026-11-11")])
    told = [(alert["threshold"], alert["reason"]) for alert in bench.alerts if alert["audience"] == SERVICE]
    assert told == [("due-soon", None), ("due-soon", reason)]


def test_due_soon_gives_way_to_overdue_on_the_same_day():
    bench = Bench()
    bench.feed([*ADVICE, reached("2026-11-13"), reached("2026-11-14")])
    mine = [(a["threshold"], a["state"], a["reason"], a["since"]) for a in bench.alerts if a["audience"] == SERVICE]
    assert mine == [
        ("due-soon", "open", None, "2026-10-29"),
        ("due-soon", "cleared", "overdue", "2026-11-14"),
        ("overdue", "open", None, "2026-11-14"),
    ]


def test_a_group_is_due_soon_as_long_as_one_of_it_is():
    other = asked("2026-10-06", "ADV-2", service="occupational-therapy")  # due 17 November
    for day, expected in (("2026-11-14", ["due-soon", "overdue"]), ("2026-11-18", ["overdue"])):
        found = to(OFFICER, on_day([*ADVICE, other], day))
        assert sorted(alert["threshold"] for alert in found) == expected


def test_reopening_is_the_next_number_and_the_same_day_is_not():
    back = about_advice("advice.returned", "2026-12-01")
    facts = [*ADVICE, received("2026-11-20"), back]
    ids = {alert["threshold"]: alert["id"] for alert in to(SERVICE, on_day(facts, "2026-12-01"))}
    about = deadlines(on_day(facts, "2026-12-01"))["advice-6w ADV-1"]["id"]
    assert ids["overdue"] == digest(about, "overdue", SERVICE, 2)
    same_day = [*ADVICE, received("2026-11-13"), about_advice("advice.returned", "2026-11-13", received="2026-11-14")]
    ids = {alert["threshold"]: alert["id"] for alert in to(SERVICE, on_day(same_day, "2026-11-14"))}
    assert ids["overdue"] == digest(about, "overdue", SERVICE, 1)
    assert "due-soon" not in ids  # what is late already when it is open again is told once


def test_case_52_a_date_corrected_backwards_raises_one_alert_marked_as_a_correction():
    facts = [requested("2026-09-01"), requested("2026-07-01", version=2, received="2026-09-10")]
    by_clock = {
        value["id"]: clock
        for clock, value in deadlines(on_day(facts, "2026-09-10")).items()
        if value["state"] == "overdue"
    }
    overdue = [alert for alert in on_day(facts, "2026-09-20").alerts if alert["threshold"] == "overdue"]
    assert [by_clock[alert["about"]] for alert in overdue] == ["assessment-decision-6w"]
    assert [(alert["caused_by"], alert["since"]) for alert in overdue] == [("correction", date(2026, 9, 10))]
    about = [alert["threshold"] for alert in on_day(facts, "2026-09-20").alerts if by_clock.get(alert["about"])]
    assert about == ["overdue"]  # not due soon as well: it is late


def test_a_late_fact_that_makes_something_late_is_a_change():
    late = asked("2026-10-02", received="2026-11-02")
    (alert,) = to(SERVICE, on_day([REQUEST, ASSESS, late], "2026-11-02"))
    assert (alert["threshold"], alert["caused_by"]) == ("due-soon", "change")


def test_what_is_overdue_when_first_seen_is_standing_and_raises_nothing():
    old = requested("2026-01-05", received="2026-09-01")
    assert on_day([old], "2026-09-01").alerts == []
    found = on_day([old], "2026-09-01", LAW)
    assert [deadline.standing for deadline in found.deadlines] == [True, True, False]
    assert found.record["standing"] == 2
    done = about_request("plan.issued", "2026-09-05", data={})
    assert on_day([old, done], "2026-09-06", LAW).record["standing"] == 1


def test_what_was_standing_and_is_corrected_to_be_in_time_is_a_deadline_like_any_other():
    old = requested("2026-01-05", received="2026-09-01")
    right = requested("2026-08-05", version=2, received="2026-09-03")
    found = on_day([old, right], "2026-09-20", LAW)
    assert ("overdue", "coordinator") in alerts(found)
    assert found.record["standing"] == 0


LIVE = Policy(
    Sources(sources=(Source(id=COUNCIL, kind="council", area="825", live_from=date(2026, 11, 1)),)), rules=LAW.rules
)


def test_before_a_source_is_live_nothing_is_raised_and_what_is_late_then_is_standing():
    facts = [
        requested("2026-09-01", received="2026-10-01")
    ]  # decision due 13 October: overdue before the source is live
    assert alerts(on_day(facts, "2026-10-20", LIVE)) == []
    found = on_day(facts, "2026-11-01", LIVE)
    assert alerts(found) == []
    assert found.record["standing"] == 1
    assert on_day(facts, "2026-10-20", LIVE).next_on <= date(2026, 11, 1)


def test_what_is_due_soon_when_a_source_goes_live_is_marked_as_import():
    (alert,) = on_day([requested("2026-09-24", received="2026-10-05")], "2026-11-02", LIVE).alerts
    assert (alert["threshold"], alert["caused_by"], alert["since"]) == ("due-soon", "import", date(2026, 11, 1))


def test_the_first_import_of_old_cases_is_quiet():
    bench = Bench(LAW)
    facts = []
    for n in range(50):
        start = requested(f"2025-0{n % 9 + 1}-03", f"REQ-{n}", received="2026-09-01")
        late = asked("2025-10-01", f"ADV-{n}", f"REQ-{n}", received="2026-09-01")
        facts += [start | {"child_id": f"chd-{n}"}, late | {"child_id": f"chd-{n}"}]
    bench.feed([*facts, reached("2026-09-01"), reached("2026-09-30")])
    assert bench.alerts == []
    assert {value["standing"] for value in bench.topics["hub.children"].values()} == {3}


ISSUED = about_request("plan.issued", "2026-11-10")


def test_advice_after_the_plan_alerts_until_the_plan_is_amended_or_kept():
    facts = [*ADVICE, ISSUED, received("2026-11-12")]
    (alert,) = on_day(facts, "2026-11-12").alerts
    assert (alert["threshold"], alert["audience"], alert["child_id"]) == ("advice-after-plan", "coordinator", CHILD)
    for change in ("amended", "none"):
        assert (
            alerts(on_day([*facts, about_request("plan.amended", "2026-12-01", data={"change": change})], "2026-12-01"))
            == []
        )
    bench = Bench()
    bench.feed([*facts, about_request("plan.amended", "2026-12-01")])
    bench.feed([reached("2026-12-02")])
    assert bench.open_alerts() == {}


def test_advice_on_the_day_of_the_plan_or_before_is_not_after_it():
    assert alerts(on_day([*ADVICE, ISSUED, received("2026-11-10")], "2026-11-12")) == []


def test_advice_that_had_come_after_the_plan_when_first_seen_is_old_news():
    facts = [value | {"received_at": "2026-12-01T09:00:00Z"} for value in [*ADVICE, ISSUED, received("2026-11-12")]]
    assert alerts(on_day(facts, "2026-12-05")) == []


def test_an_informal_death_holds_alerts_and_ends_no_clock():
    informal = fact("child.died", "2026-11-20", "P", data={"notice": "informal"})
    found = on_day([*ADVICE, informal], "2026-12-01")
    assert alerts(found) == []
    assert deadlines(found)["advice-6w ADV-1"]["state"] == "overdue"


def test_an_alert_carries_references_dates_service_and_state_only():
    (alert,) = to(OFFICER, on_day(ADVICE, "2026-11-10"))
    assert set(alert) == {
        "id", "child_id", "about", "deadline", "threshold", "audience", "state", "reason", "since", "caused_by",
        "severity", "service", "area", "case_reference", "due_on", "act_by",
    }  # fmt: skip
    assert alert["service"] == "speech-and-language"
