"""When the alert stands, and when to look again."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from hub.core.forecast.likely_late import LikelyLate, likely_late_on, model_for, next_change
from hub.core.forecast.outlook import Outlook
from tests.unit.casework.facts import about_advice, asked, on_day, requested
from tests.unit.forecast.spells import MONDAY, THERAPY, mixed, model_of, spell

POLICY = LikelyLate(below=0.25, working_days=5, history_least=30)
DUE = MONDAY + timedelta(days=42)
LAST_CHANCE = date(2026, 3, 9)
"""Five working days before the Monday on which it is due."""

EVEN = model_of([spell(days) for days in (6, 10, 20, 30, 35, 40, 60, 70, 80, 90)] * 5)
"""A chance of six in ten at the start that has fallen below a quarter before the end."""

SLOW, QUICK = model_of(mixed(2, 48)), model_of(mixed(49, 1))


def stands(model, day: date, policy: LikelyLate = POLICY, due_on: date = DUE, seen: int = 0) -> bool:
    return likely_late_on(model, spell(0, "open", seen=seen), due_on, day, policy)


def changes(model, day: date, policy: LikelyLate = POLICY, seen: int = 0) -> date | None:
    return next_change(model, spell(0, "open", seen=seen), DUE, day, policy)


def test_a_slow_service_is_likely_late_from_the_start_to_the_due_date():
    assert stands(SLOW, MONDAY)
    assert stands(SLOW, DUE)
    assert not stands(SLOW, DUE + timedelta(days=1))
    assert not stands(SLOW, MONDAY - timedelta(days=1))


def test_a_quick_service_is_not_even_when_the_date_is_near():
    assert not any(stands(QUICK, MONDAY + timedelta(days=days)) for days in range(33))


def test_it_opens_when_the_chance_has_fallen_and_stays():
    days = [MONDAY + timedelta(days=days) for days in range(43)]
    standing = [stands(EVEN, day) for day in days]
    opened = standing.index(True)
    assert opened > 0
    assert days[opened] <= LAST_CHANCE
    assert all(standing[opened:])


def test_it_does_not_open_when_there_is_no_time_left_to_act():
    """In the last days before the date nearly everything is likely late: that is what `overdue` is for."""
    late = model_of([spell(40) for _ in range(40)] + [spell(80) for _ in range(10)])
    assert not any(stands(late, MONDAY + timedelta(days=days)) for days in range(43))
    assert stands(late, DUE, replace(POLICY, working_days=0))
    assert stands(SLOW, LAST_CHANCE, seen=(LAST_CHANCE - MONDAY).days)
    assert not stands(SLOW, DUE, seen=(LAST_CHANCE - MONDAY).days + 1)


def test_it_needs_enough_history_of_the_service_itself():
    few = model_of([*mixed(1, 28), *mixed(10, 90, "education")])
    assert not stands(few, MONDAY)
    assert stands(few, MONDAY, replace(POLICY, history_least=29))
    unknown = spell(0, "open", service="audiology")
    assert not likely_late_on(few, unknown, DUE, MONDAY, replace(POLICY, history_least=1))
    assert not stands(model_of([]), MONDAY, replace(POLICY, history_least=0))


@pytest.mark.parametrize("model", [SLOW, QUICK, EVEN], ids=["slow", "quick", "even"])
@pytest.mark.parametrize("seen", [0, 12, 39])
def test_next_change_is_the_day_on_which_the_answer_changes(model, seen):
    answers = [stands(model, MONDAY + timedelta(days=days), seen=seen) for days in range(60)]
    for today in range(50):
        later = [days for days in range(today + 1, 60) if answers[days] != answers[today]]
        expected = MONDAY + timedelta(days=later[0]) if later else None
        assert changes(model, MONDAY + timedelta(days=today), seen=seen) == expected


def test_each_request_keeps_to_the_model_of_its_own_time():
    models = [replace(SLOW, as_of=date(2026, month, 1)) for month in (1, 2, 3)]
    assert model_for(models, spell(0, "open")) == models[1]
    assert model_for(models, spell(0, "open", start=date(2026, 2, 1))) == models[0]
    assert model_for(models[2:], spell(0, "open")) is None


def test_the_outlook_answers_for_deadlines():
    outlook = Outlook((replace(SLOW, as_of=date(2026, 1, 31)),), POLICY)
    facts = [requested("2026-02-01"), asked("2026-02-02", service=THERAPY)]
    evaluation = on_day(facts, "2026-02-20")
    late = [deadline for deadline in evaluation.deadlines if outlook.likely_late(deadline, evaluation.day)]
    assert [deadline.rule.clock for deadline in late] == ["advice-6w"]
    assert outlook.next_change(late[0], evaluation.day) == DUE + timedelta(days=1)
    assert [outlook.next_change(deadline, evaluation.day) for deadline in evaluation.deadlines].count(None) == (
        len(evaluation.deadlines) - 1
    )


@pytest.mark.parametrize(
    ("day", "models"),
    [("2026-03-01", (SLOW,)), ("2026-03-17", (SLOW,)), ("2026-02-20", ())],
    ids=["met", "late", "none"],
)
def test_the_outlook_is_silent_of_what_is_over_and_without_a_model(day, models):
    outlook = Outlook(tuple(replace(model, as_of=date(2026, 1, 31)) for model in models), POLICY)
    facts = [requested("2026-02-01"), asked("2026-02-02", service=THERAPY)]
    if day == "2026-03-01":
        facts.append(about_advice("advice.received", "2026-02-25"))
    evaluation = on_day(facts, day)
    assert not any(outlook.likely_late(deadline, evaluation.day) for deadline in evaluation.deadlines)
    assert not any(outlook.next_change(deadline, evaluation.day) for deadline in evaluation.deadlines)
