"""Which child is this? One observation at a time, over everything known before."""

from datetime import date

from hub.core.errors import CoreError
from hub.core.identity import closing, deciding, held, likeness, matching, questions, taking, traced, tracing
from hub.core.identity.bodies import Body, body_of
from hub.core.identity.outcome import Outcome
from hub.core.identity.people import People
from hub.core.identity.policies import CURRENT
from hub.core.identity.policy import Policy
from hub.core.identity.store import KeyValues, Link, Store
from hub.core.identity.work import Work
from schemas.decisions import PEOPLE
from schemas.ids import keyed_digest
from schemas.sources import Sources
from schemas.statements import Observation
from schemas.traces import PDS, TRACED


class Identity:
    """All that it knows is in the keyed values it is handed, and in `people`, who are made of them. `key` makes ids
    that nobody else can derive.
    """

    def __init__(self, key: bytes, sources: Sources, policy: Policy = CURRENT, people: People | None = None) -> None:
        self._key = key
        self._policy = policy
        self._people = people
        self._sources = {source.id: source for source in sources.sources}

    def observe(self, observation: Observation, values: KeyValues) -> Outcome:
        """Take in one observation; raises CoreError for one that can never be taken."""
        if observation.source == PEOPLE:
            return deciding.decide(observation, self._work(values, observation))
        if observation.source not in self._sources:
            raise CoreError("source: not registered")
        work = self._work(values, observation)
        if (observation.source, observation.kind) == (PDS, TRACED):
            traced.take(work, observation)
            return work.outcome
        body, settings = body_of(observation, self._key)
        first, is_new = self._link_of(observation, work)
        link = held.whose(work, first, observation, body)
        if link is None:
            held.hold_back(work, held.holder(work, first), observation)
        elif link.closed:
            closing.hold(work, link, observation, body)
        else:
            self._take(work, link, observation, body, settings, is_new)
        return work.outcome

    def _take(
        self, work: Work, link: Link, observation: Observation, body: Body, settings: dict[str, str], is_new: bool
    ) -> None:
        known = link.persons
        learnt = taking.take(work, link, observation, body, settings)
        said_anew = link.persons != known
        if said_anew:
            likeness.relearn(work, [link.id])
        if learnt or is_new or said_anew:
            changed = matching.settle(work, link.id)
            questions.refresh(work, changed | likeness.note(work, work.link(link.id)))
        if observation.person is not None and PDS in self._sources:
            traced.take_waiting(work, link.id)
            tracing.ask(work, link.id)

    def _work(self, values: KeyValues, observation: Observation) -> Work:
        return Work(
            Store(values),
            self._sources,
            self._key,
            observation.received_at,
            policy=self._policy,
            people=self._people,
        )

    def day(self, day: date, values: KeyValues) -> Outcome:
        """A day was reached: alert for the inputs that have waited for a working day."""
        return questions.overdue(Store(values), day)

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
            child = work.survivor(observation.child_id)
            if child is not None and child.links:
                return child.links[0], False
        person = observation.person
        if person is not None and person.id is not None:
            return keyed_digest(self._key, "person", observation.source, person.id), True
        return keyed_digest(self._key, "record", observation.source, observation.record), False
