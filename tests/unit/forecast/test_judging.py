"""The judge: what it counts, what it leaves out, and that it does not look ahead."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from math import log

import pytest

from hub.core.forecast.judging import Forecasted, base_rates, calibration, judge, score
from hub.core.forecast.model import Settings, chance_by, fit
from hub.core.forecast.spell import AdviceRequest
from tests.unit.forecast.spells import MONDAY, request, spell

ORIGIN = date(2026, 5, 31)
LAST = date(2026, 8, 31)
SETTINGS = Settings(window=0, own_least=1, at_risk_least=1)


def made(chance: float, came: bool, base: float = 0.5) -> Forecasted:
    return Forecasted(ORIGIN, "audiology", 7, chance, base, came)


def world(lives: Iterable[AdviceRequest]) -> Callable[[date], list[AdviceRequest]]:
    """What is known by the end of a day of requests whose whole life is given: what is told late, later."""

    def known(day: date) -> list[AdviceRequest]:
        found = []
        for life in lives:
            one = life.spell
            if one.seen_on > day:
                continue
            if one.ending == "open" or (one.told_on or one.until) > day:
                one = replace(one, ending="open", until=day, told_on=None)
            found.append(AdviceRequest(life.id, life.due_on, one.ending == "open" and day <= life.due_on, one))
        return found

    return known


def history(number: int = 40) -> list[AdviceRequest]:
    """Started in February: half come in the fifth week, half in the twelfth."""
    return [request(f"old-{n}", spell(33 if n % 2 else 80, start=MONDAY + timedelta(days=n))) for n in range(number)]


def running(ending="arrived", days: int = 40, id_: str = "new", **options) -> AdviceRequest:
    return request(id_, spell(days, ending, start=date(2026, 5, 11), **options))


def test_scores_worked_by_hand():
    found = score([made(0.8, True, 0.6), made(0.4, False, 0.6)])
    assert found.brier == pytest.approx((0.04 + 0.16) / 2)
    assert found.base_brier == pytest.approx((0.16 + 0.36) / 2)
    assert found.skill == pytest.approx(1 - 0.1 / 0.26)
    assert found.log_loss == pytest.approx(-(log(0.8) + log(0.6)) / 2)
    assert score([]) is None
    assert score([made(0.0, True)]).log_loss == pytest.approx(-log(0.001))


def test_calibration_worked_by_hand():
    low, high = calibration([made(0.12, True), made(0.18, False), made(1.0, True)])
    assert low == (0.1, 0.2, 2, pytest.approx(0.15), 0.5)
    assert high == (0.9, 1.0, 1, 1.0, 1.0)


def test_the_base_rate_is_the_services_share_on_time():
    requests = [
        *(request(f"a{n}", spell(20)) for n in range(3)),
        request("late", spell(50)),
        request("open", spell(90, "open")),
        request("gone", spell(9, "gone")),
        request("gone after", spell(60, "gone")),
        request("heard of when over", spell(20, seen=20)),
        request("heard of when late", spell(90, seen=43)),
        request("not yet due", spell(20, start=ORIGIN)),
        request("other", spell(20, service="audiology")),
    ]
    rates = base_rates(requests, ORIGIN, None)
    assert rates == {"speech-and-language": pytest.approx(3 / 6), "": pytest.approx(4 / 7), "audiology": 1.0}
    assert base_rates(requests, ORIGIN, MONDAY + timedelta(days=43)) == {}


def test_what_ran_at_the_origin_is_forecast_and_held_against_what_happened():
    judged = judge(world([*history(), running(), running(days=50, id_="late")]), [ORIGIN], LAST, SETTINGS)
    came, late = sorted(judged.forecasts, key=lambda one: not one.came)
    assert (came.came, late.came) == (True, False)
    assert came.chance == late.chance
    assert came.base == pytest.approx(0.5)
    assert came.waited == 20
    assert judged.left_out == {"gone": 0, "closed": 0, "not yet due": 0, "no forecast": 0}


def test_what_is_over_or_late_or_unheard_of_at_the_origin_is_not_forecast():
    over = [running(days=10), running(days=40, id_="unheard", seen=30)]
    late = request("late", spell(90, start=ORIGIN - timedelta(days=42)))
    assert judge(world([*history(), *over, late]), [ORIGIN], LAST, SETTINGS).forecasts == ()


def test_what_had_come_but_was_not_told_counts_as_come():
    (one,) = judge(world([*history(), running(days=18, told=5)]), [ORIGIN], LAST, SETTINGS).forecasts
    assert one.came


@pytest.mark.parametrize(
    ("life", "last", "why"),
    [
        (running("gone", 30), LAST, "gone"),
        (running("closed", 30), LAST, "closed"),
        (running("open", 60), ORIGIN + timedelta(days=7), "not yet due"),
    ],
)
def test_what_has_no_answer_is_left_out_and_counted(life, last, why):
    judged = judge(world([*history(), life]), [ORIGIN], last, SETTINGS)
    assert judged.forecasts == ()
    assert judged.left_out[why] == 1


def test_what_ended_otherwise_after_its_date_was_late():
    (one,) = judge(world([*history(), running("gone", 60)]), [ORIGIN], LAST, SETTINGS).forecasts
    assert not one.came


def test_without_history_there_is_no_forecast():
    judged = judge(world([running()]), [ORIGIN], LAST)
    assert judged.left_out["no forecast"] == 1


def test_the_future_does_not_reach_the_forecast():
    """The same past with another future gives the same chances."""
    futures = [[running(days=days, id_=f"n{n}") for n in range(9)] for days in (25, 41, 300)]
    found = [judge(world([*history(), *future]), [ORIGIN], LAST, SETTINGS) for future in futures]
    assert len({tuple(one.chance for one in judged.forecasts) for judged in found}) == 1
    assert len({tuple(one.came for one in judged.forecasts) for judged in found}) == 2
    at_origin = world([*history(), *futures[0]])(ORIGIN)
    model = fit((one.spell for one in at_origin), ORIGIN, SETTINGS)
    (last,) = {one.chance for one in found[0].forecasts}
    assert last == chance_by(model, at_origin[-1].spell, at_origin[-1].due_on, ORIGIN)


def test_each_origin_has_its_model_once():
    judged = judge(world(history()), [ORIGIN, date(2026, 4, 30), ORIGIN], LAST, SETTINGS)
    assert [model.as_of for model in judged.models] == [date(2026, 4, 30), ORIGIN]
