"""Everybody who a record may be, found by what they share with it.

Each person stands under some thirty keys: combinations of the parts of name, birth date, postcode and further fields.
A key that too many share finds nobody: it says little, and the rarer ones find the same people. So a look-up costs
about the same in any population. Nothing here depends on the order in which people came.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from math import log2
from typing import Final

from hub.core.identity.scoring.compare import COMPARED
from hub.core.identity.scoring.traits import Traits

COMMON: Final = 100
"""While more than this many stand under one key, it finds nobody."""
LOOKED_AT: Final = 32
"""Most people that one look-up answers with: those whose shared keys are the rarest."""
FEWEST: Final = 1_000
"""No population is taken for smaller: of a handful of people any two who share a birthday would look like one, and more
are to come."""
ENOUGH: Final = 1.0
"""Bits of shared keys, as a share of those that tell one person from all others, from which somebody is looked at."""

_STEPS: Final = 64
"""Steps that a bit of a key's rarity is counted in."""

_COUNTED: Final = ("given", "family", "postcode", "number", "text", "code")
"""Fields and kinds of fields in which a rare value says more than a common one."""


class Population:
    """People by id, the keys that find them, and how often each name and postcode occurs. Pure, all in memory."""

    def __init__(self, kinds: Sequence[str] = ()) -> None:
        self._kinds = tuple(kinds)
        self._people: dict[str, Traits] = {}
        self._found: dict[int, list[str]] = {}
        fields = [*COMPARED, *self._kinds]
        self._places = [place for place, name in enumerate(fields) if name in _COUNTED]
        self._counts: list[Counter[str]] = [Counter() for _ in self._places]
        self._known = [0] * len(self._counts)

    def __len__(self) -> int:
        return len(self._people)

    def traits(self, person: str) -> Traits:
        """A person's traits; raises KeyError for one who is not here."""
        return self._people[person]

    def add(self, person: str, traits: Traits) -> None:
        """Take in a person who is not here yet."""
        self._people[person] = traits
        for counted, value in enumerate(_values(traits)):
            if value:
                self._counts[counted][value] += 1
                self._known[counted] += 1
        for key in keys_of(traits, self._kinds):
            self._found.setdefault(key, []).append(person)

    def remove(self, person: str) -> None:
        """Forget a person."""
        traits = self._people.pop(person)
        for counted, value in enumerate(_values(traits)):
            if value:
                self._counts[counted][value] -= 1
                self._known[counted] -= 1
        for key in keys_of(traits, self._kinds):
            found = self._found[key]
            found.remove(person)
            if not found:
                del self._found[key]

    def candidates(self, traits: Traits) -> list[str]:
        """Whom it may be, the likeliest first, at most LOOKED_AT."""
        size = len(self._people) or 1
        rarity: dict[str, int] = {}
        for key in keys_of(traits, self._kinds):
            found = self._found.get(key)
            if found and len(found) <= COMMON:
                # Whole steps: a sum of these is the same in any order.
                steps = round((log2(size / len(found)) + 1) * _STEPS)
                for person in found:
                    rarity[person] = rarity.get(person, 0) + steps
        enough = log2(size) * ENOUGH * _STEPS
        likely = sorted((-bits, person) for person, bits in rarity.items() if bits >= enough)
        return [person for _, person in likely[:LOOKED_AT]]

    def shares(self, traits: Traits) -> dict[int, tuple[int, int]]:
        """For each counted field, by its place among those compared: how many have this value, of how many."""
        return {
            place: (counts[value], known)
            for place, counts, known, value in zip(
                self._places, self._counts, self._known, _values(traits), strict=True
            )
        }


def _values(traits: Traits) -> tuple[str, ...]:
    return (traits.given_text, traits.family_text, traits.postcode, *traits.also)


def keys_of(traits: Traits, kinds: Sequence[str]) -> set[int]:
    """The keys that a person stands under and is looked up by. Hashes: who collides is only looked at for nothing."""
    return {hash(key) for key in _keys(traits, kinds)}


def _keys(traits: Traits, kinds: Sequence[str]) -> Iterator[Hashable]:
    names = {traits.given_sound, traits.family_sound} - {""}
    if len(names) == 2:
        yield frozenset(names)
    for name in names:
        yield "n", name
    for word in {*traits.given, *traits.family}:
        yield "w", word
        yield "w", "".join(sorted(word))
    if traits.birth is not None:
        yield from _birth_keys(traits, names)
    if traits.postcode:
        yield "p", traits.postcode
        for name in names:
            yield "p", traits.postcode, name
    for number, (kind, value) in enumerate(zip(kinds, traits.also, strict=True)):
        if value:
            yield from _further_keys(number, kind, value, traits)


def _birth_keys(traits: Traits, names: set[str]) -> Iterator[Hashable]:
    """The date, and any two of its parts with a name: one part may be wrong, or day and month swapped."""
    year, month, day = traits.birth or (0, 0, 0)
    early, late = sorted((month, day))
    if not traits.estimated:
        yield "b", traits.birth_text
    parts = (("ym", year, month), ("yd", year, day), ("md", early, late))
    yield from parts
    for name in names:
        for part in parts:
            yield part, name
    if traits.postcode:
        yield "y", year, traits.postcode


def _further_keys(number: int, kind: str, value: str, traits: Traits) -> Iterator[Hashable]:
    if kind == "code":
        return
    yield number, value
    if kind == "text":
        for word in value.replace("@", " ").replace(".", " ").replace("-", " ").split():
            if len(word) > 2:
                yield number, "w", word
        if traits.birth is not None:
            yield number, value, traits.birth[0]
