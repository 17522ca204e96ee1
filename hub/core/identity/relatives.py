"""Who could be a brother, sister or twin of whom: alike in all but the given name."""

from collections.abc import Iterable

from hub.core.identity.names import Agreement, compare_given
from hub.core.identity.scoring import levels
from hub.core.identity.scoring.traits import Traits

_WRITTEN_DIFFERENTLY = frozenset({levels.GIVEN.index("slip"), levels.GIVEN.index("sound")})


def blocks_of(traits: Traits) -> Iterable[str]:
    """The households that a person may be of: two of family name (as it sounds), address and day of birth."""
    if traits.family_sound and traits.home:
        yield f"{traits.family_sound} at {traits.home}"
    if traits.family_sound and traits.birth_text:
        yield f"{traits.family_sound} of {traits.birth_text}"
    if traits.home and traits.birth_text:
        yield f"{traits.birth_text} at {traits.home}"


def may_be_related(one: Traits, other: Traits) -> bool:
    """Of one household: whether the given names leave it open that these are two. A missing name does."""
    return not one.given or not other.given or compare_given(one.given, other.given) is Agreement.CONFLICT


def related(one: Traits, other: Traits) -> bool:
    """Of one household: whether the given names say that these are two, and not one of them written differently."""
    if not one.given or not other.given or compare_given(one.given, other.given) is not Agreement.CONFLICT:
        return False
    return levels.given(one, other) not in _WRITTEN_DIFFERENTLY
