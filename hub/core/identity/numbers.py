"""Numbers that a person is known by: well-formed or not. Well-formed is never the same as verified."""

from stdnum.exceptions import InvalidComponent, ValidationError
from stdnum.gb import nhs, upn


def nhs_number(text: str | None) -> str | None:
    """The ten digits of a well-formed NHS number, else None.

    Modulus 11, and not ten equal digits, three of which would pass it. A unique learner number cannot pass; a Scottish
    CHI number does, so this alone verifies nothing.
    """
    try:
        number: str = nhs.validate(text or "")
    except ValidationError:
        return None
    return number if len(set(number)) > 1 else None


def pupil_number(text: str | None) -> str | None:
    """A well-formed UPN, permanent or temporary, in capitals without spaces, else None.

    Letters that UPNs do not use (I, O, S) are not corrected. The authority that issued it is not checked: the list of
    the library ends in 2011, before today's unitary authorities.
    """
    number: str = upn.compact(text or "")
    try:
        upn.validate(number)
    except InvalidComponent:
        return number if upn.calc_check_digit(number[1:]) == number[0] else None
    except ValidationError:
        return None
    return number
