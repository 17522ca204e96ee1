"""Circles among things that name each other."""

from hub.core.cases.circles import circles_in, firsts, reached_in


def circles(names):
    return {id_: "".join(sorted(circle)) for id_, circle in circles_in(reached_in(names)).items()}


def test_what_a_circle_names_beside_itself_and_what_names_it_are_none_of_it():
    assert circles({"a": "b", "b": ["a", "c"], "c": "d", "z": "a"}) == {"a": "ab", "b": "ab"}


def test_two_circles_of_which_one_names_the_other_are_two():
    names = {"d": "c", "c": "d", "a": ["b", "c"], "b": "a"}
    assert circles(names) == {"a": "ab", "b": "ab", "c": "cd", "d": "cd"}
    assert firsts(circles_in(reached_in(names))) == ["a", "c"]


def test_what_names_itself_is_a_circle_and_a_line_is_none():
    assert circles({"a": "a", "b": "c", "c": "d"}) == {"a": "a"}
