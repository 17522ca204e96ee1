"""Fitting finds what is there, on people of whom it is not told who is who."""

from itertools import combinations
from random import Random

import pytest

from hub.core.identity.scoring.fitting import fitted
from hub.core.identity.scoring.judging import pairwise
from hub.core.identity.scoring.population import Population
from hub.core.identity.scoring.scorer import Scorer
from hub.core.identity.scoring.traits import traits_of
from hub.runtime.matching import read_weights
from hub.simulator.kin import Kindred


@pytest.fixture(scope="module")
def people():
    """Households, and for every second person another record."""
    rng = Random(20)
    kindred = Kindred(rng)
    return [kin for one in kindred.people(800) for kin in ([one, kindred.again(one)] if rng.random() < 0.5 else [one])]


@pytest.fixture(scope="module")
def looked_up(people):
    population = Population()
    traits = [traits_of(kin.given, kin.family, kin.born, kin.sex, kin.postcode) for kin in people]
    for place, each in enumerate(traits):
        population.add(str(place), each)
    pairs = {
        (min(one, other), max(one, other))
        for one, each in enumerate(traits)
        for other in map(int, population.candidates(each))
        if one != other
    }
    return population, traits, sorted(pairs)


def test_it_finds_how_many_records_a_person_has_and_how_many_relatives(people, looked_up):
    _, traits, pairs = looked_up
    model = fitted(read_weights(None), traits, pairs)
    true = sum(1 for one, other in combinations(range(len(people)), 2) if people[one].person == people[other].person)
    assert model.rate == pytest.approx(2 * true / len(people), rel=0.15)
    assert 0.3 < model.relatives["sibling"].rate < 2


def test_it_does_not_take_brothers_and_sisters_for_one_person(people, looked_up):
    population, traits, pairs = looked_up
    scorer = Scorer(fitted(read_weights(None), traits, pairs), population)
    said = {(one, other) for one, other in pairs if scorer.probability(scorer.bits(traits[one], traits[other])) >= 0.2}
    truth = {
        (one, other) for one, other in combinations(range(len(people)), 2) if people[one].person == people[other].person
    }
    found = pairwise(said, truth)
    assert found.precision > 0.9
    assert found.recall > 0.97


def test_it_is_the_same_each_time(looked_up):
    _, traits, pairs = looked_up
    few = [pair for pair in pairs if max(pair) < 300]
    assert fitted(read_weights(None), traits[:300], few) == fitted(read_weights(None), traits[:300], few)


def test_of_nobody_it_learns_nothing():
    model = fitted(read_weights(None), [], [])
    assert [level.m for level in model.fields["given"].levels.values()] == pytest.approx(
        [level.m for level in read_weights(None).fields["given"].levels.values()], abs=1e-3
    )
