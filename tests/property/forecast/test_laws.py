"""Laws of the forecast, for any history."""

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.core.forecast.judging import base_rates, judge
from hub.core.forecast.likely_late import LikelyLate, likely_late_on, likely_late_since, next_change
from hub.core.forecast.model import ForecastModel, Settings, chance_by, fit, forecast, from_json, to_json
from hub.core.forecast.spell import AdviceRequest, Spell
from hub.core.forecast.survival import count, estimate
from tests.unit.forecast.spells import MONDAY

SERVICES = ("speech-and-language", "audiology", "education")
FIRST, LAST = date(2025, 6, 1), date(2026, 9, 30)
AFTER = LAST + timedelta(days=150)

days = st.dates(FIRST, LAST)


@st.composite
def spells(draw: st.DrawFn) -> Spell:
    start = draw(days)
    until = start + timedelta(days=draw(st.integers(-3, 120)))
    ending = draw(st.sampled_from(["arrived", "arrived", "arrived", "closed", "gone", "open"]))
    return Spell(
        service=draw(st.sampled_from(SERVICES)),
        starts_on=start,
        seen_on=start + timedelta(days=draw(st.sampled_from([0, 0, 0, 2, 60]))),
        until=until,
        ending=ending,
        load=draw(st.sampled_from([None, 0, 3, 9])),
        told_on=until + timedelta(days=draw(st.integers(-1, 40))) if ending == "arrived" else None,
    )


histories = st.lists(spells(), max_size=40)
settings = st.builds(
    Settings,
    window=st.sampled_from([0, 60, 365]),
    strength=st.sampled_from([0.5, 3.0, 50.0]),
    own_least=st.integers(1, 5),
    at_risk_least=st.integers(1, 3),
    by_load=st.booleans(),
)
models = st.builds(fit, histories, st.just(AFTER), settings)
policies = st.builds(
    LikelyLate,
    below=st.sampled_from([0.05, 0.25, 0.5, 0.9, 1.0]),
    working_days=st.integers(0, 25),
    history_least=st.integers(0, 4),
)


def asked(spell: Spell) -> Spell:
    return replace(spell, ending="open", told_on=None)


@given(models, spells(), st.integers(0, 300))
def test_survival_starts_at_one_and_never_rises(model: ForecastModel, spell: Spell, length: int) -> None:
    for group in model.groups.values():
        left = group.curve.survival(spell.starts_on, length)
        assert left[0] == 1.0
        assert all(0.0 <= later <= earlier for earlier, later in pairwise(left))


@given(models, spells(), st.integers(0, 60))
def test_the_chance_is_a_chance_and_never_rises_while_nothing_is_heard(model, spell: Spell, limit: int) -> None:
    due_on = spell.starts_on + timedelta(days=limit)
    chances = [chance_by(model, asked(spell), due_on, due_on - timedelta(days=left)) for left in range(limit, -3, -1)]
    known = [chance for chance in chances if chance is not None]
    assert all(0.0 <= chance <= 1.0 for chance in known)
    assert known == sorted(known, reverse=True)
    assert len(known) in (len(chances), 2)  # beyond what history shows, only the days after the date are certain


@given(models, spells(), st.integers(0, 60), st.integers(0, 200))
def test_a_later_date_is_never_less_likely(model, spell: Spell, limit: int, waited: int) -> None:
    day = spell.starts_on + timedelta(days=waited)
    due = [spell.starts_on + timedelta(days=limit + more) for more in (0, 1, 30)]
    chances = [chance_by(model, asked(spell), due_on, day) for due_on in due if day < due_on]
    known = [chance for chance in chances if chance is not None]
    assert known == sorted(known)


@given(models, spells(), st.integers(0, 200))
def test_the_expected_day_lies_ahead_and_within_what_history_shows(model, spell: Spell, waited: int) -> None:
    day = spell.starts_on + timedelta(days=waited)
    found = forecast(model, asked(spell), day, day)
    if found.expected_on is not None:
        _, group = model.find(spell)
        assert day < found.expected_on <= spell.starts_on + timedelta(days=group.curve.horizon)


@given(histories, settings, st.data())
def test_the_order_of_spells_does_not_matter(history, chosen: Settings, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(history))
    assert to_json(fit(shuffled, AFTER, chosen)) == to_json(fit(history, AFTER, chosen))


@given(models)
def test_a_model_goes_through_json_unchanged(model: ForecastModel) -> None:
    assert from_json(json.loads(json.dumps(to_json(model)))) == model


