"""Which child a link belongs to, by the matching policy's rules alone.

A link joins a child on a shared number that the policy trusts, with date of birth and given name agreeing between the
two source persons, and nothing in conflict between the link and anybody in the child; without a number only where the
policy has a rule for it and no relative is known. Else a council's own person founds a child, and anything else waits.
"""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from hub.core.identity import decisions, pairs
from hub.core.identity.evidence import conflicts
from hub.core.identity.policy import Rule, applies
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
        if link.child is None and not link.by_person and not work.is_barred(link):
            _place(work, link)
        looked_at |= {link.id, *_relatives(work, link)}
        link = work.link(link.id)
        if link.child is not None:
            waiting = [one for one in work.neighbours(link) if one.child is None]
            queue.extend(one.id for one in waiting if matches(work, one, [link]))
            queue.extend(one.id for one in _waiting_by_name(work, link))
    return looked_at


def _waiting_by_name(work: Work, link: Link) -> list[Link]:
    """Those of the household who wait and, now that this link has a child, may be joined by name."""
    if work.people is None or not work.policy.by_name:
        return []
    household = map(work.link, sorted(work.people.household(link.id)))
    rules = work.policy.by_name
    return [one for one in household if one.child is None and any(_agree(work, rule, link, one) for rule in rules)]


def matches(work: Work, link: Link, others: Iterable[Link]) -> list[Match]:
    """Those of other links that share a number with this one and that a rule joins to it, by the strongest rule."""
    found = []
    for other in others:
        if conflicts(link.evidence, other.evidence):
            continue
        rule = next((rule for rule in work.policy.by_number if applies(rule, link.evidence, other.evidence)), None)
        if rule is not None:
            found.append(Match(other, rule))
    return found


def matches_by_name(work: Work, link: Link) -> list[Match]:
    """Links that a rule without a number joins to this one. None where somebody of the household may be another child,
    or where a person said that one of those who agree is somebody else.
    """
    people = work.people
    if people is None or not work.policy.by_name:
        return []
    household = people.household(link.id)
    if any(people.may_be_related(link.id, other) for other in household):
        return []
    found = []
    for other in map(work.link, sorted(household)):
        if conflicts(link.evidence, other.evidence):
            return []
        rule = next((rule for rule in work.policy.by_name if _agree(work, rule, link, other)), None)
        if rule is not None:
            found.append(Match(other, rule))
    return [] if any(_set_aside(each.link, found) for each in found) else found


def _agree(work: Work, rule: Rule, link: Link, other: Link) -> bool:
    assert work.people is not None
    mine, theirs = work.people.traits(link.id), work.people.traits(other.id)
    return any(applies(rule, link.evidence, other.evidence, one, two) for one in mine for two in theirs)


def _set_aside(link: Link, found: list[Match]) -> bool:
    """A person released it, or said that another of those who agree is not this one."""
    released = link.child is None and link.by_person
    return released or any(each.link.id in link.apart for each in found)


def _place(work: Work, link: Link) -> None:
    if not _joined(work, link, matches(work, link, work.neighbours(link))):
        # Where a number is shared and yet decides nothing, a name must not either.
        by_name = [] if work.shares_a_number(link) else matches_by_name(work, link)
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
    rule = min((each.rule for each in found), key=list(work.policy.rules).index)
    link.by_name = rule.unless_relative
    decisions.assign(work, link, child_id, rule.name, rule.why)
    return True


def _relatives(work: Work, link: Link) -> set[str]:
    """Note with both whom a link could be a relative of, where a rule without a number placed one of them, and take
    back what no longer holds; returns the links whose questions may be others now.
    """
    if work.people is None:
        return set()
    household = work.people.household(link.id)
    now = {one for one in household if work.people.related(link.id, one) and (link.by_name or work.link(one).by_name)}
    changed = now ^ set(link.relatives)
    for other in map(work.link, sorted(changed)):
        others = set(other.relatives) - {link.id}
        other.relatives = sorted(others | {link.id} if other.id in now else others)
        work.store.put_link(other)
    if changed:
        link = work.link(link.id)
        link.relatives = sorted(now)
        work.store.put_link(link)
    return changed
