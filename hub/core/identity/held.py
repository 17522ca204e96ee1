"""Statements held back: two people under one source id, or a correction. Never guessed; a person decides."""

from hub.core.errors import Unreadable
from hub.core.identity import decisions, questions, taking
from hub.core.identity.bodies import Body, body_of, content_digest
from hub.core.identity.evidence import Evidence, agrees, combined, conflicts
from hub.core.identity.store import Link
from hub.core.identity.work import Work
from schemas.ids import keyed_digest
from schemas.instants import microseconds
from schemas.statements import Observation


def whose(work: Work, link: Link, observation: Observation, body: Body) -> Link | None:
    """The link of those under one source id that the statement is about; None where it is nobody's, or unclear.

    Of one that was closed nobody knows any more who it was: what it said before is its own, and what names a number of
    it; all else only where nobody else is left under the id.
    """
    if observation.person is None:
        return link
    evidence = taking.evidence_in(observation, work)
    people = _under_one_id(work, link)
    closed = [one for one in people if one.closed]
    others = [one for one in people if not one.closed]
    possible = [one for one in others if not taking.differs(one, evidence, work)]
    if closed or len(possible) > 1:
        possible = [one for one in possible if agrees(evidence, one.evidence)]
    if len(possible) == 1:
        return possible[0]
    said = [one for one in closed if work.store.seen(content_digest(body, work.key, one)) is not None]
    if closed and (said or not others or _names_a_closed_one(work, evidence, others)):
        return (said or closed)[0]
    return None


def holder(work: Work, link: Link) -> Link:
    """The link with which it stands what is nobody's of those under one source id. Where the first is closed it is the
    next of them, who knows of the others from then on."""
    people = _under_one_id(work, link)
    found = next((one for one in people if not one.closed), link)
    found.seconds = [one.id for one in people if one.id != found.id] if link.closed else found.seconds
    return found


def beside_closed(work: Work, link: Link) -> bool:
    """Whether somebody whom the source knows under the same id was closed for good."""
    return any(one.closed for one in _under_one_id(work, link))


def _under_one_id(work: Work, link: Link) -> list[Link]:
    found = [link]
    for one in found:
        known = {each.id for each in found}
        found.extend(work.link(each) for each in one.seconds if each not in known)
    return found


def _names_a_closed_one(work: Work, evidence: Evidence, others: list[Link]) -> bool:
    """Whether it carries a number that was a closed record's and is none of the others'."""
    theirs = combined(one.evidence for one in others)
    return any(map(work.store.is_barred, (evidence.nhs | evidence.upns) - theirs.nhs - theirs.upns))


def hold_back(work: Work, link: Link, observation: Observation) -> None:
    """Keep a statement as received until a person decides. One that was held, or taken up, before is a repeat."""
    content = _digest(work, link, observation)
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


def dismiss(work: Work, link: Link) -> None:
    """The last said is of one who was closed: it is dropped with what agrees with it, the rest stays held back.

    Under a closed link all goes. Said again, it waits again: only so can what was dismissed by mistake come back.
    """
    held = _held(work, link)
    evidence = taking.evidence_in(_last(held), work)
    left = [one for one in held if not link.closed and conflicts(taking.evidence_in(one, work), evidence)]
    for observation in held:
        if observation not in left:
            work.store.values.put(f"seen:{_digest(work, link, observation)}", None)
    _put_held(work, link, left)


def _digest(work: Work, link: Link, observation: Observation) -> str:
    said = observation.model_dump_json(exclude={"received_at", "message"})
    return keyed_digest(work.key, "disputed", link.id, said)


def _put_held(work: Work, link: Link, held: list[Observation]) -> None:
    for number in range(link.disputed):
        work.store.drop_disputed(link.id, number)
    for number, observation in enumerate(held):
        work.store.put_disputed(link.id, number, observation.model_dump_json().encode())
    link.disputed = len(held)
    work.store.put_link(link)


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
    _put_held(work, link if link.id == held_under.id else work.link(held_under.id), left)


def _held(work: Work, link: Link) -> list[Observation]:
    return [work.store.disputed(link.id, number) for number in range(link.disputed)]


def _last(held: list[Observation]) -> Observation:
    return max(held, key=lambda one: (one.recorded_at, one.version, one.model_dump_json()))
