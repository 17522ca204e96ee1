"""Who carries a number, and when so many do that it says nothing of who they are.

A placeholder that somebody types for every child, or a number that was copied down a sheet, passes every check of its
digits. It still joins records that agree in all else, as any number does; but that each of its carriers differs from
each other one is a single question for a person, not one for each pair.
"""

from collections.abc import Collection
from typing import Final

from hub.core.identity.evidence import Evidence, birth_to_agree_in
from hub.core.identity.store import Carrier
from schemas.ids import keyed_digest

MOST_FACES: Final = 10
"""More dates of birth and given names than one child is ever recorded with under one number, slips included."""

MOST_LINKS: Final = 200
"""More links than one child has; each pair of them might be a question."""


def carrier(key: bytes, number: str, link: str, evidence: Evidence) -> Carrier:
    """A link as a carrier of a number: digests, which say nothing to anybody without the deployment's key."""
    birth = birth_to_agree_in(evidence)
    dates = sorted(each.isoformat() for each in evidence.births)
    face = keyed_digest(key, "face", number, *dates, *sorted(map(repr, evidence.givens)))
    return Carrier(link, keyed_digest(key, "birth", number, birth) if birth else "", face)


def is_common(carriers: Collection[Carrier]) -> bool:
    """Whether so many different people are recorded with the number that it tells nobody apart."""
    return len(carriers) > MOST_LINKS or len({each.face for each in carriers}) > MOST_FACES


def able_to_agree(carriers: Collection[Carrier], link: str) -> list[str]:
    """Ids of those that a link could be the same person as: all of them, but of a common number only those with its
    date of birth."""
    others = [each for each in carriers if each.link != link]
    if not is_common(carriers):
        return [each.link for each in others]
    mine = next((each.birth for each in carriers if each.link == link), "")
    return [each.link for each in others if mine and each.birth == mine]
