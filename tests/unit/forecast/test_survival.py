"""The estimator, by examples worked by hand."""

from datetime import date, timedelta
from random import Random

import pytest

from hub.core.forecast.seasons import CHRISTMAS, SUMMER, TERM, next_turn, season_of
from hub.core.forecast.survival import Curve, count, delays, estimate, shrink
from tests.unit.forecast.spells import MONDAY, spell


def daily(spells, **options) -> Curve:
    return estimate(count(spells, **options), at_risk_least=1, strength=1.0)


def test_kaplan_meier_worked_by_hand():
    """At risk on day 2: six, one comes. Day 3: five, one comes, one is censored after it. Day 5: three, two come, and
    the one that is censored that day is at risk. So S = 5/6, 5/6 x 4/5 = 2/3, 2/3 x 1/3 = 2/9."""
    curve = daily([spell(2), spell(3), spell(3, "gone"), spell(5), spell(5), spell(5, "open")])
    assert curve.survival(MONDAY, 9) == pytest.approx([1, 1, 5 / 6, 2 / 3, 2 / 3, 2 / 9], abs=1e-5)
    assert curve.chances(MONDAY, 5) == pytest.approx([7 / 9, 7 / 9, 11 / 15, 2 / 3, 2 / 3, 0], abs=1e-5)


def test_left_truncation_worked_by_hand():
    """Seen after 3 days, one is at risk from day 4 on. Day 2: two at risk, one comes; day 5: two at risk, one comes."""
    curve = daily([spell(2), spell(5), spell(9, "open", seen=3)])
    assert curve.survival(MONDAY, 5) == pytest.approx([1, 1, 1 / 2, 1 / 2, 1 / 2, 1 / 4])


@pytest.mark.parametrize("seen", [5, 6, 60])
def test_what_had_ended_when_it_was_first_heard_of_counts_for_nothing(seen):
    others = [spell(2), spell(7), spell(9, "open")]
    assert count([*others, spell(5, seen=seen)]) == count(others)


def test_a_window_counts_only_its_own_days():
    """From day 4 of the wait on there are two; one of them comes on day 6. What came on day 2 is not seen."""
    curve = count([spell(2), spell(6), spell(8, "open")], since=MONDAY + timedelta(days=4))
    assert curve.n == 2
    assert (curve.waiting[TERM], curve.arrivals[TERM]) == ((0, 0, 0, 2, 2, 2, 1, 1), (0, 0, 0, 0, 0, 1, 0, 0))


def test_what_comes_on_the_very_day_has_taken_one_day():
    assert daily([spell(0), spell(9, "open")]).survival(MONDAY, 1) == pytest.approx([1, 1 / 2])


def test_what_ended_otherwise_on_the_very_day_was_never_at_risk():
    assert count([spell(0, "gone")]).n == 0


def test_history_shows_no_more_than_enough_waited_for():
    counts = count([spell(30, "open") for _ in range(9)] + [spell(14, "open")])
    assert estimate(counts, at_risk_least=10, strength=1.0).horizon == 14
    assert estimate(counts, at_risk_least=9, strength=1.0).horizon == 30


def test_beyond_the_horizon_nothing_is_said():
    curve = Curve((0.1,) * 10)
    assert curve.chances(MONDAY, 11) == []
    assert curve.median(MONDAY, 10) is None


def test_the_median_of_those_that_still_wait():
    curve = Curve((0.0, 0.5, 0.0, 0.5, 0.5))
    assert [curve.median(MONDAY, waited) for waited in range(6)] == [2, 2, 4, 4, 5, None]
    assert Curve((0.1,) * 3).median(MONDAY, 0) is None
    assert Curve((1.0, 0.5)).median(MONDAY, 1) is None


def test_no_counts_give_the_other_curve():
    other = Curve((0.01, 0.2, 0.05), (1.0, 0.5, 2.0))
    assert shrink(count([]), other, strength=3.0) == other


def test_few_counts_pull_a_little_and_many_pull_all_the_way():
    other = Curve((0.001,) * 56)
    curves = [shrink(count([spell(20)] * number), other, 3.0) for number in (0, 1, 5, 50)]
    by_number = [curve.survival(MONDAY, 20)[-1] for curve in curves]
    assert by_number == sorted(by_number, reverse=True)
    assert by_number[0] > 0.95
    assert by_number[-1] < 0.5


def test_seasons_turn_on_their_days():
    days = {date(2026, 7, 21): TERM, date(2026, 7, 22): SUMMER, date(2026, 8, 31): SUMMER, date(2026, 9, 1): TERM}
    days |= {date(2026, 12, 19): TERM, date(2026, 12, 20): CHRISTMAS, date(2027, 1, 2): CHRISTMAS}
    assert {day: season_of(day) for day in days} == days
    assert next_turn(date(2026, 7, 21)) == date(2026, 7, 22)
    assert next_turn(date(2026, 12, 20)) == date(2027, 1, 1)


