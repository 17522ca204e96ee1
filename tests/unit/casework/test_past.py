"""What is kept of days gone by, and how little has to be walked through again for a fact that comes late."""

from datetime import date, timedelta

import pytest

from hub.core.casework import evaluate as evaluating
from hub.core.casework.history import History
from hub.core.casework.memory import Memory, dump, load
from hub.core.casework.past import MARKS, NO_PAST, Past
from hub.core.facts.fact import read_fact

from .facts import CHILD, LAW, about_advice, asked, requested

FIRST = date(2026, 1, 1)
DAYS = 120


def on(number: int) -> str:
    return (FIRST + timedelta(days=number)).isoformat()


FACTS = [requested(on(0)), asked(on(1)), *(about_advice("advice.acknowledged", on(n)) for n in range(2, DAYS))]
"""One for each day."""


def told(memory: Memory, value: dict) -> None:
    fact = read_fact(value)
    assert memory.add(fact)
    memory.evaluate(CHILD, max(fact.received_on, memory.day or date.min), fact.received_on, LAW)


def in_order(values) -> Memory:
    memory = Memory()
    for value in values:
        told(memory, value)
    return memory


@pytest.fixture
def looked_at(monkeypatch) -> list[date]:
    """The days on which the child was looked at."""
    days, view_of = [], evaluating.view_of
    monkeypatch.setattr(
        evaluating, "view_of", lambda facts, day, policy: days.append(day) or view_of(facts, day, policy)
    )
    return days


@pytest.mark.parametrize("late", [1, 4, 5, 31, 32])
def test_a_fact_that_comes_late_makes_the_days_since_be_walked_and_few_more(looked_at, late):
    place = DAYS - 1 - late
    memory = load(dump(in_order(FACTS[:place] + FACTS[place + 1 :])))
    looked_at.clear()
    told(memory, FACTS[place])
    width = next(width for width in MARKS if width >= late)
    assert late < len(looked_at) <= 2 * width + 1
    assert looked_at == [FIRST + timedelta(days=n) for n in range(DAYS - len(looked_at), DAYS)]
    assert (memory.past, memory.now) == (in_order(FACTS).past, in_order(FACTS).now)


def test_a_fact_of_a_later_day_makes_no_day_be_walked_again(looked_at):
    memory = in_order(FACTS[:-1])
    looked_at.clear()
    told(memory, FACTS[-1])
    assert looked_at == [FIRST + timedelta(days=DAYS - 1)]


def test_little_is_kept_of_many_days():
    memory = in_order(FACTS)
    assert len(memory.past.kept) <= 2 * len(MARKS)
    kept = [(memory.day - history.day).days for history in memory.past.kept]
    assert kept[-1] == 1
    for width in MARKS[:2]:
        assert any(width < back <= 2 * width for back in kept)


def a_day(number: int) -> History:
    return History(FIRST + timedelta(days=number), None, {}, {})


def test_what_is_kept_depends_on_the_day_looked_at_and_not_on_the_way_there():
    day = FIRST + timedelta(days=400)
    at_once = NO_PAST.seen_from(day, *map(a_day, range(400)))
    step_by_step = NO_PAST
    for number in range(400):
        step_by_step = step_by_step.seen_from(FIRST + timedelta(days=number + 1), a_day(number))
    again = at_once.before(FIRST + timedelta(days=300))
    again = again.seen_from(day, *map(a_day, range((again.last.day - FIRST).days + 1, 400)))
    assert at_once == step_by_step == again
    assert Past((a_day(3),)).seen_from(day) == Past((a_day(3),))
