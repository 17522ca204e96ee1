"""The matching policy, first version: which child a link belongs to, by the rules alone.

A link joins a child on a shared number that the policy trusts, with date of birth and given name agreeing between the
two source persons, and nothing in conflict between the link and anybody in the child. Else a council's own person
founds a child, and anything else waits. Nothing links on name and date of birth alone.
"""

from collections import deque

from hub.core.identity import decisions, pairs
from hub.core.identity.evidence import agrees, conflicts
from hub.core.identity.store import Link
from hub.core.identity.work import Work
from schemas.links import LinkRule

WHY: dict[LinkRule, str] = {
    "founding": "a person of a source that makes children, with no number that another record shares",
    "nhs-number": "the same verified NHS number, with date of birth and given name agreeing",
    "upn": "the same UPN, with date of birth and given name agreeing",
}
"""Reasons in words, without personal data."""


def settle(work: Work, link_id: str) -> set[str]:
    """Place a link, then every waiting link that this makes placeable; returns all that were looked at."""
    looked_at: set[str] = set()
    queue = deque([link_id])
    while queue:
        link = work.link(queue.popleft())
        neighbours = work.neighbours(link)
        if link.child is None and not link.by_person:
            _place(work, link, neighbours)
        looked_at.add(link.id)
        if link.child is not None:
            queue.extend(one.id for one in neighbours if one.child is None and _matches(link, one))
    return looked_at


def _place(work: Work, link: Link, neighbours: list[Link]) -> None:
    matched = [one for one in neighbours if one.child is not None and _matches(link, one)]
    matched = [one for one in matched if not pairs.are_apart(work, link, str(one.child))]
    children = {one.child for one in matched}
    if len(children) == 1:
        child_id = str(matched[0].child)
        if not conflicts(link.evidence, work.known_of(child_id)):
            rule = min(_rule(link, one) for one in matched)
            decisions.assign(work, link, child_id, rule, WHY[rule])
            return
    if link.named and work.sources[link.source].creates_children:
        decisions.found(work, link, WHY["founding"])


def _matches(one: Link, other: Link) -> bool:
    return agrees(one.evidence, other.evidence)


def _rule(one: Link, other: Link) -> LinkRule:
    return "nhs-number" if one.evidence.nhs & other.evidence.nhs else "upn"
