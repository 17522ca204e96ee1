"""People's decisions: checked against what was looked at, carried out as a whole or refused in words.

A decision outranks the rules. What waits and could now be placed is looked at again, and what a rule then places is
part of the decision: undoing it takes that back too.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import orjson
from pydantic import ValidationError

from hub.core.errors import Unreadable
from hub.core.identity import (
    adopting,
    answering,
    answers,
    asides,
    decisions,
    guards,
    held,
    likeness,
    matching,
    pairs,
    questions,
    undoing,
)
from hub.core.identity.draft import Draft
from hub.core.identity.outcome import Outcome
from hub.core.identity.refusal import Refused
from hub.core.identity.ruling import Aside, Ruling, Turn
from hub.core.identity.store import Child, Link, Store
from hub.core.identity.work import By, Work
from schemas.decisions import (
    DECISIONS,
    Adopted,
    AdoptionProposed,
    ChildMerged,
    Decision,
    DecisionUndone,
    HeldAccepted,
    HeldDismissed,
    HeldSeparated,
    LinkAssigned,
    LinkReleased,
    LinkSetAside,
    MatchRejected,
    PlaceAnswered,
    QuestionAnswered,
    SubjectAnswered,
    VersionAnswered,
)
from schemas.ids import keyed_digest
from schemas.kinds import validation_errors
from schemas.statements import Observation

_OF_SENDING: dict[str, Any] = {
    "effective_on": True,
    "received_at": True,
    "recorded_at": True,
    "data": {"evidence": True, "beside": True, "nonce": True},
}
"""What differs where one decision is sent twice: when, the looks that came before, and what is drawn anew."""

_KEPT_TO_UNDO = (HeldAccepted, HeldSeparated, AdoptionProposed)
_NOTHING_BESIDE = (DecisionUndone, AdoptionProposed, HeldDismissed, LinkSetAside)
"""Decisions that place nobody."""
_FOR_GOOD = (Adopted, HeldDismissed)


def decide(observation: Observation, at: Work) -> Outcome:
    """Carry out one decision, or refuse it; what came of it is kept, audited and told on its task.

    Raises Unreadable for an observation that is no decision. Sent twice it is one decision.
    """
    decision = _decision(observation)
    content = _content(observation, decision, at.key)
    store = at.store
    known = store.ruling(observation.record)
    if known is not None and known.content == content:
        return Outcome(repeat=True)
    by = By(observation.record, decision.actor, decision.why, decision.task, decision.evidence)
    draft = Draft(store.values)
    work = replace(at, store=Store(draft), outcome=Outcome(), by=by, moves=[])
    ruling = Ruling(
        observation.kind, content, decision.actor, "taken", "carried out", observation.received_at.isoformat()
    )
    try:
        if known is not None:
            raise Refused("another decision was sent under this id before")
        changed = _carry_out(work, observation, decision, ruling)
    except Refused as refusal:
        work = replace(at, outcome=Outcome(), by=by, moves=[])
        ruling.outcome, ruling.words = "refused", str(refusal)
    else:
        likeness.relearn(work, changed)
        questions.refresh(work, changed)
        ruling.moves = work.moves
        if isinstance(decision, _FOR_GOOD):
            ruling.can_be_undone = False
        elif isinstance(decision, _KEPT_TO_UNDO):
            undoing.remember(draft, ruling, observation.record)
        draft.keep()
        work.store = store
    answering.answer(work, ruling, observation)
    if known is None:
        store.put_ruling(observation.record, ruling)
    return work.outcome


def _content(observation: Observation, decision: Decision, key: bytes) -> str:
    """What tells a decision from another one under its id. Of an adoption not the child that goes on, nor anything that
    goes with it: whoever had the key could try which it is."""
    said = observation.model_dump(mode="json", exclude=_OF_SENDING)
    if isinstance(decision, AdoptionProposed):
        named = {name: said["data"].get(name) for name in ("actor", "proposal")}
        said = {name: said[name] for name in ("kind", "record", "child_id")} | named
    return keyed_digest(key, "decision", orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode())


def _decision(observation: Observation) -> Decision:
    model = DECISIONS.get(observation.kind)
    if model is None:
        raise Unreadable([("kind", "not one that a person may decide")])
    try:
        return model.model_validate(observation.data)
    except ValidationError as error:
        raise Unreadable(validation_errors(error, prefix="data")) from None


def _carry_out(work: Work, observation: Observation, decision: Decision, ruling: Ruling) -> set[str]:
    """Do it, and place what waited for it; returns the links whose questions may be others now."""
    changed = _ACTS[type(decision)](work, observation, decision, ruling)
    if not isinstance(decision, _NOTHING_BESIDE):
        changed |= _look_again(work, changed)
    return changed


def _assign(work: Work, observation: Observation, decision: LinkAssigned, _ruling: Ruling) -> set[str]:
    link = _link(work, observation.link)
    child = _child(work, decision.child)
    _require_seen(decision, [link, *work.members(child.id)])
    if link.child == child.id:
        raise Refused("it belongs to that child already")
    guards.require_one_person(work, child.id, [link])
    decisions.assign(work, link, child.id, "person", decision.why)
    return {link.id}


def _release(work: Work, observation: Observation, decision: LinkReleased, _ruling: Ruling) -> set[str]:
    link = _link(work, observation.link)
    _require_seen(decision, [link])
    if link.child is None:
        raise Refused("it belongs to no child")
    decisions.release(work, link, decision.why)
    return asides.let_back(work, link)


def _put_aside(work: Work, observation: Observation, decision: LinkSetAside, ruling: Ruling) -> set[str]:
    link = _link(work, observation.link)
    _require_seen(decision, [link])
    if link.facts != decision.statements:
        raise Refused("more was said since this was looked at: look again")
    guards.require_nobody_known(work, link)
    ruling.aside = Aside(link.id, asides.description(work, link), True)
    return asides.put(work, link, ruling.aside.description, aside=True)


def _merge(work: Work, observation: Observation, decision: ChildMerged, ruling: Ruling) -> set[str]:
    child, into = _child(work, observation.child_id), _child(work, decision.into)
    if child.id == into.id:
        raise Refused("a child can't be merged into itself")
    links = work.members(child.id)
    if not links:
        raise Refused("nothing belongs to the child that is to be merged")
    _require_seen(decision, [*links, *work.members(into.id)])
    guards.require_one_person(work, into.id, links)
    for link in links:
        decisions.assign(work, link, into.id, "person", decision.why)
    decisions.turn(work, child.id, into.id)
    ruling.turns.append(Turn(child.id, None, into.id))
    return {link.id for link in links}


def _reject(work: Work, observation: Observation, decision: MatchRejected, ruling: Ruling) -> set[str]:
    child = _child(work, decision.child)
    if observation.child_id is not None and observation.link is None:
        links = work.members(_child(work, observation.child_id).id)
    else:
        links = [_link(work, observation.link)]
    members = work.members(child.id)
    _require_seen(decision, [*links, *members])
    if any(link.child == child.id for link in links):
        raise Refused("it belongs to that child: release it first")
    ruling.pairs = [(link.id, one.id) for link in links for one in members if one.id not in link.apart]
    if not ruling.pairs:
        raise Refused("nothing belongs to that child that was not rejected before")
    pairs.set_apart(work, ruling.pairs, apart=True)
    for link_id in dict(ruling.pairs):
        pairs.record(work, link_id, child.id, decision.why)
    return {link_id for pair in ruling.pairs for link_id in pair}


def _accept(work: Work, observation: Observation, decision: HeldAccepted, _ruling: Ruling) -> set[str]:
    link = _held(work, observation, decision, decision.held)
    changed = held.accept(work, link, decision.why)
    if link.child is not None:
        guards.require_one_person(work, link.child, ())
    return changed


def _separate(work: Work, observation: Observation, decision: HeldSeparated, _ruling: Ruling) -> set[str]:
    link = _held(work, observation, decision, decision.held)
    return held.separate(work, link, observation.record)


def _dismiss(work: Work, observation: Observation, decision: HeldDismissed, _ruling: Ruling) -> set[str]:
    link = work.store.link(observation.link or "")
    if link is None or not held.beside_closed(work, link):
        raise Refused("only what is said under a record that was closed for good can be dismissed")
    _require_held(link, decision, decision.held)
    held.dismiss(work, link)
    return {link.id}


def _propose(work: Work, observation: Observation, decision: AdoptionProposed, _ruling: Ruling) -> set[str]:
    adopting.propose(work, *_adoption(work, observation, decision), decision)
    return set()


def _adopt(work: Work, observation: Observation, decision: Adopted, _ruling: Ruling) -> set[str]:
    return adopting.adopt(work, *_adoption(work, observation, decision), decision)


def _adoption(work: Work, observation: Observation, decision: AdoptionProposed) -> tuple[Child, Child | None]:
    old = _child(work, observation.child_id)
    into = _child(work, decision.into) if decision.into is not None else None
    _require_seen(decision, [*work.members(old.id), *(work.members(into.id) if into is not None else ())])
    return old, into


def _answer(work: Work, observation: Observation, decision: answers.Answer, ruling: Ruling) -> set[str]:
    ruling.answered = answers.give(work, observation, _link(work, observation.link), decision)
    return set()


def _undo(work: Work, _observation: Observation, decision: DecisionUndone, ruling: Ruling) -> set[str]:
    return undoing.undo(work, decision, ruling)


_ACTS: dict[type[Decision], Callable[[Work, Observation, Any, Ruling], set[str]]] = {
    LinkAssigned: _assign,
    LinkReleased: _release,
    LinkSetAside: _put_aside,
    ChildMerged: _merge,
    MatchRejected: _reject,
    HeldAccepted: _accept,
    HeldSeparated: _separate,
    HeldDismissed: _dismiss,
    AdoptionProposed: _propose,
    Adopted: _adopt,
    SubjectAnswered: _answer,
    PlaceAnswered: _answer,
    QuestionAnswered: _answer,
    VersionAnswered: _answer,
    DecisionUndone: _undo,
}


def _link(work: Work, link_id: str | None) -> Link:
    link = work.store.link(link_id or "")
    if link is None or link.gone:
        raise Refused("there is no such source person")
    if link.closed:
        raise Refused("that record was closed for good: what it still says can be dismissed, and nothing else")
    return link


def _child(work: Work, child_id: str | None) -> Child:
    child = work.store.child(child_id or "")
    if child is None:
        raise Refused("there is no such child")
    if child.into is not None:
        raise Refused("that child was merged into another since: look again")
    return child


def _held(work: Work, observation: Observation, decision: Decision, number: int) -> Link:
    link = _link(work, observation.link)
    _require_held(link, decision, number)
    return link


def _require_held(link: Link, decision: Decision, number: int) -> None:
    _require_seen(decision, [link])
    if not link.disputed:
        raise Refused("nothing is held back there")
    if number != link.disputed:
        raise Refused("more was held back since this was looked at: look again")


def _require_seen(decision: Decision, links: Iterable[Link]) -> None:
    """Raises Refused unless every link concerned was looked at, and is as it was then: also those of the child to come
    to, of which there may be more by now."""
    for link in links:
        if link.id not in decision.expected:
            raise Refused("a source person that it concerns was not looked at, or came since: look again")
        if decision.expected[link.id] != link.seq:
            raise Refused("who this is was decided again since it was looked at: look again")


def _look_again(work: Work, changed: set[str]) -> set[str]:
    """Try again what waits beside the links that were decided on, and what was set apart as a link of its own."""
    looked_at: set[str] = set()
    for link_id in sorted(changed):
        link = work.link(link_id)
        waiting = [one.id for one in (*work.neighbours(link), *work.alike(link)) if one.child is None]
        for one in [link_id, *waiting]:
            if work.link(one).child is None and one not in looked_at:
                looked_at |= matching.settle(work, one)
    return looked_at
