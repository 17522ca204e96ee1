"""The source persons that scoring knows: one population, kept beside the stage's state and following it.

What a batch adds is in it at once, for a record must find one that came just before; and it is taken back when the
batch comes to nothing, so that the same batch again meets what it met before.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from hub.core.identity.persons import Said
from hub.core.identity.relatives import blocks_of, may_be_related, related
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
        self._known: dict[str, tuple[Traits, ...]] = {}
        self._blocks: dict[str, set[str]] = {}
        self._before: dict[str, tuple[Traits, ...]] = {}

    def learn(self, link_id: str, said: Sequence[Said]) -> None:
        """Take in who a link was said to be, in place of what was known of it."""
        self._before.setdefault(link_id, self.traits(link_id))
        self._set(link_id, tuple(dict.fromkeys(traits_said(each) for each in said)))

    def traits(self, link_id: str) -> tuple[Traits, ...]:
        """Who a link was said to be, the last said last."""
        return self._known.get(link_id, ())

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

    def probability(self, one: str, other: str) -> float:
        """How likely two links are one person, by what was said of them last; 0 where nothing was."""
        mine, theirs = self.traits(one), self.traits(other)
        return self._scorer.probability(self._scorer.bits(mine[-1], theirs[-1])) if mine and theirs else 0.0

    def household(self, link_id: str) -> set[str]:
        """Links with the family name of this one and its address or day of birth, whenever that was said of either.

        All of them, however many: who may be joined rests on it.
        """
        blocks = {block for traits in self.traits(link_id) for block in blocks_of(traits)}
        return {other for block in blocks for other in self._blocks.get(block, ())} - {link_id}

    def related(self, one: str, other: str) -> bool:
        """Whether two of one household are said to be two."""
        return any(related(mine, theirs) for mine in self.traits(one) for theirs in self.traits(other))

    def may_be_related(self, one: str, other: str) -> bool:
        """Whether two of one household may be two: by a name that either was called, or because one has none."""
        mine, theirs = ([each for each in self.traits(link) if each.given] for link in (one, other))
        return not mine or not theirs or any(may_be_related(this, that) for this in mine for that in theirs)

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
        before = self._known.pop(link_id, ())
        if traits:
            self._known[link_id] = traits
        if traits == before:
            return
        for number in range(len(before[-LATEST:])):
            self._population.remove(_name(link_id, number))
        for number, each in enumerate(traits[-LATEST:]):
            self._population.add(_name(link_id, number), each)
        for block in {block for each in before for block in blocks_of(each)}:
            self._blocks[block].discard(link_id)
            if not self._blocks[block]:
                del self._blocks[block]
        for block in {block for each in traits for block in blocks_of(each)}:
            self._blocks.setdefault(block, set()).add(link_id)


def _name(link_id: str, number: int) -> str:
    return f"{link_id}.{number}"


def _link_of(person: str) -> str:
    return person.rpartition(".")[0]
