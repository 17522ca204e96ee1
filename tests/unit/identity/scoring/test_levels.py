"""Which level two values are on: one row for each way in which the same value is written differently."""

from datetime import date

import pytest

from hub.core.identity.scoring import levels
from hub.core.identity.scoring.compare import COMPARED, compare
from hub.core.identity.scoring.traits import traits_of

FIELDS = list(COMPARED)


def level(field, one, other):
    found = compare(one, other, ())[FIELDS.index(field)]
    return None if found < 0 else COMPARED[field][found]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Amy", "AMY", "same"),
        ("José", "Jose", "same"),
        ("Łukasz", "Lukasz", "same"),
        ("Mary-Jane", "Mary Jane", "same"),
        ("Ольга", "Olga", "same"),
        ("Amy Louise", "Amy", "first"),
        ("Amy Louise", "Amy Rose", "first"),
        ("Thomas", "Tom", "familiar"),
        ("Bill", "William", "familiar"),
        ("Hamza", "Syed Hamza", "familiar"),
        ("Seun", "Oluwaseun", "familiar"),
        ("A", "Amy", "initial"),
        ("Amelia", "Amelai", "slip"),
        ("Mohammed", "Muhammad", "sound"),
        ("Sofia", "Sophia", "sound"),
        ("Yousef", "Yusuf", "sound"),
        ("Kirsten", "Kirsty", "like"),
        ("Ann", "Dan", "other"),
        ("Amy", "Zara", "other"),
        ("Baby", "Baby", None),
        ("Twin One", "Amy", None),
        ("Miss", "Amy", None),
        (None, "Amy", None),
        ("🙂", "Amy", None),
    ],
)
def test_given_names(one, other, expected):
    assert level("given", traits_of(given=one), traits_of(given=other)) == expected
    assert level("given", traits_of(given=other), traits_of(given=one)) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("O'Brien", "OBrien", "same"),
        ("O’Brien", "O'BRIEN", "same"),
        ("de la Cruz", "Delacruz", "same"),
        ("Al-Hassan", "Alhassan", "same"),
        ("MacDonald", "Mac Donald", "same"),
        ("Smith-Jones", "Jones", "part"),
        ("Smith Jones", "Smith-Patel", "part"),
        ("Hallam", "Halam", "slip"),
        ("McDonald", "MacDonald", "slip"),
        ("Shah", "Sha", "sound"),
        ("Chaudhry", "Choudhary", "sound"),
        ("Patel", "Nguyen", "other"),
        ("", "Patel", None),
    ],
)
def test_family_names(one, other, expected):
    assert level("family", traits_of(family=one), traits_of(family=other)) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (date(2016, 3, 4), date(2016, 3, 4), "same"),
        (date(2016, 1, 1), date(2016, 1, 1), None),
        (date(2016, 3, 4), date(2016, 4, 3), "swapped"),
        (date(2016, 3, 4), date(2016, 3, 5), "slip"),
        (date(2016, 3, 4), date(2061, 3, 4), "slip"),
        (date(2016, 3, 4), date(2016, 3, 29), "two-parts"),
        (date(2016, 3, 4), date(2011, 9, 27), "other"),
        (None, date(2016, 3, 4), None),
    ],
)
def test_dates_of_birth(one, other, expected):
    assert level("birth", traits_of(birth_date=one), traits_of(birth_date=other)) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("ZX99 1AA", "zx991aa", "same"),
        ("ZX99 1AA", "ZX99 1AB", "slip"),
        ("ZX99 1AA", "ZX99 1BC", "sector"),
        ("ZX99 1AA", "ZX99 2BC", "district"),
        ("ZX99 1AA", "ZX10 2BC", "other"),
        ("2101", "2102", "slip"),
        ("2101", "2192", "other"),
    ],
)
def test_postcodes(one, other, expected):
    assert level("postcode", traits_of(postcode=one), traits_of(postcode=other)) == expected


def test_names_the_wrong_way_round_are_said_to_be():
    one, other = traits_of("Amara", "Hallam"), traits_of("Hallam", "Amara")
    assert [level(field, one, other) for field in ("given", "family", "order")] == ["same", "same", "swapped"]
    slipped = traits_of("Halam", "Amara")
    assert [level(field, one, slipped) for field in ("given", "family", "order")] == ["same", "slip", "swapped"]


def test_one_name_twice_is_not_the_wrong_way_round():
    assert level("order", traits_of("Thomas", "Thomas"), traits_of("Thomas", "Thomas")) == "straight"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("9990000018", "9990000018", "same"),
        ("9990000018", "9990000081", "slip"),
        ("9990000018", "9990007718", "near"),
        ("9990000018", "4218837219", "other"),
        ("12", "13", "other"),
    ],
)
def test_numbers(one, other, expected):
    assert levels.NUMBER[levels.number(one, other)] == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("12 mill lane", "12 mill lane", "same"),
        ("12 mill lane", "12 mil lane", "slip"),
        ("12 mill lane", "mill lane", "like"),
        ("12 mill lane", "4 forge lane west", "share"),
        ("12 mill lane", "4 forge road", "other"),
    ],
)
def test_texts(one, other, expected):
    assert levels.TEXT[levels.text(one, other)] == expected


def test_a_very_long_name_and_a_name_of_nothing_but_marks_are_taken():
    long = "y" * 200
    assert level("given", traits_of(given=long), traits_of(given=long)) == "same"
    assert level("given", traits_of(given="--- ' ."), traits_of(given="Amy")) is None
