"""A child is adopted: what goes on is written anew under a new identity, and the old one is purged. For good.

Two people say the same, each on a look of their own. Nothing that comes out names both children: what is written anew
is an outcome apart, which shares no id, instant or cause with the rest (docs/decisions/0014-adoption.md).
"""

from typing import Any

from hub.core.identity import anew, closing, questions
from hub.core.identity.bodies import content_digest, fact_of, link_fact, purged_fact
from hub.core.identity.evidence import Evidence, combined
from hub.core.identity.outcome import Outcome
from hub.core.identity.refusal import Refused
from hub.core.identity.store import Child, Link, Store
from hub.core.identity.work import Work
from schemas.decisions import Adopted, AdoptionProposed
from schemas.ids import keyed_digest
from schemas.instants import london_day, microseconds, start_of
from schemas.links import LinkDecision

WHY = "written anew: who decided it is on record elsewhere"
SEQ = 2
"""The number of the new link's first decision: what a move brings counts from when it was known (`since`)."""

_TERMS = ("into", "leave", "seen")


def propose(work: Work, old: Child, into: Child | None, decision: AdoptionProposed) -> None:
    """Keep what is proposed with the old child's own data; raises Refused where it could not be carried out."""
    _require_possible(work, old, into, decision)
    assert work.by is not None
    proposal = {"child": old.id, "decision": work.by.decision, "actor": work.by.actor, **_terms(decision)}
    work.store.put_proposal(old.links[0], proposal)


def adopt(work: Work, old: Child, into: Child | None, decision: Adopted) -> set[str]:
    """Carry out what another person proposed; returns the links whose questions may be others now."""
    assert work.by is not None
    proposal = proposal_of(work.store, old)
    if proposal is None or proposal["decision"] != decision.proposal:
        raise Refused("that was not proposed, was taken back, or something else was proposed since: look again")
    if proposal["actor"] == work.by.actor:
        raise Refused("the one who proposed it can't confirm it: somebody else has to look")
    if any(proposal[name] != said for name, said in _terms(decision).items()):
        raise Refused("it says something else than what was proposed: look again")
    going_on = _require_possible(work, old, into, decision)
    work.outcome.apart = _write_anew(work, into, going_on, decision.nonce, old)
    members = work.members(old.id)
    theirs = work.known_of(into.id) if into is not None else Evidence()
    links, children = {link.id for link in members}, _with_merged(work, old)
    changed = links | questions.forget(work, links, children)
    for link_id in old.links:
        changed |= closing.close(work, work.link(link_id), old.id, theirs)
    for child_id in children:
        work.store.drop_child(child_id)
        work.outcome.facts.append(purged_fact(child_id, work.at))
    return changed


def proposal_of(store: Store, child: Child) -> dict[str, Any] | None:
    """What was proposed last about a child. What stands with a link that has moved since was about another one."""
    found = store.proposal(child.links[0]) if child.links else None
    return found if found is not None and found["child"] == child.id else None


def _terms(decision: AdoptionProposed) -> dict[str, object]:
    return {"into": decision.into, "leave": sorted(decision.leave), "seen": decision.seen}


def _require_possible(work: Work, old: Child, into: Child | None, decision: AdoptionProposed) -> list[anew.Standing]:
    """What goes on. Raises Refused where that is not as it was looked at, or something else comes first."""
    if not decision.evidence or (into is not None and not decision.beside):
        raise Refused("nobody looked: it rests on a look at the child, and on one at the child that goes on")
    members = work.members(old.id)
    if not members:
        raise Refused("nothing belongs to the child that was adopted")
    if into is not None and into.id == old.id:
        raise Refused("a child can't go on as itself: name the new record's child, or none")
    if any(link.disputed for link in members):
        raise Refused("statements are held back there: decide first whose they are")
    if into is not None and not combined(link.evidence for link in members).nhs.isdisjoint(work.known_of(into.id).nhs):
        raise Refused("the new record carries the old one's verified NHS number: that has to be put right first")
    found = anew.standing(work.store, members)
    if anew.seen(found) != decision.seen:
        raise Refused("more was said, or taken back, since it was looked at: look again")
    if not {one.ref for one in found}.issuperset(decision.leave):
        raise Refused("a fact that is to be left out is none of those that stand: look again")
    return [one for one in found if one.ref not in decision.leave]


def _write_anew(work: Work, into: Child | None, going_on: list[anew.Standing], nonce: str, old: Child) -> Outcome:
    """The facts under a new link, for the child that goes on. By their own instants nothing tells when it was done."""
    apart = Outcome()
    if not going_on and into is not None:
        return apart
    ids = anew.Ids(work.key, nonce, work.sources, anew.ids_in(going_on))
    link = Link(ids.made("link", ""), work.link(old.links[0]).source, named=False, seq=SEQ, by_person=True)
    link.placed_at = start_of(min((one.known_on for one in going_on), default=london_day(work.at))).isoformat()
    child = into or Child(keyed_digest(work.key, "child", link.id, SEQ))
    link.child = child.id
    at = start_of(london_day(work.at))
    for number, body in enumerate(anew.written_anew(going_on, ids)):
        fact = fact_of(body, link, child.id)
        work.store.put_fact(link.id, number, body)
        work.store.put_seen(content_digest(body, work.key, link), number, microseconds(fact.received_at))
        apart.facts.append(fact)
        link.facts += 1
        link.record, link.kind = link.record or fact.record, link.kind or fact.kind
    # Last, so that all counts at once, and none of it as news.
    apart.facts.append(link_fact("link.assigned", link, child.id, at, told=True))
    child.links.append(link.id)
    work.store.put_child(child)
    work.store.put_link(link)
    apart.decisions.append(
        LinkDecision(link=link.id, child_id=child.id, seq=SEQ, decision="assigned", rule="person", why=WHY, at=at)
    )
    return apart


def _with_merged(work: Work, old: Child) -> list[str]:
    """The child, and those that were ever merged into it."""
    found, queue = [], [old]
    while queue:
        child = queue.pop()
        found.append(child.id)
        queue.extend(one for each in child.merged if (one := work.store.child(each)) is not None)
    return found
