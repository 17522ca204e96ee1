"""Which child a link belongs to, by the matching policy's rules alone.

A link joins a child on a shared number that the policy trusts, with date of birth and given name agreeing between the
two source persons, and nothing in conflict between the link and anybody in the child; without a number only where the
policy has a rule for it and no relative is known. Else a council's own person founds a child, and anything else waits.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hub.core.identity import decisions, pairs
from hub.core.identity.evidence import conflicts
from hub.core.identity.policy import Rule, applies
from hub.core.identity.scoring.traits import Traits
from hub.core.identity.store import Link
from hub.core.identity.work import Work

FOUNDING = "a person of a source that makes children, whom no rule of the policy joins to another record"
"""Why a child is made, in words, without personal data."""


class Match(NamedTuple):
    """A link that a rule joins another one to."""

    link: Link
    rule: Rule


def settle(work: Work, link_id: str) -> set[str]:
    """Place a link, then every waiting link that this makes placeable; returns all that were looked at."""
    looked_at: set[str] = set()
    queue = deque([link_id])
    while queue:
        link = work.link(queue.popleft())
        if link.child is None and not link.by_person:
            _place(work, link)
        looked_at |= {link.id, *_relatives(work, link)}
        if link.child is not None:
            near = [*work.neighbours(link), *work.alike(link)]
            waiting = [one for one in near if one.child is None and one.id not in looked_at]
            queue.extend(one.id for one in waiting if not one.by_person and matches(work, one, [link]))
    return looked_at


def matches(work: Work, link: Link, others: Iterable[Link]) -> list[Match]:
    """Those of other links that a rule joins this one to, each by the strongest rule that does."""
    found = []
    for other in others:
        if conflicts(link.evidence, other.evidence):
            continue
        rule = next((rule for rule in _matching(work) if _applies(work, rule, link, other)), None)
        if rule is not None:
            found.append(Match(other, rule))
    return found


def _matching(work: Work) -> Sequence[Rule]:
    return (*work.policy.by_number, *work.policy.by_name)


def _applies(work: Work, rule: Rule, link: Link, other: Link) -> bool:
    mine, theirs = _traits(work, link), _traits(work, other)
    if not any(applies(rule, link.evidence, other.evidence, one, two) for one in mine for two in theirs):
        return False
    return not rule.unless_relative or not (_near(work, link) | _near(work, other)) - {link.id, other.id}


def _near(work: Work, link: Link) -> set[str]:
    return set() if work.people is None else set(work.people.relatives(link.id))


def _traits(work: Work, link: Link) -> tuple[Traits | None, ...]:
    known = () if work.people is None else work.people.traits(link.id)
    return known or (None,)


def _place(work: Work, link: Link) -> None:
    neighbours = work.neighbours(link)
    if not _joined(work, link, matches(work, link, neighbours)):
        # Where a number is shared and yet decides nothing, a name must not either.
        by_name = [] if neighbours else matches(work, link, work.alike(link))
        if not _joined(work, link, by_name) and link.named and work.sources[link.source].creates_children:
            decisions.found(work, link, FOUNDING)


def _joined(work: Work, link: Link, found: list[Match]) -> bool:
    """Join the one child that is matched, if it is one and nobody in it conflicts."""
    found = [each for each in found if each.link.child is not None]
    found = [each for each in found if not pairs.are_apart(work, link, str(each.link.child))]
    children = {str(each.link.child) for each in found}
    if len(children) != 1:
        return False
    (child_id,) = children
    if conflicts(link.evidence, work.known_of(child_id)):
        return False
    rule = min((each.rule for each in found), key=list(_matching(work)).index)
    link.by_name = rule.unless_relative
    decisions.assign(work, link, child_id, rule.name, rule.why)
    return True


def _relatives(work: Work, link: Link) -> list[str]:
    """Links that a rule without a number placed, and that this one could be a relative of: they are asked about now."""
    found = []
    for link_id in sorted(_near(work, link)):
        other = work.link(link_id)
        if other.by_name and link.id not in other.relatives:
            other.relatives = sorted({*other.relatives, link.id})
            work.store.put_link(other)
            found.append(link_id)
    return found
