"""The fitted model: whose waits it goes by, what it says, what it keeps."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from hub.core.forecast.model import EVERYBODY, NotAModel, Settings, fit, forecast, from_json, to_json
from tests.unit.forecast.spells import MONDAY, THERAPY, mixed, model_of, spell

DUE = MONDAY + timedelta(days=42)
OTHERS = mixed(30, 10, "education")


def asked(service: str = THERAPY, load: int | None = None):
    return spell(0, "open", service=service, load=load)


def test_a_service_is_judged_by_its_own_waits():
    model = model_of([*OTHERS, *mixed(5, 45)])
    slow, quick = (forecast(model, asked(name), DUE, MONDAY) for name in (THERAPY, "education"))
    assert slow.chance_by_due == pytest.approx(0.1, abs=0.06)
    assert quick.chance_by_due == pytest.approx(0.75, abs=0.06)
    assert (slow.basis, slow.n, quick.n) == ("service", 50, 40)
    assert quick.expected_on == MONDAY + timedelta(days=33)
    assert slow.expected_on > DUE


def test_the_chance_falls_while_nothing_comes_and_is_nought_after_the_date():
    model = model_of(mixed(30, 10))
    chances = [forecast(model, asked(), DUE, MONDAY + timedelta(days=days)).chance_by_due for days in range(50)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.7
    assert chances[36] == pytest.approx(0.0)
    assert chances[43:] == [0.0] * 7


@pytest.mark.parametrize("known", [0, 9])
def test_a_service_with_too_little_history_goes_by_all(known):
    model = model_of([*OTHERS, *mixed(0, known)], own_least=10)
    found = forecast(model, asked(), DUE, MONDAY)
    assert found == forecast(model, asked("never-heard-of"), DUE, MONDAY)
    assert (found.basis, found.n) == ("pooled", 40 + known)


def test_censoring_everything_before_it_is_watched_gives_the_pooled_forecast():
    unseen = [spell(0, ending) for ending in ("open", "gone", "closed")] * 20 + [spell(9, seen=9)] * 20
    assert forecast(model_of([*OTHERS, *unseen]), asked(), DUE, MONDAY) == forecast(
        model_of(OTHERS), asked(), DUE, MONDAY
    )


def test_without_history_nothing_is_said():
    found = forecast(model_of([]), asked(), DUE, MONDAY)
    assert (found.chance_by_due, found.expected_on, found.n) == (None, None, 0)


def test_a_late_request_still_has_an_expected_date():
    found = forecast(model_of(mixed(5, 45)), asked(), DUE, MONDAY + timedelta(days=60))
    assert found.chance_by_due == 0.0
    assert found.expected_on == MONDAY + timedelta(days=80)


def test_a_window_forgets():
    """The service was quick, and has been slow for the last half year."""
    before = [replace(one, starts_on=one.starts_on - timedelta(days=400)) for one in mixed(50, 0)]
    before = [replace(one, seen_on=one.starts_on, until=one.starts_on + timedelta(days=33)) for one in before]
    as_of = MONDAY + timedelta(days=140)
    chances = [
        forecast(fit([*before, *mixed(0, 50)], as_of, Settings(window=window)), asked(), DUE, MONDAY).chance_by_due
        for window in (183, 0)
    ]
    assert chances[0] < 0.1
    assert chances[1] > 0.4


def test_busy_times_have_a_curve_of_their_own_where_that_is_asked_for():
    spells = [replace(one, load=10) for one in mixed(40, 0)] + [replace(one, load=30) for one in mixed(0, 40)]
    plain, by_load = model_of(spells), model_of(spells, by_load=True)
    quiet, busy = (forecast(by_load, asked(load=load), DUE, MONDAY) for load in (10, 30))
    assert quiet.chance_by_due > 0.8
    assert busy.chance_by_due < 0.2
    assert forecast(by_load, asked(), DUE, MONDAY).n == 80
    assert forecast(plain, asked(load=10), DUE, MONDAY) == forecast(plain, asked(load=30), DUE, MONDAY)


def test_it_goes_through_json_unchanged():
    model = model_of([*OTHERS, *(replace(one, load=3, told_on=one.until) for one in mixed(5, 45))], by_load=True)
    assert from_json(json.loads(json.dumps(to_json(model)))) == model


def test_its_json_says_nothing_of_any_request():
    value = to_json(model_of([*OTHERS, *mixed(5, 45)]))
    assert set(value) == {"version", "as_of", "settings", "seasons", "loads", "untold", "groups"}
    assert [set(row) for row in value["groups"]] == [{"of", "n", "hazards", "seasons"}] * 3
    assert [row["of"] for row in value["groups"]] == [[], ["education"], [THERAPY]]
    assert str(MONDAY.year) not in json.dumps(value["groups"])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: value.update(version=2),
        lambda value: value.update(as_of="soon"),
        lambda value: value.update(groups=[]),
        lambda value: value.pop("untold"),
        lambda value: value["settings"].update(strength=0),
        lambda value: value["groups"][0]["hazards"].append(1.5),
        lambda value: value["groups"][0].update(seasons=[1.0]),
        lambda value: value.update(seasons=["term"]),
    ],
)
def test_what_is_no_model_is_refused(spoil):
    value = json.loads(json.dumps(to_json(model_of(OTHERS))))
    spoil(value)
    with pytest.raises(NotAModel):
        from_json(value)


@pytest.mark.parametrize("value", [None, [], "model", 3])
def test_other_json_is_no_model(value):
    with pytest.raises(NotAModel):
        from_json(value)


@pytest.mark.parametrize("wrong", [{"strength": 0.0}, {"window": -1}, {"own_least": 0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="settings of a forecast"):
        Settings(**wrong)


def test_all_together_are_always_there():
    model = fit([], date(2026, 1, 31))
    assert model.find(asked()) == (EVERYBODY, model.groups[EVERYBODY])
