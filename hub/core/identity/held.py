"""Statements held back: two people under one source id, or a correction. Never guessed; a person decides."""

from hub.core.errors import Unreadable
from hub.core.identity import decisions, questions, taking
from hub.core.identity.bodies import body_of
from hub.core.identity.evidence import agrees, conflicts
from hub.core.identity.store import Link
from hub.core.identity.work import Work
from schemas.ids import keyed_digest
from schemas.instants import microseconds
from schemas.statements import Observation


def whose(work: Work, link: Link, observation: Observation) -> Link | None:
    """The link of those under one source id that the statement is about; None where it is nobody's, or unclear.

    Of one that was closed nobody knows any more whose it is: what is not clearly another's is that one's.
    """
    if observation.person is None:
        return link
    evidence = taking.evidence_in(observation, work)
    people = [link, *map(work.link, link.seconds)]
    possible = [one for one in people if one.closed or not taking.differs(one, evidence, work)]
    if len(possible) > 1:
        possible = [one for one in possible if agrees(evidence, one.evidence)]
    if len(possible) == 1:
        return possible[0]
    return next((one for one in people if one.closed), None)


def hold_back(work: Work, link: Link, observation: Observation) -> None:
    """Keep a statement as received until a person decides. One that was held, or taken up, before is a repeat."""
    said = observation.model_dump_json(exclude={"received_at", "message"})
    content = keyed_digest(work.key, "disputed", link.id, said)
    if work.store.seen(content) is not None:
        work.outcome.repeat = True
        return
    number, link.disputed = link.disputed, link.disputed + 1
    work.store.put_seen(content, number, microseconds(observation.received_at))
    work.store.put_disputed(link.id, number, observation.model_dump_json().encode())
    work.store.put_link(link)
    questions.refresh(work, {link.id})


def accept(work: Work, link: Link, why: str) -> set[str]:
    """The last said is the person put right: what agrees with it is taken up. Returns the links that changed."""
    held = _held(work, link)
    corrected = link.evidence.corrected_by(taking.evidence_in(_last(held), work))
    taking.learn(work, link, corrected)
    decisions.restate(work, link, why)
    _take_up(work, link, link, held)
    return {link.id}


def separate(work: Work, link: Link, decision: str) -> set[str]:
    """The last said is somebody else, who has a link apart or gets one: what agrees with it is theirs. As above."""
    held = _held(work, link)
    last = _last(held)
    evidence = taking.evidence_in(last, work)
    apart = (one for one in map(work.link, link.seconds) if not (one.closed or one.gone))
    theirs = [one for one in apart if not conflicts(evidence, one.evidence)]
    second = theirs[0] if len(theirs) == 1 else _second(work, link, last, decision)
    taking.learn(work, second, second.evidence | evidence)
    work.store.put_link(second)
    _take_up(work, second, link, held)
    return {link.id, second.id}


def _second(work: Work, link: Link, stated: Observation, decision: str) -> Link:
    """A new link for somebody else under the same source id, whom no rule may ever join to the first."""
    second = Link(keyed_digest(work.key, "second", link.id, decision), link.source, link.named)
    second.record, second.kind, second.message = stated.record, stated.kind, stated.message
    second.apart, second.decided_by = [link.id], decision
    link.seconds = [*link.seconds, second.id]
    link.apart = sorted({*link.apart, second.id})
    work.store.put_link(link)
    return second


def _take_up(work: Work, link: Link, held_under: Link, held: list[Observation]) -> None:
    """Take up under a link what does not conflict with it; the rest is held back as before."""
    left = []
    for observation in held:
        try:
            body, settings = body_of(observation, work.key)
        except Unreadable:
            left.append(observation)
            continue
        if conflicts(taking.evidence_in(observation, work), link.evidence):
            left.append(observation)
        else:
            taking.take(work, link, observation, body, settings)
    work.outcome.repeat = False
    # What it stated before may just have been taken back from it: it is not as it was when this began.
    holder = link if link.id == held_under.id else work.link(held_under.id)
    for number in range(holder.disputed):
        work.store.drop_disputed(holder.id, number)
    for number, observation in enumerate(left):
        work.store.put_disputed(holder.id, number, observation.model_dump_json().encode())
    holder.disputed = len(left)
    work.store.put_link(holder)


def _held(work: Work, link: Link) -> list[Observation]:
    return [work.store.disputed(link.id, number) for number in range(link.disputed)]


def _last(held: list[Observation]) -> Observation:
    return max(held, key=lambda one: (one.recorded_at, one.version, one.model_dump_json()))
