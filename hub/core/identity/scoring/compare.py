"""Which level each field of two persons is on."""

from collections.abc import Callable, Sequence
from typing import Final

from hub.core.identity.scoring import levels
from hub.core.identity.scoring.traits import Traits

UNKNOWN: Final = -1
"""One of the two is not known: no evidence either way."""

COMPARED: Final = {
    "given": levels.GIVEN,
    "family": levels.FAMILY,
    "order": levels.ORDER,
    "birth": levels.BIRTH,
    "sex": levels.CODE,
    "postcode": levels.POSTCODE,
}
"""The fields of every model and their levels, in order; further fields follow."""

KINDS: Final = {"number": levels.NUMBER, "text": levels.TEXT, "code": levels.CODE}
"""What a further field can be, and its levels."""

_FUNCTIONS: Final[dict[str, Callable[[str, str], int]]] = {
    "number": levels.number,
    "text": levels.text,
    "code": levels.code,
}

Levels = list[int]

_SAME, _GIVEN_SLIP, _FAMILY_SLIP = 0, levels.GIVEN.index("slip"), levels.FAMILY.index("slip")


def compare(one: Traits, other: Traits, kinds: Sequence[str]) -> Levels:
    """The level of each field, in the order of COMPARED, then of the further fields, whose kinds are given."""
    found = _names(one, other)
    found.append(UNKNOWN if _no_birth(one, other) else levels.birth(one, other))
    found.append(levels.code(one.sex, other.sex) if one.sex and other.sex else UNKNOWN)
    found.append(levels.postcode(one.postcode, other.postcode) if one.postcode and other.postcode else UNKNOWN)
    for kind, mine, theirs in zip(kinds, one.also, other.also, strict=True):
        found.append(_FUNCTIONS[kind](mine, theirs) if mine and theirs else UNKNOWN)
    return found


def _no_birth(one: Traits, other: Traits) -> bool:
    """1 January is what is entered for an uncertain date of birth: that two have it says nothing."""
    if not one.birth_text or not other.birth_text:
        return True
    return one.estimated and one.birth_text == other.birth_text


def _names(one: Traits, other: Traits) -> Levels:
    """Given name, family name and their order. Written the wrong way round they are compared crosswise."""
    if one.given and other.family and one.family and other.given and _crossed(one, other):
        given = _SAME if one.given_text == other.family_text else _GIVEN_SLIP
        family = _SAME if one.family_text == other.given_text else _FAMILY_SLIP
        return [given, family, levels.ORDER.index("swapped")]
    given = levels.given(one, other) if one.given and other.given else UNKNOWN
    family = levels.family(one, other) if one.family and other.family else UNKNOWN
    return [given, family, 0 if given >= 0 and family >= 0 else UNKNOWN]


def _crossed(one: Traits, other: Traits) -> bool:
    """Whether each is called what the other's family is; whoever has one name twice is not."""
    if one.given_text == other.given_text or one.family_text == other.family_text:
        return False
    return _near(one.given_text, other.family_text) and _near(other.given_text, one.family_text)


def _near(one: str, other: str) -> bool:
    return one == other or (one[:1] == other[:1] and levels.text(one, other) <= 1)
