"""Closing a link for good, where its child was adopted: what is left is a stub that only its own source leads to.

What is left are the link's id and keyed digests, of its numbers and of what was said: enough to know a repeat, and to
keep anybody with these numbers from being made, or matched, by a rule. Names, dates and facts go with the link's data
key.
"""

from hub.core.identity import asides, decisions, held, undoing
from hub.core.identity.bodies import Body, content_digest
from hub.core.identity.erasure import erase
from hub.core.identity.evidence import Evidence
from hub.core.identity.store import Link
from hub.core.identity.work import Work
from schemas.decisions import PEOPLE
from schemas.ids import keyed_digest
from schemas.links import CLOSED
from schemas.statements import Observation

WHY = "closed for good: what its source still says waits for a person"


def close(work: Work, link: Link, child_id: str, going_on: Evidence) -> set[str]:
    """Leave a stub of a link; returns the other links whose questions may be others now.

    A number that the record which takes its place carries too (`going_on`) keeps nobody out.
    """
    _forget_kept(work, link)
    others = _forget_beside(work, link)
    for number in sorted(link.evidence.nhs | link.evidence.upns):
        work.store.remove_carrier(number, link.id)
        if number not in going_on.nhs | going_on.upns:
            work.store.bar(number)
    asides.let_back(work, link)
    for place in range(link.facts):
        _forget_fact(work, link, place)
    # By name: what was put in the transaction that erases the key would stand, under the stub's own.
    for what in ("national", "asked", "adoption"):
        work.store.values.put(f"{what}:{link.id}", None)
    erase(work.store.values, link.id)
    stub = Link(link.id, link.source, link.named, seq=link.seq + 1, by_person=True, closed=True)
    stub.seconds = link.seconds
    work.store.put_link(stub)
    decisions.record(work, stub, child_id, "released", CLOSED, WHY)
    return others - {link.id}


def hold(work: Work, link: Link, observation: Observation, body: Body) -> None:
    """Keep what is still said under a closed link until a person dismisses it; what was known of it before is a
    repeat."""
    if work.store.seen(content_digest(body, work.key, link)) is not None:
        work.outcome.repeat = True
    else:
        held.hold_back(work, link, observation)


def _forget_kept(work: Work, link: Link) -> None:
    """What is kept to undo decisions with. Of those about statements held back also what is kept with another person
    under the same source id, and under that one's key: it may hold who this one was."""
    beside = [one for one in link.apart if link.id in work.link(one).seconds]
    of_others = {decision for one in beside for decision in work.store.kept(one)}
    for decision in sorted({*work.store.kept(link.id), *of_others}):
        ruling = work.store.ruling(decision)
        if ruling is not None and (link.id in ruling.holders or ruling.kind in undoing.OF_HELD):
            undoing.forget(work.store, ruling, decision)


def _forget_beside(work: Work, link: Link) -> set[str]:
    """Take out of other links that this one may be theirs, or is not."""
    others = {*link.likely, *link.relatives, *link.apart}
    for other in map(work.link, sorted(others)):
        other.likely = {one: likely for one, likely in other.likely.items() if one != link.id}
        other.relatives = [one for one in other.relatives if one != link.id]
        other.apart = [one for one in other.apart if one != link.id]
        work.store.put_link(other)
    return others


def _forget_fact(work: Work, link: Link, number: int) -> None:
    body = work.store.fact(link.id, number)
    if body["source"] == PEOPLE:
        _forget_answer(work, body["record"])
    work.store.put_seen(content_digest(body, work.key, link), 0, 0)
    key = keyed_digest(work.key, "statement", body["source"], body["record"], body["kind"], body["occurrence"])
    stated = work.store.stated(key)
    if stated.pop(link.id, None) is not None:
        work.store.put_stated(key, stated)
    work.store.values.put(f"fact:{link.id}:{number}", None)


def _forget_answer(work: Work, decision: str | None) -> None:
    """What a person answered about the record, took back and gave again goes with it; that they did stays."""
    while decision is not None and (ruling := work.store.ruling(decision)) is not None:
        ruling.answered, ruling.can_be_undone = None, False
        work.store.put_ruling(decision, ruling)
        decision = ruling.undone_by
