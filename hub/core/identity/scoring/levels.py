"""How two values compare: one level for each pair of values, by name. The levels are what weights are trained for.

Each function takes two known values (who calls it sees to that) and answers an index into its list of levels, the
strongest agreement first.
"""

from typing import Final

from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import token_set_ratio

from hub.core.identity.scoring.traits import Traits

GIVEN: Final = ("same", "first", "familiar", "initial", "slip", "sound", "like", "other")
FAMILY: Final = ("same", "part", "slip", "sound", "like", "other")
ORDER: Final = ("straight", "swapped")
BIRTH: Final = ("same", "swapped", "slip", "two-parts", "other")
CODE: Final = ("same", "other")
POSTCODE: Final = ("same", "slip", "sector", "district", "other")
NUMBER: Final = ("same", "slip", "near", "other")
TEXT: Final = ("same", "slip", "like", "share", "other")

_SLIP_LENGTH = 4
"""Letters from which one wrong letter is a slip: `Ann` and `Dan` are two names."""
_LIKE = 0.85
_INWARD = 3


def given(one: Traits, other: Traits) -> int:
    """Levels of GIVEN. A missing middle name is `first`, and so is another one."""
    if one.given_text == other.given_text:
        return 0
    first, second = one.given[0], other.given[0]
    if first == second:
        return 1 if len(first) > 1 else 3
    if not one.given_full.isdisjoint(other.given_full):
        return 2
    if len(first) == 1 or len(second) == 1:
        return 3 if first[0] == second[0] else 7
    if _part_of(one, other) or _part_of(other, one):
        return 2
    return _alike(first, second, one.given_sound == other.given_sound, 4)


def _part_of(one: Traits, other: Traits) -> bool:
    """Whether somebody is called by a later name of theirs, or by the end or beginning of it: `Seun` of `Oluwaseun`."""
    word = one.given[0]
    if len(word) < _SLIP_LENGTH:
        return False
    return word in other.given or other.given[0].endswith(word) or other.given[0].startswith(word)


def family(one: Traits, other: Traits) -> int:
    """Levels of FAMILY. One of two joined names is `part`."""
    if one.family_text == other.family_text:
        return 0
    if (len(one.family) > 1 or len(other.family) > 1) and not set(one.family).isdisjoint(other.family):
        return 1
    return _alike(one.family_text, other.family_text, one.family_sound == other.family_sound, 2)


def _alike(one: str, other: str, same_sound: bool, slip: int) -> int:
    """`slip`, then `sound`, `like` and `other` as they follow."""
    if min(len(one), len(other)) >= _SLIP_LENGTH and OSA.distance(one, other, score_cutoff=1) <= 1:
        return slip
    if same_sound:
        return slip + 1
    return slip + 2 if JaroWinkler.similarity(one, other) >= _LIKE else slip + 3


def birth(one: Traits, other: Traits) -> int:
    """Levels of BIRTH."""
    if one.birth_text == other.birth_text:
        return 0
    (y1, m1, d1), (y2, m2, d2) = one.birth or (0, 0, 0), other.birth or (0, 0, 0)
    if y1 == y2 and m1 == d2 and d1 == m2:
        return 1
    if OSA.distance(one.birth_text, other.birth_text, score_cutoff=1) <= 1:
        return 2
    return 3 if (y1 == y2) + (m1 == m2) + (d1 == d2) == 2 else 4


def postcode(one: str, other: str) -> int:
    """Levels of POSTCODE; for a code of another country (all digits) only the first two and the last."""
    if one == other:
        return 0
    if OSA.distance(one, other, score_cutoff=1) <= 1:
        return 1
    if one.isdigit() or other.isdigit() or min(len(one), len(other)) <= _INWARD + 1:
        return 4
    if one[:-_INWARD] != other[:-_INWARD]:
        return 4
    return 2 if one[-_INWARD] == other[-_INWARD] else 3


def code(one: str, other: str) -> int:
    """Levels of CODE: one of a few values, such as sex."""
    return 0 if one == other else 1


def number(one: str, other: str) -> int:
    """Levels of NUMBER: an identifier, in which a digit may be mistyped."""
    if one == other:
        return 0
    wrong = OSA.distance(one, other, score_cutoff=2)
    return min(wrong, 3) if min(len(one), len(other)) > 2 * wrong else 3


def text(one: str, other: str) -> int:
    """Levels of TEXT: an address, a place, an e-mail address."""
    if one == other:
        return 0
    longest = max(len(one), len(other))
    slips = OSA.distance(one, other, score_cutoff=3)
    if slips <= 1 + longest // 12 and longest > 3 * slips:
        return 1
    if JaroWinkler.similarity(one, other) >= 0.9 or token_set_ratio(one, other) >= 85:
        return 2
    return 3 if not set(one.split()).isdisjoint(other.split()) else 4
