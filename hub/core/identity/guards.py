"""What no decision may do: join what can never be one person."""

from collections.abc import Collection

from hub.core.identity import questions
from hub.core.identity.refusal import Refused
from hub.core.identity.store import Link
from hub.core.identity.work import Work

TWO_NUMBERS = "two different verified NHS numbers are never in one child: one of the records has to be put right first"
APART = "a person said before that these are two people: that decision has to be undone first"


def require_one_person(work: Work, child_id: str, joining: Collection[Link]) -> None:
    """Raises Refused where a child's links, with those that join it, can't all be one person."""
    everybody = [*work.members(child_id), *joining]
    if len({number for link in everybody for number in link.evidence.nhs}) > 1:
        raise Refused(TWO_NUMBERS)
    ids = {link.id for link in everybody}
    if any(not ids.isdisjoint(link.apart) for link in everybody):
        raise Refused(APART)


def require_nobody_known(work: Work, link: Link) -> None:
    """Raises Refused where a link could be somebody who is known."""
    if not questions.fits_nobody(work, link):
        raise Refused("it may be somebody who is known, or carries a number of a record that was closed for good")
