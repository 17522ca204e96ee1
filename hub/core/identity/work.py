"""One piece of work: what is known, what it is about, and what comes out of it."""

from dataclasses import dataclass, field
from datetime import datetime

from hub.core.identity.carrying import able_to_agree, carrier, is_common
from hub.core.identity.evidence import Evidence, combined
from hub.core.identity.outcome import Outcome
from hub.core.identity.people import People
from hub.core.identity.policies import CURRENT
from hub.core.identity.policy import Policy
from hub.core.identity.ruling import Move
from hub.core.identity.store import Carrier, Child, Link, Store
from schemas.sources import Source


@dataclass(frozen=True, slots=True)
class By:
    """Who decides: the decision's id, an opaque actor, their words, the question answered, the looks it rests on."""

    decision: str
    actor: str
    why: str
    task: str | None = None
    evidence: tuple[str, ...] = ()


@dataclass(slots=True)
class Work:
    """Passed down through one observation. `at` is the instant that decisions are made as of.

    `by` is the person who decides, None while rules do; `moves` are the decisions about links so far. `people` find
    links by name; without them only numbers do.
    """

    store: Store
    sources: dict[str, Source]
    key: bytes
    at: datetime
    outcome: Outcome = field(default_factory=Outcome)
    by: By | None = None
    moves: list[Move] = field(default_factory=list)
    policy: Policy = CURRENT
    people: People | None = None

    def link(self, link_id: str) -> Link:
        """A link that is known to be there."""
        found = self.store.link(link_id)
        if found is None:
            raise KeyError("a link that the state refers to is missing")
        return found

    def survivor(self, child_id: str) -> Child | None:
        """The child that goes by an id now, merges followed; None when there never was one."""
        child = self.store.child(child_id)
        while child is not None and child.into is not None:
            child = self.store.child(child.into)
        return child

    def members(self, child_id: str) -> list[Link]:
        """The links that belong to a child now."""
        child = self.store.child(child_id) or Child(child_id)
        return [self.link(link_id) for link_id in child.links]

    def known_of(self, child_id: str) -> Evidence:
        """All that a child's links say together."""
        return combined(member.evidence for member in self.members(child_id))

    def neighbours(self, link: Link) -> list[Link]:
        """The links that carry a number this one carries, by id; of one that many carry those it could agree with."""
        numbers = link.evidence.nhs | link.evidence.upns
        ids = {one for number in numbers for one in able_to_agree(self.bearers(number), link.id)}
        return [self.link(link_id) for link_id in sorted(ids)]

    def bearers(self, number: str) -> list[Carrier]:
        """The links that carry a number. Those kept by an earlier version, by their ids alone, are made whole."""
        found = self.store.bearers(number)
        if any(not each.face for each in found):
            found = [each if each.face else self._carrier(number, each.link) for each in found]
            self.store.put_bearers(number, found)
        return found

    def _carrier(self, number: str, link_id: str) -> Carrier:
        return carrier(self.key, number, link_id, self.link(link_id).evidence)

    def shares_a_number(self, link: Link) -> bool:
        """Whether any other link carries a number this one carries."""
        numbers = link.evidence.nhs | link.evidence.upns
        return any(one.link != link.id for number in numbers for one in self.store.bearers(number))

    def common_numbers(self, link: Link) -> list[str]:
        """Those of its numbers that tell nobody apart."""
        numbers = link.evidence.nhs | link.evidence.upns
        return sorted(number for number in numbers if is_common(self.bearers(number)))

    def alike(self, link: Link) -> list[Link]:
        """The links that may be the same person and share no number with it, by id."""
        numbers = link.evidence.nhs | link.evidence.upns
        found = [self.link(link_id) for link_id in sorted(link.likely)]
        return [one for one in found if numbers.isdisjoint(one.evidence.nhs | one.evidence.upns)]

    def is_barred(self, link: Link) -> bool:
        """Whether it carries a number of a record that was closed for good: then only a person says who it is. One that
        tells nobody apart says nothing of that record."""
        numbers = link.evidence.nhs | link.evidence.upns
        return any(self.store.is_barred(number) and not is_common(self.bearers(number)) for number in numbers)
