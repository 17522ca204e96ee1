"""A large population for judging matching: households with twins, brothers and sisters, cousins of one name, and
second records of people as other systems would have written them. Nobody in it exists.

Names follow a steep distribution, as names do: a few are everybody's, most are rare.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from random import Random

from hub.core.identity.scoring.nicknames import FAMILIAR
from hub.simulator.names import ORIGINS

_FIRST = date(2001, 9, 1)
_DAYS = 25 * 365
_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


def _parts(text: str) -> list[str]:
    return text.split()


_STARTS = _parts("B Br C Ch Cl D F G Gr H Hol J K L M N P R S Sh St T Th W Wh")
_MIDDLES = _parts("a e i o u ar er or an en in on al el il ea ou ai")
_ENDS = _parts("son ton ham ley field wood ford man well worth by er ard ing ker dale ski ova ez in ah")


@dataclass(frozen=True, slots=True)
class Kin:
    """One record of one person. `person` is who it is of: the truth, which no matcher is shown."""

    person: int
    given: str
    family: str
    born: date | None
    sex: str | None
    postcode: str | None


def _given_names() -> list[str]:
    origins = [name for origin in ORIGINS for name in (*origin.girls, *origin.boys)]
    common = [name.capitalize() for name in FAMILIAR]
    return [name for pair in zip(common, origins, strict=False) for name in pair] + common[len(origins) :]


def _family_names() -> list[str]:
    origins = [name for origin in ORIGINS for name in origin.families]
    made = [f"{start}{middle}{end}" for end in _ENDS for middle in _MIDDLES for start in _STARTS]
    double = [f"{one}-{other}" for one, other in zip(made[::7], made[3::7], strict=False)]
    return [*origins, *made, *double]


class Kindred:
    """Makes people, household after household."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._made = 0
        self._given, self._families = _given_names(), _family_names()
        self._given_steep = list(accumulate(1 / (place + 8) for place in range(len(self._given))))
        self._family_steep = list(accumulate(1 / (place + 12) ** 0.8 for place in range(len(self._families))))

    def people(self, number: int) -> Iterator[Kin]:
        """That many people, in households: relatives stand beside each other."""
        made: list[Kin] = []
        while len(made) < number:
            made.extend(self.household())
        yield from made[:number]

    def household(self) -> list[Kin]:
        """Brothers and sisters under one roof; now and then two of them are twins."""
        family, postcode, first = self.family_name(), self.postcode(), self.born()
        born = [first]
        for _ in range(self._rng.choice((0, 0, 1, 1, 2))):
            twin = self._rng.random() < 0.03
            born.append(first if twin else first + timedelta(days=self._rng.randrange(400, 2500)))
        called: list[str] = []
        for _ in born:
            called.append(self._other_than(called))
        return [self.person(given, family, day, postcode) for given, day in zip(called, born, strict=True)]

    def twins(self) -> tuple[Kin, Kin]:
        """Two of one birth; one pair in four has names that differ in a letter or a sound."""
        family, postcode, born = self.family_name(), self.postcode(), self.born()
        one = self.given_name()
        other = one[:-1] + ("n" if one[-1] != "n" else "y") if self._rng.random() < 0.25 else self._other_than([one])
        return self.person(one, family, born, postcode), self.person(other, family, born, postcode)

    def siblings(self) -> tuple[Kin, Kin]:
        """Two of one household, some years apart; one pair in ten on one day of the year."""
        family, postcode, born = self.family_name(), self.postcode(), self.born()
        later = (
            self._a_year_later(born) if self._rng.random() < 0.1 else born + timedelta(self._rng.randrange(300, 3000))
        )
        one = self.given_name()
        return (
            self.person(one, family, born, postcode),
            self.person(self._other_than([one]), family, later, postcode),
        )

    def cousins(self) -> tuple[Kin, Kin]:
        """Two of one name, in two households; one pair in fifty was born on one day."""
        given, family, born = self.given_name(), self.family_name(), self.born()
        other = born if self._rng.random() < 0.02 else self.born()
        return self.person(given, family, born, self.postcode()), self.person(given, family, other, self.postcode())

    def person(self, given: str, family: str, born: date, postcode: str) -> Kin:
        """One more person."""
        self._made += 1
        return Kin(self._made, given, family, born, self._rng.choice("MF"), postcode)

    def again(self, kin: Kin) -> Kin:
        """Another system's record of the same person: often the same, sometimes with one or two differences."""
        for _ in range(self._rng.choices((0, 1, 2, 3), (45, 35, 15, 5))[0]):
            kin = self._rng.choice(_DIFFERENCES)(self, kin)
        return kin

    def given_name(self) -> str:
        """A given name, by how common it is."""
        return self._rng.choices(self._given, cum_weights=self._given_steep)[0]

    def family_name(self) -> str:
        """A family name, by how common it is."""
        return self._rng.choices(self._families, cum_weights=self._family_steep)[0]

    def born(self) -> date:
        """A day of birth. One in two hundred is not known, and 1 January stands in."""
        day = _FIRST + timedelta(days=self._rng.randrange(_DAYS))
        return date(day.year, 1, 1) if self._rng.random() < 0.005 else day

    def postcode(self) -> str:
        """A postcode in the form of those that no place has."""
        rng = self._rng
        district = f"Z{rng.choice('XYZ')}{rng.randrange(1, 100)}"
        return f"{district} {rng.randrange(10)}{rng.choice(_LETTERS)}{rng.choice(_LETTERS)}"

    def _other_than(self, called: list[str]) -> str:
        return next(name for name in iter(self.given_name, "") if name not in called)

    @staticmethod
    def _a_year_later(born: date) -> date:
        return born.replace(year=born.year + 1, day=min(born.day, 28))

    def slip(self, text: str) -> str:
        """One letter left out, doubled, changed, or two swapped."""
        if len(text) < 3:
            return text
        at = self._rng.randrange(1, len(text) - 1)
        kind = self._rng.randrange(4)
        if kind == 0:
            return text[:at] + text[at + 1 :]
        if kind == 1:
            return text[:at] + text[at] + text[at:]
        if kind == 2:
            return text[:at] + self._rng.choice("aeinorst") + text[at + 1 :]
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]

    def _slip_given(self, kin: Kin) -> Kin:
        return replace(kin, given=self.slip(kin.given))

    def _slip_family(self, kin: Kin) -> Kin:
        return replace(kin, family=self.slip(kin.family))

    def _familiar(self, kin: Kin) -> Kin:
        forms = FAMILIAR.get(kin.given.lower())
        return replace(kin, given=self._rng.choice(forms).capitalize()) if forms else kin

    def _swapped(self, kin: Kin) -> Kin:
        return replace(kin, given=kin.family, family=kin.given)

    def _half_name(self, kin: Kin) -> Kin:
        return replace(kin, family=kin.family.split("-")[0])

    def _moved(self, kin: Kin) -> Kin:
        return replace(kin, postcode=self.postcode())

    def _misdated(self, kin: Kin) -> Kin:
        born = kin.born
        if born is None:
            return kin
        if born.day <= 12 and born.day != born.month:
            return replace(kin, born=born.replace(month=born.day, day=born.month))
        return replace(kin, born=born + timedelta(days=self._rng.choice((-10, -1, 1, 10))))

    def _without(self, kin: Kin) -> Kin:
        without = (replace(kin, born=None), replace(kin, sex=None), replace(kin, postcode=None))
        return self._rng.choice(without)


_DIFFERENCES: tuple[Callable[[Kindred, Kin], Kin], ...] = (
    Kindred._slip_given,
    Kindred._slip_family,
    Kindred._familiar,
    Kindred._swapped,
    Kindred._half_name,
    Kindred._moved,
    Kindred._moved,
    Kindred._misdated,
    Kindred._without,
)