def test_a_slow_summer_is_learnt_and_foretold():
    rng, spells = Random(1), []
    for number in range(4000):
        start, days = date(2025, 1, 1) + timedelta(days=number % 560), 0
        while days < 200:
            days += 1
            pace = 0.2 if season_of(start + timedelta(days=days)) == SUMMER else 1.0
            if rng.random() < 0.03 * pace:
                break
        spells.append(spell(days, "arrived" if days < 200 else "open", start=start))
    curve = estimate(count(spells), at_risk_least=10, strength=3.0)
    assert curve.seasons[TERM] == 1.0
    assert curve.seasons[SUMMER] == pytest.approx(0.2, abs=0.03)
    assert sum(curve.hazards[:60]) / 60 == pytest.approx(0.03, abs=0.002)
    term, summer = (curve.chances(date(2026, month, 18), 42)[0] for month in (4, 7))
    assert term == pytest.approx(1 - 0.97**42, abs=0.05)
    assert summer < term / 2


def test_a_season_that_history_has_not_seen_is_as_term():
    assert daily([spell(2), spell(5)]).seasons == (1.0, 1.0, 1.0)


def test_delays_are_those_of_arrivals_that_were_watched():
    spells = [spell(20, told=0), spell(20, told=0), spell(20, told=2), spell(20, told=3)]
    noise = [spell(20, "open"), spell(20, told=200), spell(20, seen=20, told=9)]
    assert delays([*spells, *noise]) == pytest.approx((0.5, 0.5, 0.25))
    assert delays([spell(20, told=0)]) == delays([]) == ()


def test_silence_means_less_when_news_is_slow():
    """Half come on each day. With nothing heard on day 1 and all told a day late, nothing is known yet."""
    curve = Curve((0.5, 0.5, 0.5))
    assert curve.chances(MONDAY, 3) == pytest.approx([7 / 8, 3 / 4, 1 / 2, 0])
    assert curve.chances(MONDAY, 3, untold=(1.0,)) == pytest.approx([7 / 8, 7 / 8, 3 / 4, 1 / 2])


def test_a_naive_mean_is_biased_by_censoring_and_this_is_not():
    """Waits of 100 days on average, looked at within 60: the completed ones took 27 days on average, and the share
    within 42 days would be 76% among them. The truth is 34%."""
    rng, spells = Random(7), []
    for _ in range(20_000):
        wait, looked_at = 1 + int(rng.expovariate(1 / 100)), rng.randint(1, 60)
        ended = wait <= looked_at
        spells.append(spell(min(wait, looked_at), "arrived" if ended else "open"))
    completed = [one.age(one.until) for one in spells if one.ending == "arrived"]
    naive = sum(wait <= 42 for wait in completed) / len(completed)
    truth = 1 - 2.718281828 ** (-42 / 100)
    assert naive > truth + 0.3
    assert daily(spells).chances(MONDAY, 42)[0] == pytest.approx(truth, abs=0.02)


def test_starting_with_a_backlog_is_biased_unless_truncation_is_counted():
    """A source goes live, and the hub hears at once of all that still wait: the long ones. The truth is 34%."""
    rng, live, spells, known_whole = Random(7), 400, [], []
    for _ in range(20_000):
        began, wait = rng.randint(0, 460), 1 + int(rng.expovariate(1 / 100))
        ends, seen = began + wait, max(0, live - began)
        if ends > live:
            days = min(ends, 460) - began
            ending = "arrived" if ends <= 460 else "open"
            spells.append(spell(days, ending, start=MONDAY + timedelta(days=began - 460), seen=seen))
            known_whole.append(spell(days, ending, start=MONDAY + timedelta(days=began - 460)))
    truth = 1 - 2.718281828 ** (-42 / 100)
    only = {"at_risk_least": 1, "strength": 1000.0}
    counted = estimate(count(spells), **only)
    ignored = estimate(count(known_whole), **only)
    assert counted.chances(MONDAY, 42)[0] == pytest.approx(truth, abs=0.04)
    assert ignored.chances(MONDAY, 42)[0] < truth - 0.1


def test_counts_are_by_season_and_day_of_the_wait():
    found = count([spell(9, start=date(2026, 7, 15))])
    assert (found.waiting[TERM], found.waiting[SUMMER]) == ((1,) * 6 + (0,) * 3, (0,) * 6 + (1,) * 3)
    assert found.arrivals[SUMMER] == (0,) * 8 + (1,)
