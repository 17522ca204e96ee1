"""Given names: what may be one child's name, what says nothing, what forbids a link."""

import pytest

from hub.core.identity.names import compare_given, family_name, given_name, same_family


def compare(one: str | None, other: str | None) -> str:
    answers = {compare_given(given_name(a), given_name(b)).value for a, b in ((one, other), (other, one))}
    assert len(answers) == 1, "the answer depends on who is asked first"
    return answers.pop()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amy", " AMY "),
        ("Zoë", "zoe"),
        ("Zoe\u0308", "Zoë"),
        ("Łukasz", "Lukasz"),
        ("D’Arcy", "Darcy"),
        ("Mary-Jane", "Mary Jane"),
        ("Mary-Jane", "Maryjane"),
        ("Mary", "Mary Jane"),
        ("Amy Louise", "Amy L"),
        ("Tom", "Thomas"),
        ("Dan", "Danny"),
        ("Amy (known as Annie)", "Amy"),
        ("Amy aka Annie", "Amy"),
        ("محمد", "محمد"),
        ("सीता", "सीता"),
        ("Ольга", "Olga"),
        ("Søren", "Soren"),
        ("Mohammed", "MOHAMMED"),
        ("A" + "b" * 199, "a" + "B" * 199),
    ],
)
def test_ways_of_writing_one_name_agree(one: str, other: str) -> None:
    assert compare(one, other) == "agree"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (None, "Amy"),
        ("", "Amy"),
        ("🎉", "Amy"),
        ("A", "Amy"),
        ("A", "A"),
        ("Baby", "Amy"),
        ("Baby", "Baby"),
        ("Twin1", "Amy"),
        ("Babygirl", "Babygirl"),
        ("Baby Boy", "Baby Girl"),
        ("Bo Sarah", "Bo Sarah"),
        ("B/O Sarah", "Bo Sarah"),
        ("Bo Sarah", "Amy"),
        ("B/O Sarah", "Amy"),
        ("b.o. Sarah", "Sarah"),
        ("Daughter", "Daughter"),
        ("FNU", "fnu"),
        ("Miss", "Miss"),
        ("JP", "J P"),
        ("Twin One", "Amy"),
        ("Unknown", "Amy"),
        ("Not known", "Amy"),
        ("Sam", "Samuel"),
        ("Sam", "Samantha"),
        ("Mohammed", "Mohammed Ali"),
    ],
)
def test_what_says_too_little_neither_links_nor_forbids(one: str | None, other: str) -> None:
    assert compare(one, other) == "unknown"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amy", "Ann"),
        ("Ann", "Anna"),
        ("Amy", "Amelia"),
        ("A", "Ben"),
        ("Mary Ann", "Mary Jane"),
        ("Mohammed Ali", "Mohammed Hassan"),
        ("Tom", "Tim"),
        ("Samuel", "Samantha"),
        ("Twin One", "Twin Two"),
        ("Twin1", "Twin 2"),
        ("Baby A", "Baby boy B"),
        ("Amy", "Annie aka Amy"),
    ],
)
def test_any_other_difference_forbids(one: str, other: str) -> None:
    assert compare(one, other) == "conflict"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hallam", "HALLAM"),
        ("Hallam", "Halam"),
        ("Hallam-Penhale", "Penhale"),
        ("de la Cruz", "Cruz"),
        ("De La Cruz", "Delacruz"),
        ("O'Brien", "OBrien"),
        ("al-Hassan", "Hasan"),
        ("Müller", "Muller"),
        ("Иванова", "Ivanova"),
        ("Hussain", "Hussein"),
        ("Ng", "ng"),
    ],
)
def test_ways_of_writing_one_family_name(one: str, other: str) -> None:
    assert same_family(family_name(one), family_name(other))
    assert same_family(family_name(other), family_name(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hallam", "Penhale"),
        ("Hallam", None),
        (None, None),
        ("Unknown", "Unknown"),
        ("Lee", "Lea"),
        ("Lee", "Ley B"),
        ("Al Hassan", "Al Rashid"),
        ("J Hallam", "J Penhale"),
        ("🎉", "🎉"),
    ],
)
def test_family_names_that_do_not_agree(one: str | None, other: str | None) -> None:
    assert not same_family(family_name(one), family_name(other))
    assert not same_family(family_name(other), family_name(one))
