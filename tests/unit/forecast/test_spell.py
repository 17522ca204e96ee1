"""What the forecast is told of an advice request, and what not."""

from dataclasses import fields
from datetime import date

import pytest

from hub.core.forecast.spell import AdviceRequest, Spell, loaded, request_of, requests_of
from tests.unit.casework.facts import CHILD, about_advice, about_request, asked, on_day, requested
from tests.unit.forecast.spells import MONDAY, request, spell

START = [requested("2026-02-01"), asked("2026-02-02")]


def requests(facts, day: str, known_at: str | None = None) -> list[AdviceRequest]:
    evaluation = on_day(facts, day, known_at=known_at)
    return requests_of([(CHILD, deadline) for deadline in evaluation.deadlines], evaluation.day)


def only(facts, day: str, known_at: str | None = None) -> Spell:
    (found,) = requests(facts, day, known_at)
    return found.spell


def test_an_open_request_is_looked_at_up_to_the_day():
    (found,) = requests(START, "2026-02-20")
    assert (found.due_on, found.running) == (date(2026, 3, 16), True)
    assert found.spell == Spell(
        "speech-and-language", date(2026, 2, 2), date(2026, 2, 2), date(2026, 2, 20), "open", load=0
    )


def test_it_stays_open_when_it_is_late_but_runs_no_longer():
    (found,) = requests(START, "2026-03-17")
    assert (found.running, found.spell.ending, found.spell.until) == (False, "open", date(2026, 3, 17))


@pytest.mark.parametrize(
    ("fact", "ending"),
    [
        (about_advice("advice.received", "2026-03-01"), "arrived"),
        (about_advice("advice.received", "2026-03-01", data={"not_known": True}), "closed"),
        (
            about_advice(
                "advice.declined", "2026-03-01", data={"ground": "incompatible-with-duties", "reasons_given": True}
            ),
            "closed",
        ),
        (about_advice("advice.cancelled", "2026-03-01"), "gone"),
        (about_request("assessment.withdrawn", "2026-03-01"), "gone"),
        (about_request("assessment.decided", "2026-03-01", data={"outcome": "refuse"}), "gone"),
    ],
)
def test_how_it_ends(fact, ending):
    found = only([*START, fact], "2026-04-01")
    assert (found.ending, found.until) == (ending, date(2026, 3, 1))


def test_what_ended_before_it_started_did_not_end_it():
    """A refusal, then an order, then advice: the advice is cancelled later, not ended by the refusal before it."""
    refused = about_request("assessment.decided", "2026-01-20", data={"outcome": "refuse"})
    cancelled = about_advice("advice.cancelled", "2026-03-01")
    found = only([requested("2026-01-02"), refused, asked("2026-02-02"), cancelled], "2026-04-01")
    assert (found.ending, found.until) == ("gone", date(2026, 3, 1))


def test_advice_sent_back_is_open_again():
    back = [about_advice("advice.received", "2026-03-01"), about_advice("advice.returned", "2026-03-04")]
    assert only([*START, *back], "2026-03-03").ending == "arrived"
    assert only([*START, *back], "2026-03-10").ending == "open"


def test_it_is_watched_from_the_day_the_hub_heard_of_it():
    late = [requested("2026-02-01"), asked("2026-02-02", received="2026-02-09")]
    assert only(late, "2026-02-20").seen_on == date(2026, 2, 9)


def test_told_on_is_the_day_the_hub_heard_of_the_arrival():
    told = about_advice("advice.received", "2026-03-01", received="2026-03-06")
    assert only([*START, told], "2026-03-05").ending == "open"
    assert only([*START, told], "2026-03-06").told_on == date(2026, 3, 6)


def test_without_a_service_the_heading_stands_for_it():
    school = asked("2026-02-02", heading="education", service=None, asked={"role": "school"})
    assert only([START[0], school], "2026-02-20").service == "education"


def test_other_clocks_are_no_advice():
    evaluation = on_day(START, "2026-02-20")
    found = [request_of(deadline, evaluation.day) for deadline in evaluation.deadlines]
    assert len(found) > 1
    assert sum(one is not None for one in found) == 1


def test_repeats_and_order_of_deadlines_do_not_matter():
    facts = [*START, asked("2026-02-05", "ADV-2", service="occupational-therapy")]
    evaluation = on_day(facts, "2026-02-20")
    deadlines = [(CHILD, deadline) for deadline in evaluation.deadlines]
    assert requests_of([*reversed(deadlines), *deadlines], evaluation.day) == requests_of(deadlines, evaluation.day)
    assert len(requests_of(deadlines * 2, evaluation.day)) == 2


def test_the_load_counts_the_services_own_requests_that_ran_at_the_start():
    spells = [
        spell(10, start=MONDAY),
        spell(30, start=MONDAY.replace(day=4)),
        spell(60, "open", start=MONDAY.replace(day=20)),
        spell(5, start=MONDAY, service="audiology"),
    ]
    found = loaded([request(str(number), one) for number, one in enumerate(spells)])
    assert [one.spell.load for one in found] == [0, 1, 1, 0]


def test_nothing_of_the_child_is_in_a_spell():
    """The whole of what a forecast may use: service, dates, load. A new field needs a new decision."""
    names = {field.name for field in fields(Spell)}
    assert names == {"service", "starts_on", "seen_on", "until", "ending", "load", "told_on"}
