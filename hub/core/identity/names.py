"""Names, normalised for comparison only.

Of given names the question is never "how alike" but "can this be the same child's name": twins are alike in everything
else, so any difference that is not a known way of writing the same name is a conflict. Family names change, so they
forbid nothing; where they agree they say more than a number alone.
"""

import re
from enum import Enum
from functools import lru_cache

from rapidfuzz.distance import OSA

from hub.core.identity.scoring.nicknames import stands_for
from hub.core.identity.scoring.spelling import PARTICLES, sound, words

Name = tuple[str, ...]
"""A given name's parts: `Mary-Jane` and `Mary Jane` are ("mary", "jane"). Empty when there is none."""


class Agreement(Enum):
    """What two values say about two people being one. UNKNOWN neither links nor forbids."""

    AGREE = "agree"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"


_LETTERS_OR_DIGITS = re.compile("[a-z]+|[0-9]+")

_NO_NAME = frozenset(
    {"baby", "babe", "bby", "babyboy", "babygirl", "infant", "newborn", "neonate", "unborn", "fetus", "foetus"}
    | {"twin", "triplet", "male", "female", "boy", "girl", "daughter", "child"}
    | {"unknown", "unnamed", "notknown", "none", "not", "tbc", "tba", "nk", "unk", "fnu", "nfn", "anon", "refused"}
    | {"test", "master", "miss", "mr", "ms"}
)
"""A first part that says there is no name yet: `Baby Boy`, `Twin One`, `Unknown`, `Not known`, `Miss`."""

_NO_NAME_BEFORE = frozenset({"no", "na", "nil", "son", "bo"})
"""Real names too; before another word (`No name`, `Son of`, `Bo Sarah`: baby of Sarah) they say that there is none."""

_CHILD_OF = frozenset({("b", "o"), ("s", "o"), ("d", "o")})
"""`B/O Sarah`: baby, son or daughter of."""

_UNNAMED = re.compile(
    "(?:baby|babe|infant|newborn|neonate|unborn|twin|triplet)(?:baby|boy|girl|male|female|twin|triplet|of|[a-d]|one|two)*"
    "|(?:boy|girl|male|female)(?:infant|baby|twin|[a-d]|one|two)+|xx+"
)
"""One word that says so."""

_ORDINALS = {"one": "1", "i": "1", "a": "1", "first": "1", "two": "2", "ii": "2", "b": "2", "second": "2"} | {
    "three": "3",
    "iii": "3",
    "c": "3",
    "third": "3",
}

_SLIP_LENGTH = 4
"""Letters from which one wrong letter is a slip: `Lee` and `Lea` are two names."""

_SHARED_FIRST = frozenset(
    {"mohammed", "muhammad", "mohammad", "mohamed", "muhammed", "mohamad", "mohamud", "md"} | {"abdul", "abdal", "abd"}
)
"""First parts that brothers commonly share: alone they say little about which brother."""


@lru_cache(maxsize=65_536)
def given_name(text: str | None) -> Name:
    """A given name's words in Latin letters, digits apart: `Twin1` is ("twin", "1")."""
    return tuple(part for word in words(text) for part in _LETTERS_OR_DIGITS.findall(word))


def is_stand_in(name: Name) -> bool:
    """Whether a name says that there is none yet: `Baby`, `Twin One`, `TwinA`, `Infantboy`, `Not known`."""
    if not name:
        return False
    before = len(name) > 1 and (name[0] in _NO_NAME_BEFORE or name[:2] in _CHILD_OF)
    return before or name[0] in _NO_NAME or _UNNAMED.fullmatch(name[0]) is not None


def is_shared_first(name: Name) -> bool:
    """Whether a name is nothing but a first part that brothers share, or a word that may stand for none."""
    return len(name) == 1 and (name[0] in _SHARED_FIRST or name[0] in _NO_NAME_BEFORE)


def compare_given(one: Name, other: Name) -> Agreement:
    """Whether two given names can be one child's.

    AGREE: the first parts are the same and no later part differs (a missing middle name is no difference).
    UNKNOWN: a name is missing, a stand-in (`Baby`), an initial, a short form, or a first part that brothers share.
    CONFLICT: anything else.
    """
    if not one or not other:
        return Agreement.UNKNOWN
    if is_stand_in(one) or is_stand_in(other):
        return _compare_stand_ins(one, other)
    if "".join(one) == "".join(other):
        return Agreement.AGREE if min(len(one[0]), len(other[0])) > 1 else Agreement.UNKNOWN
    found = {_compare_parts(a, b) for a, b in zip(one, other, strict=False)}
    if Agreement.CONFLICT in found:
        return Agreement.CONFLICT
    shorter = min(one, other, key=len)
    shared = len(shorter) == 1 and shorter[0] in _SHARED_FIRST
    return Agreement.UNKNOWN if shared or _compare_parts(one[0], other[0]) is Agreement.UNKNOWN else Agreement.AGREE


def family_name(text: str | None) -> Name:
    """A family name's words in Latin letters; empty for none, and for a stand-in (`Unknown`)."""
    found = words(text)
    return () if is_stand_in(found) else found


def same_family(one: Name, other: Name) -> bool:
    """Whether two family names are ways of writing one: whole, with or without small words (`de la`), one of two joined
    names, one letter wrong, or sounding the same. A missing one agrees with nothing, and an initial with no name.
    """
    if not _own_words(one).isdisjoint(_own_words(other)):
        return True
    return any(_alike(this, that) for this in _wholes(one) for that in _wholes(other))


def _own_words(name: Name) -> set[str]:
    return {word for word in name if word not in PARTICLES and len(word) > 1}


def _wholes(name: Name) -> set[str]:
    """With and without its small words."""
    return {"".join(name), "".join(word for word in name if word not in PARTICLES)}


def _alike(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _SLIP_LENGTH:
        return one == other and len(one) > 1
    return OSA.distance(one, other, score_cutoff=1) <= 1 or sound(one) == sound(other)


def _compare_parts(one: str, other: str) -> Agreement:
    if len(one) == 1 or len(other) == 1:
        return Agreement.UNKNOWN if one[0] == other[0] else Agreement.CONFLICT
    ones, others = stands_for(one), stands_for(other)
    if ones == others and (one == other or len(ones) == 1):
        return Agreement.AGREE
    return Agreement.UNKNOWN if one in others or other in ones else Agreement.CONFLICT


def _compare_stand_ins(one: Name, other: Name) -> Agreement:
    """`Twin One` and `Twin Two` are two children, though neither has a name."""
    first, second = _ordinal(one), _ordinal(other)
    return Agreement.CONFLICT if first and second and first != second else Agreement.UNKNOWN


def _ordinal(name: Name) -> str | None:
    if not is_stand_in(name):
        return None
    found = [_ORDINALS.get(part, part) for part in name[1:]]
    return next((part for part in found if part.isdigit()), None)
