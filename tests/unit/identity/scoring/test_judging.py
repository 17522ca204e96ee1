import pytest

from hub.core.identity.scoring.judging import clustered, curve, figures, groups, pairwise


def test_pairs_said_and_pairs_true():
    found = pairwise({(0, 1), (2, 3), (4, 5)}, {(0, 1), (2, 3), (6, 7), (8, 9)})
    assert (found.precision, found.recall, found.f1) == (pytest.approx(2 / 3), 0.5, pytest.approx(4 / 7))


def test_where_nothing_was_said_and_nothing_is_true_nothing_is_wrong():
    assert figures(0, 0, 0) == (1.0, 1.0, 1.0)
    assert figures(0, 0, 3) == (1.0, 0.0, 0.0)


def test_pairs_of_one_probability_are_one_point():
    points = curve({(0, 1): 0.9, (0, 2): 0.5, (1, 2): 0.5}, {(0, 1), (1, 2)})
    assert [point.threshold for point in points] == [0.9, 0.5]
    assert points[1].figures.precision == pytest.approx(2 / 3)


def test_pairs_make_groups():
    assert groups(6, [(4, 5), (1, 4), (2, 3)]) == [0, 1, 2, 2, 1, 1]


def test_groups_are_judged_by_the_pairs_that_they_make():
    found = clustered([0, 0, 0, 3, 3], [0, 0, 2, 3, 3])
    assert (found.precision, found.recall) == (0.5, 1.0)


def test_of_two_files_only_pairs_across_count():
    found = clustered([0, 0, 0, 3], [0, 0, 0, 0], across=[0, 0, 1, 1].__getitem__)
    assert (found.precision, found.recall) == (1.0, 0.5)
