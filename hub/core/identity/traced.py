"""What an answer of the national demographic service does.

Its word is taken on numbers, never on who a source person is: a number becomes verified (status 01, our own trace) only
where date of birth and name agree, and then the policy's own rules decide. Everything else is noted, and nothing more.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from hub.core.errors import Unreadable
from hub.core.identity import keeping, matching, questions, taking
from hub.core.identity.bodies import body_of
from hub.core.identity.evidence import Evidence, agrees, conflicts
from hub.core.identity.names import given_name
from hub.core.identity.national import (
    National,
    national_of,
    number_now,
    put_national,
    put_successor,
    put_withdrawn,
    withdrawn_among,
)
from hub.core.identity.numbers import nhs_number
from hub.core.identity.store import Link
from hub.core.identity.work import Work
from schemas.ids import keyed_digest
from schemas.instants import london_day, microseconds
from schemas.kinds import validation_errors
from schemas.statements import Observation
from schemas.traces import PDS, KnownName, Traced

_RESTRICTED = frozenset({"restricted", "very-restricted", "redacted"})


def take(work: Work, observation: Observation) -> None:
    """Take in one answer; raises Unreadable for what is none. One about a link that is not there yet waits for it."""
    said = _said(observation)
    link = work.store.link(observation.link or "")
    if link is None:
        _wait(work, observation)
    elif not (link.gone or link.closed):
        _apply(work, link, observation, said)


def take_waiting(work: Work, link_id: str) -> None:
    """What came before a link did, and what could not be taken then: now that more is known of it."""
    national = national_of(work.store, link_id)
    if national.waiting:
        waiting, national.waiting = national.waiting, []
        put_national(work.store, link_id, national)
        for observation in map(Observation.model_validate, waiting):
            _apply(work, work.link(link_id), observation, _said(observation))
    _settle_clash(work, work.link(link_id))
    number = withdrawn_among(work.store, work.link(link_id).evidence.nhs)
    if number is not None:
        _withdraw(work, {link_id}, number, work.at, work.at)
    _resume(work, work.link(link_id))


def _said(observation: Observation) -> Traced:
    try:
        return Traced.model_validate(observation.data)
    except ValidationError as error:
        raise Unreadable(validation_errors(error, prefix="data")) from None


def _wait(work: Work, observation: Observation) -> None:
    link_id = observation.link
    if link_id is None:
        raise Unreadable([("link", "an answer names the link that was asked about")])
    national, each = national_of(work.store, link_id), observation.model_dump(mode="json", exclude_none=True)
    if any(one["record"] == observation.record for one in national.waiting):
        work.outcome.repeat = True
        return
    national.waiting.append(each)
    put_national(work.store, link_id, national)


def _apply(work: Work, link: Link, observation: Observation, said: Traced) -> None:
    national = national_of(work.store, link.id)
    if observation.record in national.answered:
        work.outcome.repeat = True
        return
    asked, found = _digest(work, said.asked_number), _digest(work, _number(observation))
    if asked is not None and work.store.is_barred(asked):
        _leads_nowhere(work, link, national, observation)
        return
    changed: set[str] = set()
    word: str = said.result
    if said.result == "invalidated" and asked is not None:
        put_withdrawn(work.store, asked)
        at = observation.recorded_at, observation.received_at
        _withdraw(work, {link.id, *work.store.carriers(asked)}, asked, *at)
    if said.result == "superseded" and asked is not None and found is not None:
        changed |= _succeed(work, link, asked, found)
    if found is not None:
        word, verified = _compare(work, work.link(link.id), number_now(work.store, found), observation, said)
        changed |= verified
    national = national_of(work.store, link.id)
    national.said = word
    national.answered.append(observation.record)
    put_national(work.store, link.id, national)
    _settle(work, changed)


def _leads_nowhere(work: Work, link: Link, national: National, observation: Observation) -> None:
    """The number was a closed record's: whatever took its place is none of those who still have it."""
    national.said = "closed"
    national.answered.append(observation.record)
    put_national(work.store, link.id, national)


def _settle(work: Work, changed: set[str]) -> None:
    looked_at = set(changed)
    for link_id in sorted(changed):
        looked_at |= matching.settle(work, link_id)
    if looked_at:
        questions.refresh(work, looked_at)


def _compare(work: Work, link: Link, number: str, observation: Observation, said: Traced) -> tuple[str, set[str]]:
    """Whether the person that the service found is the link: in a word, and the links of which more is known now."""
    described = list(_described(observation, said))
    agreed = any(_agree(link, theirs, said, name) for theirs, name in described)
    changed = _verify(work, link, number) if agreed else set()
    others = [work.link(one) for one in work.store.carriers(number) if one != link.id]
    known = [one for one in others if any(agrees(one.evidence, theirs) for theirs, _ in described)]
    _mark(work, {*(one.id for one in known), *([link.id] if agreed else [])}, observation, said)
    if agreed:
        return said.result, changed
    differs = described and all(conflicts(link.evidence, theirs) for theirs, _ in described)
    return "differs" if differs else "unsure", changed


