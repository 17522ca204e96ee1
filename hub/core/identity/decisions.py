"""Deciding which child a link belongs to: one number per decision, written so that readers need no order.

Decision n that moves link L from A to B writes `link.released` {L, n} to A, and `link.assigned` {L, n} with all of L's
facts marked n to B. A child counts a fact only when the highest number it has seen for the link is an assignment and
the fact carries it.
"""

from hub.core.identity.bodies import fact_of, link_fact, merged_fact
from hub.core.identity.ruling import Move
from hub.core.identity.store import Child, Link
from hub.core.identity.work import Work
from schemas.ids import keyed_digest
from schemas.links import LinkDecision, LinkRule


def found(work: Work, link: Link, why: str) -> None:
    """Make a child of a link. The id is keyed: the same in a replay, and nobody can derive it."""
    child_id = keyed_digest(work.key, "child", link.id, link.seq + 1)
    assign(work, link, child_id, "founding", why)


def assign(work: Work, link: Link, child_id: str, rule: LinkRule, why: str) -> None:
    """Give a link to a child, taking it from the one it belonged to; nothing when it is there already."""
    if link.child == child_id:
        return
    _decide(work, link, child_id, rule)
    child = work.store.child(child_id) or Child(child_id)
    child.links.append(link.id)
    work.store.put_child(child)
    _tell(work, link, child_id)
    record(work, link, child_id, "assigned", rule, why)


def release(work: Work, link: Link, why: str) -> None:
    """Take a link from its child; it waits until it is assigned again. Nothing when it waits already."""
    if link.child is None:
        return
    child_id = link.child
    _decide(work, link, None, "person")
    record(work, link, child_id, "released", "person", why)


def restate(work: Work, link: Link, why: str) -> None:
    """Say a link's facts anew to the child it belongs to, because which they are has changed. One that waits has none
    to say it to."""
    if link.child is None:
        return
    link.seq += 1
    work.store.put_link(link)
    _tell(work, link, link.child)
    record(work, link, link.child, "assigned", "person", why)


def turn(work: Work, child_id: str, into: str | None) -> None:
    """A child is merged into another, or no longer is: told to it, so that whoever knows the old id is shown on."""
    child = work.store.child(child_id) or Child(child_id)
    told = into or child.into
    child.turns += 1
    child.into = into
    work.store.put_child(child)
    other = work.store.child(str(told)) or Child(str(told))
    others = set(other.merged) - {child_id}
    other.merged = sorted(others | {child_id} if into is not None else others)
    work.store.put_child(other)
    work.outcome.facts.append(merged_fact(child_id, str(told), child.turns, work.at, retracted=into is None))


def _decide(work: Work, link: Link, to: str | None, rule: LinkRule) -> None:
    by = work.by if rule == "person" else None
    decided_by = by.decision if by is not None else None
    work.moves.append(Move(link.id, link.child, link.by_person, link.decided_by, to, decided_by))
    link.seq += 1
    link.placed_at = link.placed_at or (work.at.isoformat() if to is not None and link.seq == 1 else None)
    link.by_person = rule == "person"
    link.decided_by = decided_by
    if link.child is not None:
        _leave(work, link, link.child)
    link.child = to
    work.store.put_link(link)


def _leave(work: Work, link: Link, child_id: str) -> None:
    child = work.store.child(child_id) or Child(child_id)
    child.links = [member for member in child.links if member != link.id]
    work.store.put_child(child)
    work.outcome.facts.append(link_fact("link.released", link, child_id, work.at))


def _tell(work: Work, link: Link, child_id: str) -> None:
    work.outcome.facts.append(link_fact("link.assigned", link, child_id, work.at))
    bodies = (work.store.fact(link.id, number) for number in range(link.facts))
    work.outcome.facts.extend(fact_of(body, link, child_id) for body in bodies)


def record(work: Work, link: Link, child_id: str, decision: str, rule: LinkRule, why: str) -> None:
    """Write the link's last decision down for good."""
    by = work.by if rule == "person" else None
    work.outcome.decisions.append(
        LinkDecision.model_validate(
            {
                "link": link.id,
                "child_id": child_id,
                "seq": link.seq,
                "decision": decision,
                "rule": rule,
                "why": why,
                "at": work.at,
                "actor": by.actor if by else None,
                "decided_by": by.decision if by else None,
                "task": by.task if by else None,
                "evidence": by.evidence if by else (),
                "apart": tuple(link.apart),
            }
        )
    )
