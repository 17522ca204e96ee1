"""The source persons that scoring knows: one population, kept beside the stage's state and following it.

What a batch adds is in it at once, for a record must find one that came just before; and it is taken back when the
batch comes to nothing, so that the same batch again meets what it met before.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from hub.core.identity.persons import Said
from hub.core.identity.relatives import related
from hub.core.identity.scoring.population import Population
from hub.core.identity.scoring.scorer import Candidate, Part, Scorer
from hub.core.identity.scoring.traits import Traits, traits_of
from hub.core.identity.scoring.weights import Weights
from schemas.people import Person

LATEST: Final = 3
"""How many of the persons that a link was said to be are looked for: a name before and after it changed."""


def traits_said(said: Said) -> Traits:
    """As below; a date of birth after the day on which it was recorded is a mistake, and says nothing."""
    person = said.person
    born, recorded = person.birth_date, datetime.fromtimestamp(said.recorded_at / 1_000_000, UTC).date()
    if born is not None and born > recorded:
        person = person.model_copy(update={"birth_date": None})
    return traits_of_person(person)


def traits_of_person(person: Person, also: tuple[str, ...] = ()) -> Traits:
    """A person as received, in normal form."""
    return traits_of(person.given, person.family, person.birth_date, person.sex, person.postcode, also)


class People:
    """Links by who they were said to be."""

    def __init__(self, weights: Weights) -> None:
        self._population: Population = Population(tuple(weights.further.values()))
        self._scorer = Scorer(weights, self._population)
        self._known: dict[str, int] = {}
        self._before: dict[str, tuple[Traits, ...]] = {}

    def learn(self, link_id: str, said: Sequence[Said]) -> None:
        """Take in who a link was said to be, in place of what was known of it."""
        self._before.setdefault(link_id, self.traits(link_id))
        self._set(link_id, tuple(traits_said(each) for each in said[-LATEST:]))

    def traits(self, link_id: str) -> tuple[Traits, ...]:
        """Who a link was said to be, the last said last."""
        return tuple(self._population.traits(_name(link_id, number)) for number in range(self._known.get(link_id, 0)))

    def likely(self, link_id: str, at_least: float) -> list[Candidate]:
        """Other links that are the same person with at least that probability, the likeliest first, by the last that
        was said of this one."""
        traits = self.traits(link_id)
        if not traits:
            return []
        best: dict[str, Candidate] = {}
        for person, bits, probability in self._scorer.rank(traits[-1], at_least):
            other = _link_of(person)
            if other != link_id and other not in best:
                best[other] = Candidate(other, bits, probability)
        return list(best.values())

    def relatives(self, link_id: str) -> list[str]:
        """Links that could be a brother, sister or twin of this one, by id."""
        traits = self.traits(link_id)
        if not traits:
            return []
        found = self._population.candidates(traits[-1])
        near = {_link_of(person) for person in found if related(traits[-1], self._population.traits(person))}
        return sorted(near - {link_id})

    def parts(self, one: str, other: str) -> tuple[Part, ...]:
        """What each field says about two links, by what was said of them last."""
        mine, theirs = self.traits(one), self.traits(other)
        return self._scorer.parts(mine[-1], theirs[-1]) if mine and theirs else ()

    def kept(self) -> None:
        """What was learnt since is durable."""
        self._before.clear()

    def take_back(self) -> None:
        """What was learnt since came to nothing."""
        for link_id, traits in self._before.items():
            self._set(link_id, traits)
        self._before.clear()

    def load(self, links: Iterable[tuple[str, Sequence[Said]]]) -> None:
        """Take in what the state holds: links, and who they were said to be."""
        for link_id, said in links:
            self.learn(link_id, said)
        self.kept()

    def _set(self, link_id: str, traits: tuple[Traits, ...]) -> None:
        for number in range(self._known.pop(link_id, 0)):
            self._population.remove(_name(link_id, number))
        for number, each in enumerate(traits):
            self._population.add(_name(link_id, number), each)
        if traits:
            self._known[link_id] = len(traits)


def _name(link_id: str, number: int) -> str:
    return f"{link_id}.{number}"


def _link_of(person: str) -> str:
    return person.rpartition(".")[0]
