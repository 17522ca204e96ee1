"""What each of two people sees who decide that a child was adopted: the old child alone, never beside the new one."""

from hub.core.identity import adopting, anew
from hub.core.identity.draft import Draft
from hub.core.identity.engine import Identity
from hub.core.identity.looking import column_of
from hub.core.identity.store import Child, KeyValues, Link, Store
from schemas import looks
from schemas.decisions import PEOPLE, PROPOSED
from schemas.instants import Instant
from schemas.statements import Observation


def adoption(identity: Identity, values: KeyValues, child_id: str, look: str, at: Instant) -> looks.Adoption | None:
    """Who the child is, what stands of it and could go on, and what was proposed; None when there is no such child."""
    store = Store(values)
    child = store.child(child_id)
    if child is None or child.into is not None or not child.links:
        return None
    links = [link for each in child.links if (link := store.link(each)) is not None]
    found = anew.standing(store, links)
    return looks.Adoption(
        look=look,
        child_id=child_id,
        columns=tuple(column_of(link) for link in links),
        facts=tuple(_shown(one) for one in found),
        seen=anew.seen(found),
        expected={link.id: link.seq for link in links},
        proposal=_proposal(store, child),
        refused=_refused(identity, values, child_id, links, anew.seen(found), at),
    )


def _shown(one: anew.Standing) -> looks.GoingOn:
    fact = one.fact
    return looks.GoingOn(
        ref=one.ref,
        kind=fact.kind,
        source=fact.source,
        effective_on=fact.effective_on,
        known_on=one.known_on,
        subject=fact.subject,
        data=fact.data,
    )


def _proposal(store: Store, child: Child) -> looks.Proposed | None:
    found = adopting.proposal_of(store, child)
    if found is None:
        return None
    return looks.Proposed.model_validate({name: found[name] for name in looks.Proposed.model_fields})


def _refused(
    identity: Identity, values: KeyValues, child_id: str, links: list[Link], seen: str, at: Instant
) -> str | None:
    """Why it could not be proposed as things are: found by proposing it on a draft that is thrown away."""
    said = {
        "actor": "foreseen",
        "why": "to see what it would do",
        "evidence": ["foreseen"],
        "expected": {link.id: link.seq for link in links},
        "seen": seen,
    }
    observation = Observation(
        kind=PROPOSED,
        source=PEOPLE,
        record="foreseen",
        version=1,
        recorded_at=at,
        received_at=at,
        child_id=child_id,
        data=said,
    )
    (entry,) = identity.observe(observation, Draft(values)).audits
    return entry.detail if entry.outcome == "refused" else None
