"""Taking a statement in under its link: what it says of the person, and the fact that it states."""

from hub.core.errors import CoreError
from hub.core.identity import keeping
from hub.core.identity.bodies import Body
from hub.core.identity.carrying import carrier
from hub.core.identity.evidence import Evidence, conflicts, evidence_of
from hub.core.identity.national import numbers_now
from hub.core.identity.persons import with_person
from hub.core.identity.store import Link
from hub.core.identity.work import Work
from schemas.instants import london_day
from schemas.statements import Observation


def evidence_in(observation: Observation, work: Work) -> Evidence:
    """What an observation is evidence of, under the policy for its source."""
    if observation.person is None:
        return Evidence()
    source, day = work.sources[observation.source], london_day(observation.received_at)
    return numbers_now(work.store, evidence_of(observation.person, source, work.key, day))


def differs(link: Link, evidence: Evidence, work: Work) -> bool:
    """Whether this cannot be the person that the link, or anybody in its child, is known as."""
    if evidence | link.evidence == link.evidence:
        return False
    known = link.evidence if link.child is None else work.known_of(link.child)
    return bool(conflicts(evidence, known))


def take(work: Work, link: Link, observation: Observation, body: Body, settings: dict[str, str]) -> bool:
    """Take in a statement of the person that the link is; whether more is known of them now."""
    learnt = learn(work, link, link.evidence | evidence_in(observation, work))
    link.persons = with_person(link.persons, observation.person, observation.recorded_at)
    work.outcome.repeat = not keeping.keep(work, link, body)
    if work.outcome.repeat:
        work.store.put_link(link)
        return learnt
    keeping.take_back(work, link, body)
    for token, urn in settings.items():
        work.store.put_setting(token, urn)
    return learnt


def learn(work: Work, link: Link, evidence: Evidence) -> bool:
    """This is what is known of the link from now on, by the numbers of today; whether that is anything new.

    Raises CoreError for a closed link, of which nothing is to be known any more.
    """
    if link.closed:
        raise CoreError("link: was closed for good and takes nothing in")
    evidence = numbers_now(work.store, evidence)
    if evidence == link.evidence:
        return False
    before, now = link.evidence.nhs | link.evidence.upns, evidence.nhs | evidence.upns
    for number in sorted(now):
        work.bearers(number)
        work.store.add_carrier(number, carrier(work.key, number, link.id, evidence))
    for number in sorted(before - now):
        work.store.remove_carrier(number, link.id)
    link.evidence = evidence
    return True
