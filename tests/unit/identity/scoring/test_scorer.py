from datetime import date

import pytest

from hub.core.identity.scoring.population import COMMON, LOOKED_AT, Population
from hub.core.identity.scoring.scorer import Scorer
from hub.core.identity.scoring.traits import traits_of
from hub.runtime.matching import read_weights

BORN = date(2016, 3, 4)
WEIGHTS = read_weights(None)


def person(given="Amara", family="Hallam", born=BORN, sex="F", postcode="ZX99 1AA"):
    return traits_of(given, family, born, sex, postcode)


def others(number, family="Ashdown"):
    """People who have nothing in common with anybody."""
    return [
        traits_of(
            f"{chr(97 + n % 26)}q{n:04x}",
            f"{family}{n:04x}",
            date(2000 + n % 20, 1 + n % 12, 2 + n % 27),
            "M",
            f"ZX{n % 90} {n % 10}QQ",
        )
        for n in range(number)
    ]


@pytest.fixture
def population():
    found = Population()
    for number, traits in enumerate(others(2000)):
        found.add(f"other-{number}", traits)
    return found


@pytest.fixture
def scorer(population):
    return Scorer(WEIGHTS, population)


def test_the_same_person_is_found_first_however_it_is_written(population, scorer):
    population.add("amara", person())
    for written in (
        person(given="AMARA"),
        person(given="Amaar"),
        person(family="Halam"),
        person(given="Hallam", family="Amara"),
        person(born=date(2016, 4, 3)),
        person(born=date(2016, 3, 14)),
        person(postcode="ZX11 4XX"),
        person(postcode=None, sex=None),
    ):
        ranked = scorer.rank(written, 0.2)
        assert ranked, written
        assert ranked[0].person == "amara"


def test_somebody_else_of_the_same_name_is_less_likely_than_the_same_person(population, scorer):
    population.add("amara", person())
    same = scorer.bits(person(), person())
    assert scorer.bits(person(), person(born=date(2009, 11, 27), postcode="ZX1 2QQ")) < same - 10


def test_a_rare_name_says_more_than_a_common_one(population, scorer):
    for number in range(300):
        population.add(
            f"common-{number}", person(given="Olive", born=date(2001 + number % 20, 5, 6), postcode=f"ZY{number} 1AA")
        )
    rare = scorer.parts(person(given="Wilhelmina"), person(given="Wilhelmina"))[0]
    common = scorer.parts(person(given="Olive"), person(given="Olive"))[0]
    assert (rare.field, rare.level, common.level) == ("given", "same", "same")
    assert rare.bits > common.bits + 3


def test_a_twin_is_rather_not_the_child(population, scorer):
    twin = person(given="Bronwyn")
    population.add("twin", twin)
    unrelated = Scorer(WEIGHTS.model_copy(update={"relatives": {}}), population)
    assert scorer.bits(person(), twin) < unrelated.bits(person(), twin) - 3
    assert scorer.probability(scorer.bits(person(), twin)) < 0.5
    assert scorer.probability(unrelated.bits(person(), twin)) > 0.9


def test_two_estimated_dates_of_birth_say_nothing(population, scorer):
    january = person(born=date(2016, 1, 1))
    assert "birth" not in {part.field for part in scorer.parts(january, january)}


def test_what_is_not_known_says_nothing(scorer):
    parts = scorer.parts(person(), person(sex=None, postcode=None))
    assert [part.field for part in parts] == ["given", "family", "order", "birth", "relatives"]


def test_the_parts_make_up_the_whole(population, scorer):
    population.add("twin", person(given="Bronwyn"))
    for other in (person(), person(given="Bronwyn"), person(given="Hallam", family="Amara"), person(born=None)):
        assert sum(part.bits for part in scorer.parts(person(), other)) == pytest.approx(scorer.bits(person(), other))


def test_a_look_up_has_an_end(population, scorer):
    for number in range(80):
        population.add(f"double-{number:03d}", person(given=f"Amara {'abcdefgh'[number % 8]}"))
    assert len(population.candidates(person())) == LOOKED_AT


def test_a_key_that_too_many_share_finds_nobody_and_the_others_still_do(population):
    for number in range(COMMON + 5):
        population.add(f"d-{number}", person(given=f"Zq{number:03d}x", family=f"Vw{number:03d}y", postcode="ZZ1 1ZZ"))
    population.add("amara", person())
    assert population.candidates(person())[0] == "amara"


def test_who_was_removed_is_not_found(population, scorer):
    population.add("amara", person())
    population.remove("amara")
    assert scorer.rank(person(), 0.2) == []
    with pytest.raises(KeyError):
        population.traits("amara")


def test_in_a_handful_of_people_nobody_is_likely_for_a_shared_birthday():
    few = Population()
    few.add("one", person(given="Zara", family="Penhale", postcode="ZX1 1XX"))
    assert Scorer(WEIGHTS, few).rank(person(), 0.2) == []