def _number(observation: Observation) -> str | None:
    return observation.person.nhs_number if observation.person is not None else None


def _digest(work: Work, number: str | None) -> str | None:
    """As evidence has it: the same number, the same digest."""
    formed = nhs_number(number)
    return None if formed is None else keyed_digest(work.key, "nhs-number", formed)


def _described(observation: Observation, said: Traced) -> Iterable[tuple[Evidence, KnownName]]:
    """The person as the service knows them, under each of their names."""
    born = observation.person.birth_date if observation.person is not None else None
    for name in said.names:
        given = given_name(name.given)
        yield Evidence(frozenset([born] if born else []), frozenset([given] if given else [])), name


def _agree(link: Link, theirs: Evidence, said: Traced, name: KnownName) -> bool:
    """Date of birth and given name, and after a search, which rests on nothing else, the family name too."""
    if not agrees(link.evidence, theirs):
        return False
    return said.ask == "retrieve" or any(
        given_name(each.person.family) == given_name(name.family) != () for each in link.persons[-1:]
    )


def _verify(work: Work, link: Link, number: str) -> set[str]:
    """The number is the link's own. Where its child has another one a person is asked, and nothing is joined."""
    known = link.evidence.nhs if link.child is None else work.known_of(link.child).nhs
    link.clash = number if known - {number} else None
    learnt = link.clash is None and taking.learn(work, link, link.evidence | Evidence(nhs=frozenset([number])))
    work.store.put_link(link)
    return {link.id} if learnt or link.clash else set()


def _settle_clash(work: Work, link: Link) -> None:
    """A person took the link out of the child that has another number: now it may have its own."""
    if link.clash is not None:
        _settle(work, _verify(work, link, number_now(work.store, link.clash)))


def _succeed(work: Work, asker: Link, old: str, new: str) -> set[str]:
    """Whoever is known by the old number is known by the new one, and the old one is remembered.

    Where somebody else's record has the new one already the two now share a number, which is a question for a person.
    """
    carriers = work.store.carriers(old)
    put_successor(work.store, old, new)
    for link_id in carriers:
        link = work.link(link_id)
        taking.learn(work, link, link.evidence)
        work.store.put_link(link)
    for link_id in {*carriers, asker.id}:
        national = national_of(work.store, link_id)
        national.former = sorted({*national.former, old})
        put_national(work.store, link_id, national)
    return set(carriers)


def _withdraw(work: Work, links: set[str], number: str, recorded_at: datetime, received_at: datetime) -> None:
    for link_id in sorted(links):
        national = national_of(work.store, link_id)
        if national.invalid is None:
            national.invalid = number
            put_national(work.store, link_id, national)
            _state(work, work.link(link_id), "number.invalidated", recorded_at, received_at)


def _resume(work: Work, link: Link) -> None:
    """Another number was verified since, by the link's own source: messages may go out again."""
    national = national_of(work.store, link.id)
    if national.invalid is None or not link.evidence.nhs - {national.invalid}:
        return
    national.invalid = None
    put_national(work.store, link.id, national)
    _state(work, link, "number.invalidated", work.at, work.at, retracted=True)


def _mark(work: Work, links: set[str], observation: Observation, said: Traced) -> None:
    """What the service knows of the person beside the number: that they are restricted, that they have died.

    A death is not told of a child that may be another person.
    """
    at = observation.recorded_at, observation.received_at
    for link_id in sorted(links):
        national = national_of(work.store, link_id)
        if said.security in _RESTRICTED and not national.restricted:
            national.restricted = True
            put_national(work.store, link_id, national)
            _state(work, work.link(link_id), "child.restricted", *at)
        if said.died_on is not None and work.link(link_id).clash is None:
            died: dict[str, Any] = {"notice": said.death or "informal"}
            _state(work, work.link(link_id), "child.died", *at, effective_on=said.died_on, data=died)


def _state(work: Work, link: Link, kind: str, recorded_at: datetime, received_at: datetime, **more: Any) -> None:
    """State it of the link's child, wherever the link goes; without the message, which holds the person."""
    stated = Observation.model_validate(
        {
            "kind": kind,
            "source": PDS,
            "record": link.id,
            "version": microseconds(recorded_at),
            "effective_on": london_day(recorded_at),
            "recorded_at": recorded_at,
            "received_at": received_at,
            **more,
        }
    )
    body, _ = body_of(stated, work.key)
    keeping.keep(work, link, body)
