"""What the alert would have done."""

from dataclasses import replace
from datetime import date, timedelta

from hub.core.forecast.likely_late import LikelyLate
from hub.core.forecast.thresholds import Watch, watches, worth
from tests.unit.forecast.spells import MONDAY, mixed, model_of, request, spell

POLICY = LikelyLate(below=0.25, working_days=5, history_least=30)
LAST = date(2026, 8, 31)
SLOW = replace(model_of(mixed(2, 48)), as_of=MONDAY - timedelta(days=2))
EVEN = replace(model_of([spell(days) for days in (6, 10, 20, 30, 35, 40, 60, 70, 80, 90)] * 5), as_of=SLOW.as_of)


def watched(*spells, model=SLOW) -> list[Watch]:
    return watches([request(str(n), one) for n, one in enumerate(spells)], [model], LAST, POLICY)


def test_right_wrong_and_missed():
    late, in_time = watched(spell(60), spell(40))
    assert (late.late, in_time.late) == (True, False)
    assert late.working_days_left == in_time.working_days_left == 30
    assert worth([late, in_time]) == (2, 1, 2, 0.5, 1.0, 30)
    assert worth([Watch("a", True, None)]) == (1, 1, 0, None, 0.0, None)
    assert worth([]) == (0, 0, 0, None, None, None)


def test_what_came_before_the_chance_fell_never_alerted():
    early, late = watched(spell(6), spell(60), model=EVEN)
    assert early.working_days_left is None
    assert 5 <= late.working_days_left < 30


def test_what_nobody_can_judge_is_left_out():
    assert watched(spell(30, "gone"), spell(30, "closed"), spell(60, start=date(2026, 8, 20)), spell(60, seen=43)) == []
    assert watched(spell(60, start=MONDAY - timedelta(days=3))) == []
    assert [watch.late for watch in watched(spell(60, "gone"))] == [True]
