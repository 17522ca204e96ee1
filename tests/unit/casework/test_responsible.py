"""A change of practice or address: who must act follows from dated facts, and no open request loses its due date."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest

from hub.core.casework.policy import Policy
from schemas.sources import Source, Sources

from .facts import COUNCIL, LAW, SOURCES, TRUST, about_advice, asked, deadlines, fact, on_day, requested
from .stage import Bench, reached

NEIGHBOUR = "other-council:931:2026"
BOTH = Policy(
    Sources(sources=(*SOURCES.sources, Source(id=NEIGHBOUR, kind="council", area="931", creates_children=True))),
    rules=LAW.rules,
)
REQUEST = requested("2026-01-05")
OPEN = asked("2026-02-16", asked={"role": "icb"})  # whichever ICB is the child's; due 30 March
ADVICE = "advice-6w ADV-1"


def commissioner(on: str, ods: str | None, record: str = "C", why: str = "gp", **fields: Any) -> dict[str, Any]:
    return fact("commissioner.set", on, record, data={"ods": ods, "why": why}, **fields)


def icb(facts: list[dict[str, Any]], day: str) -> tuple[str | None, date]:
    value = deadlines(on_day(facts, day, LAW))[ADVICE]
    return value["responsible"]["ods"], value["due_on"]


@pytest.mark.parametrize("why", ["gp", "move"])
def test_a_new_practice_or_address_changes_the_icb_from_its_day_on_and_no_due_date(why):
    facts = [REQUEST, OPEN, commissioner("2026-03-02", "QHL", why=why)]
    assert icb(facts, "2026-03-01") == ("QU9", date(2026, 3, 30))
    assert icb(facts, "2026-03-02") == ("QHL", date(2026, 3, 30))
    assert on_day(facts, "2026-03-02", LAW).record["commissioner"] == {
        "ods": "QHL",
        "since": date(2026, 3, 2),
        "why": why,
        "assumed": False,
    }


def test_it_is_the_day_that_counts_and_not_the_order_in_which_the_changes_come():
    changes = [commissioner("2026-02-20", "QHL", "A"), commissioner("2026-03-02", "QNQ", "B", received="2026-03-01")]
    for facts in permutations([REQUEST, OPEN, *changes]):
        assert icb(list(facts), "2026-03-10")[0] == "QNQ"
        assert icb(list(facts), "2026-02-25")[0] == "QHL"


def test_a_change_told_late_holds_from_its_own_day():
    late = commissioner("2026-02-20", "QHL", received="2026-03-20")
    assert icb([REQUEST, OPEN, late], "2026-03-19")[0] == "QU9"
    assert icb([REQUEST, OPEN, late], "2026-03-20")[0] == "QHL"


@pytest.mark.parametrize("records", [("A", "B"), ("B", "A")])
def test_a_registration_told_twice_blank_first_is_one_change(records):
    blank, code = (commissioner("2026-03-02", ods, record) for ods, record in zip((None, "QHL"), records, strict=True))
    assert icb([REQUEST, OPEN, blank], "2026-03-03")[0] == "QU9"
    assert icb([REQUEST, OPEN, blank, code], "2026-03-03")[0] == "QHL"


def test_an_answer_before_the_change_stays_the_former_icbs():
    answer = about_advice("advice.received", "2026-02-25")
    facts = [REQUEST, OPEN, answer, commissioner("2026-03-02", "QHL")]
    value = deadlines(on_day(facts, "2026-03-10", LAW))[ADVICE]
    assert (value["state"], value["responsible"]["ods"]) == ("met", "QU9")


def test_the_body_named_when_it_was_asked_stays_responsible_until_it_is_passed_on():
    named = asked("2026-02-16")
    value = deadlines(on_day([REQUEST, named, commissioner("2026-03-02", "QHL")], "2026-03-10", LAW))[ADVICE]
    assert (value["responsible"]["ods"], value["due_on"]) == ("QU9", date(2026, 3, 30))


def test_nobody_is_told_anew_because_the_icb_changed():
    bench = Bench(LAW)
    bench.feed([REQUEST, OPEN, reached("2026-03-20")])
    standing, before = bench.open_alerts(), len(bench.alerts)
    assert standing
    bench.feed([commissioner("2026-03-21", "QHL"), reached("2026-03-22")])
    assert (bench.open_alerts(), len(bench.alerts)) == (standing, before)


def test_cases_28_and_32_a_move_ends_the_case_here_and_the_new_area_has_its_own_clock():
    moved = fact("child.moved", "2026-02-20", "M", data={"to_area": "931"})
    there = requested("2026-02-25", "R-9", source=NEIGHBOUR)
    found = on_day([REQUEST, OPEN, moved, there], "2026-03-01", BOTH)
    assert [(case["area"], case["outcome"]) for case in found.record["cases"]] == [
        ("825", "moved-away"),
        ("931", "open"),
    ]
    assert (found.record["area"], found.record["received_on"]) == ("931", date(2026, 2, 25))
    running = [deadline for deadline in found.deadlines if deadline.state == "running"]
    assert {deadline.subject.area for deadline in running} == {"931"}
    assert {deadline.starts_on for deadline in running} >= {date(2026, 2, 25)}


def test_case_33_a_move_within_the_area_changes_neither_area_nor_clock():
    moved = fact("child.moved", "2026-02-20", "M", data={"to_area": "825"})
    value = deadlines(on_day([REQUEST, OPEN, moved], "2026-03-01", LAW))[ADVICE]
    assert (value["state"], value["area"], value["due_on"]) == ("running", "825", date(2026, 3, 30))


def test_of_two_sources_the_one_with_precedence_is_believed_about_one_day():
    said = [commissioner("2026-03-02", "QNQ", source=TRUST), commissioner("2026-03-02", "QHL", source=COUNCIL)]
    assert icb([REQUEST, OPEN, *said], "2026-03-03")[0] == "QHL"
