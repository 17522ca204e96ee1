"""Which child is this? One observation at a time, over everything known before."""

from datetime import date, datetime

from hub.core.errors import CoreError
from hub.core.identity import decisions, keeping, matching, questions
from hub.core.identity.bodies import body_of
from hub.core.identity.evidence import Evidence, conflicts, evidence_of
from hub.core.identity.outcome import Outcome
from hub.core.identity.persons import with_person
from hub.core.identity.store import KeyValues, Link, Store
from hub.core.identity.work import Work
from schemas.ids import keyed_digest
from schemas.instants import microseconds
from schemas.sources import Sources
from schemas.statements import Observation


class Identity:
    """Pure: all that it knows is in the keyed values it is handed. `key` makes ids that nobody else can derive."""

    def __init__(self, key: bytes, sources: Sources) -> None:
        self._key = key
        self._sources = {source.id: source for source in sources.sources}

    def observe(self, observation: Observation, values: KeyValues) -> Outcome:
        """Take in one observation; raises CoreError for one that can never be taken."""
        if observation.source not in self._sources:
            raise CoreError("source: not registered")
        work = Work(Store(values), self._sources, self._key, observation.received_at)
        link, is_new = self._link_of(observation, work)
        evidence = self._evidence(observation)
        if self._differs(link, evidence, work):
            self._hold_back(link, observation, work)
        else:
            learnt = self._learn(link, evidence, work)
            link.persons = with_person(link.persons, observation.person, observation.recorded_at)
            self._add_fact(link, observation, work)
            if is_new or learnt:
                questions.refresh(work, matching.settle(work, link.id))
        return work.outcome

    def day(self, day: date, values: KeyValues) -> Outcome:
        """A day was reached: alert for the inputs that have waited for a working day."""
        return questions.overdue(Store(values), day)

    def assign(self, link_id: str, child_id: str, why: str, at: datetime, values: KeyValues) -> Outcome:
        """A person's decision: the link belongs to that child. It outranks the rules from then on.

        No rule moves another link because of it: so undoing it restores everything.
        """
        work = Work(Store(values), self._sources, self._key, at)
        decisions.assign(work, work.link(link_id), child_id, "person", why)
        questions.refresh(work, {link_id})
        return work.outcome

    def release(self, link_id: str, why: str, at: datetime, values: KeyValues) -> Outcome:
        """A person's decision: the link does not belong to its child, and waits."""
        work = Work(Store(values), self._sources, self._key, at)
        decisions.release(work, work.link(link_id), why)
        questions.refresh(work, {link_id})
        return work.outcome

    def _link_of(self, observation: Observation, work: Work) -> tuple[Link, bool]:
        """The link that an observation is about, and whether it is new."""
        link_id, named = self._link_id(observation, work)
        link = work.store.link(link_id)
        if link is not None:
            return link, False
        new = Link(link_id, observation.source, named)
        new.record, new.kind, new.message = observation.record, observation.kind, observation.message
        return new, True

    def _link_id(self, observation: Observation, work: Work) -> tuple[str, bool]:
        """A receipt or decision names its link or child; a person has an id or is known by the record alone."""
        if observation.link is not None and work.store.link(observation.link) is not None:
            return observation.link, False
        if observation.child_id is not None:
            child = work.store.child(observation.child_id)
            if child is not None and child.links:
                return child.links[0], False
        person = observation.person
        if person is not None and person.id is not None:
            return keyed_digest(self._key, "person", observation.source, person.id), True
        return keyed_digest(self._key, "record", observation.source, observation.record), False

    def _evidence(self, observation: Observation) -> Evidence:
        if observation.person is None:
            return Evidence()
        return evidence_of(observation.person, self._sources[observation.source], self._key)

    def _differs(self, link: Link, evidence: Evidence, work: Work) -> bool:
        """Whether this cannot be the person that the link, or anybody in its child, is known as."""
        if evidence | link.evidence == link.evidence:
            return False
        known = link.evidence if link.child is None else work.known_of(link.child)
        return bool(conflicts(evidence, known))

    def _hold_back(self, link: Link, observation: Observation, work: Work) -> None:
        """Two people under one source id, or a correction: never guessed, kept as received until a person decides."""
        said = observation.model_dump_json(exclude={"received_at", "message"})
        content = keyed_digest(self._key, "disputed", link.id, said)
        if work.store.seen(content) is not None:
            work.outcome.repeat = True
            return
        number, link.disputed = link.disputed, link.disputed + 1
        work.store.put_seen(content, number, microseconds(observation.received_at))
        work.store.put_disputed(link.id, number, observation.model_dump_json().encode())
        work.store.put_link(link)
        questions.refresh(work, {link.id})

    def _learn(self, link: Link, evidence: Evidence, work: Work) -> bool:
        """Add to what is known of the link; says whether there was anything new."""
        both = link.evidence | evidence
        if both == link.evidence:
            return False
        for number in (both.nhs | both.upns) - (link.evidence.nhs | link.evidence.upns):
            work.store.add_carrier(number, link.id)
        link.evidence = both
        return True

    def _add_fact(self, link: Link, observation: Observation, work: Work) -> None:
        body, settings = body_of(observation, self._key)
        work.outcome.repeat = not keeping.keep(work, link, body)
        if work.outcome.repeat:
            work.store.put_link(link)
            return
        keeping.take_back(work, link, body)
        for token, urn in settings.items():
            work.store.put_setting(token, urn)
