"""Who could be a brother, sister or twin of whom: alike in all but the given name."""

from hub.core.identity.scoring.traits import Traits


def related(one: Traits, other: Traits) -> bool:
    """Whether two could be brother and sister, or twins: one family name, and one address or one day of birth, but
    another given name."""
    if not one.family_text or one.family_text != other.family_text or one.given[:1] == other.given[:1]:
        return False
    same_home = bool(one.postcode) and one.postcode == other.postcode
    return same_home or (bool(one.birth_text) and one.birth_text == other.birth_text)
