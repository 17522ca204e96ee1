from random import Random

import pytest
from stdnum.gb import nhs

from hub.core.identity.numbers import nhs_number as well_formed
from hub.core.identity.numbers import pupil_number
from hub.simulator.numbers import Numbers, nhs_number, slipped


def test_numbers_of_the_reference_are_made():
    assert nhs_number(1) == "9990000018"
    assert nhs_number(2) == "9990000026"


def test_a_body_whose_check_digit_would_be_ten_has_no_number():
    assert nhs_number(0) is None


def test_every_number_is_valid_synthetic_and_given_once():
    numbers = Numbers(Random(1))
    made = [numbers.nhs() for _ in range(500)]
    assert all(nhs.is_valid(number) and number.startswith("999") for number in made)
    assert len(set(made)) == 500


def test_near_numbers_differ_in_one_of_the_nine_digits_and_so_in_the_check_digit():
    numbers = Numbers(Random(2))
    for one, other in (numbers.near_nhs() for _ in range(200)):
        differing = [place for place in range(9) if one[place] != other[place]]
        assert len(differing) == 1
        assert one[9] != other[9]
        assert nhs.is_valid(one)
        assert nhs.is_valid(other)


def test_upns_pass_their_check_letter():
    numbers = Numbers(Random(3))
    assert all(pupil_number(numbers.pupil(2026)) for _ in range(200))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_mistyped_is_no_nhs_number(seed):
    numbers = Numbers(Random(seed))
    assert well_formed(slipped(numbers.nhs())) is None
    assert well_formed(numbers.learner()) is None
