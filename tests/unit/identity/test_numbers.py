"""NHS numbers and UPNs: well-formed or not. Values from published check-digit rules, all synthetic or sandbox."""

import pytest

from hub.core.identity.numbers import nhs_number, pupil_number


@pytest.mark.parametrize("text", ["9990000018", "999 000 0018", "999-000-0018", " 9990000018 ", "9000000009"])
def test_a_well_formed_nhs_number_is_taken_without_spaces(text: str) -> None:
    assert nhs_number(text) == text.replace(" ", "").replace("-", "")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "9990000019",  # check digit
        "9990000000",  # its base needs the check value 10, which is never issued
        "0000000000",  # ten equal digits, three of which pass modulus 11
        "1111111111",
        "9999999999",
        "9276308686",  # a unique learner number
        "1000000019",
        "999000001",
        "99900000180",
        "999OOOOO18",
        "Amy",
    ],
)
def test_any_other_nhs_number_is_none(text: str | None) -> None:
    assert nhs_number(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("B801200005001", "B801200005001"),
        ("b801200005001", "B801200005001"),
        ("B 8012 0000 5001", "B801200005001"),
        ("F82540012201A", "F82540012201A"),  # temporary
        ("P207000016049", "P207000016049"),
    ],
)
def test_a_well_formed_upn_is_taken_in_capitals(text: str, number: str) -> None:
    assert pupil_number(text) == number


@pytest.mark.parametrize(
    "text", [None, "", "A801200005001", "Q207000016049", "B8O1200005001", "B80I200005001", "B80120000500", "9990000018"]
)
def test_any_other_upn_is_none_and_nothing_is_corrected(text: str | None) -> None:
    assert pupil_number(text) is None


def test_a_upn_of_an_authority_younger_than_the_librarys_list_is_taken() -> None:
    from stdnum.gb import upn

    number = "838200005001"
    assert not upn.is_valid(upn.calc_check_digit(number) + number)
    assert pupil_number(upn.calc_check_digit(number) + number) is not None