@given(histories, settings)
def test_censoring_everything_leaves_no_arrivals_and_no_hope(history, chosen: Settings) -> None:
    """Where nothing ever came, no chance is above nought; where nothing was watched, none is known."""
    censored = [replace(spell, ending="open", told_on=None) for spell in history]
    model = fit(censored, AFTER, chosen)
    chances = [chance_by(model, spell, spell.starts_on + timedelta(days=42), spell.starts_on) for spell in censored]
    assert set(chances) <= {0.0, None}


@given(st.lists(spells().filter(lambda spell: spell.service == "education"), max_size=30), settings)
def test_a_service_never_watched_is_forecast_as_all_are(history, chosen: Settings) -> None:
    unwatched = [Spell("audiology", MONDAY, MONDAY, MONDAY, ending) for ending in ("open", "gone", "closed")] * 9
    model = fit([*history, *unwatched], AFTER, replace(chosen, by_load=False))
    due_on = MONDAY + timedelta(days=42)
    new, unheard = (Spell(service, MONDAY, MONDAY, MONDAY) for service in ("audiology", "never heard of"))
    assert forecast(model, new, due_on, MONDAY) == forecast(model, unheard, due_on, MONDAY)
    assert forecast(model, new, due_on, MONDAY).basis == "pooled"


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans(), st.integers(0, 8)), min_size=1, max_size=15))
def test_it_is_kaplan_meier(lives) -> None:
    """Against the textbook, written down again: at each time the share of those at risk that came."""
    history = [
        Spell(
            *("audiology", MONDAY, MONDAY + timedelta(days=seen), MONDAY + timedelta(days=length)),
            "arrived" if came else "open",
        )
        for length, came, seen in lives
    ]
    left, curve = 1.0, estimate(count(history), at_risk_least=1, strength=1.0)
    for day in range(1, curve.horizon + 1):
        at_risk = [came and length == day for length, came, seen in lives if seen < day <= length]
        left *= 1 - sum(at_risk) / len(at_risk)
        assert abs(curve.survival(MONDAY, day)[day] - left) < 1e-4


@given(models, spells(), policies, st.integers(0, 60))
def test_the_alert_never_flaps(model, spell: Spell, policy: LikelyLate, limit: int) -> None:
    """It opens at most once, with time left to act, and then stands to the due date. Daily answers are asked for."""
    spell, due_on = asked(spell), spell.starts_on + timedelta(days=limit)
    every = [spell.starts_on + timedelta(days=day) for day in range(-2, limit + 5)]
    standing = [day for day in every if likely_late_on(model, spell, due_on, day, policy)]
    if standing:
        assert standing == [day for day in every if standing[0] <= day <= due_on]
        assert standing[0] >= spell.seen_on
        assert chance_by(model, spell, due_on, standing[0]) < policy.below


@given(models, spells(), policies, st.integers(0, 60))
def test_next_change_misses_nothing(model, spell: Spell, policy: LikelyLate, limit: int) -> None:
    """Looking only on the days that it names gives the answers of looking every day."""
    spell, due_on = asked(spell), spell.starts_on + timedelta(days=limit)
    day, end = spell.starts_on, due_on + timedelta(days=9)
    answer, following = (
        likely_late_on(model, spell, due_on, day, policy),
        next_change(model, spell, due_on, day, policy),
    )
    while day < end:
        day += timedelta(days=1)
        if day == following:
            answer, following = not answer, next_change(model, spell, due_on, day, policy)
        assert likely_late_on(model, spell, due_on, day, policy) == answer


@given(models, spells(), policies)
def test_a_lower_threshold_never_alerts_earlier(model, spell: Spell, policy: LikelyLate) -> None:
    due_on = spell.starts_on + timedelta(days=42)
    strict, loose = (
        likely_late_since(model, spell, due_on, replace(policy, below=below)) or date.max
        for below in (policy.below / 2, policy.below)
    )
    assert loose <= strict


@given(st.lists(spells(), max_size=25), st.data())
def test_a_judgement_does_not_depend_on_order_and_stays_in_range(history, data: st.DataObject) -> None:
    requests = [
        AdviceRequest(str(number), spell.starts_on + timedelta(days=42), spell.ending == "open", spell)
        for number, spell in enumerate(history)
    ]
    chosen = Settings(window=0, own_least=1, at_risk_least=1)
    shuffled = data.draw(st.permutations(requests))
    origins = [date(2026, 3, 31), date(2026, 5, 31)]
    judged = judge(lambda day: requests, origins, AFTER, chosen)
    assert judge(lambda day: shuffled, reversed(origins), AFTER, chosen) == judged
    assert all(0.0 <= rate <= 1.0 for rate in base_rates(requests, LAST, None).values())
