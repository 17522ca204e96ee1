"""Children who do not exist, brothers, sisters and twins among them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from hub.simulator import rates
from hub.simulator.names import Origin, origin
from hub.simulator.numbers import Numbers
from schemas.people import NhsNumberStatus, Person

_AGES = ((3, 4, 22), (5, 10, 48), (11, 15, 22), (16, 19, 7), (20, 22, 1))
"""First age, last age, share of those for whom an assessment is asked."""

_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(frozen=True, slots=True)
class Child:
    """One child as the council knows them. `id` is the council's key; `status` the NHS number's: 01 is verified.

    `trust_id` is the number that a trust's own system has for them.
    """

    id: str
    given: str
    family: str
    birth_date: date
    sex: str
    postcode: str
    nhs_number: str | None
    status: NhsNumberStatus | None
    upn: str | None
    trust_id: str
    twin: bool = False

    @property
    def verified(self) -> bool:
        """Whether a trust's record can be matched: by a verified NHS number."""
        return self.nhs_number is not None and self.status == "01"

    @property
    def traceable(self) -> bool:
        """Whether the advice tracker's record can be matched: it also has UPNs."""
        return self.verified or self.upn is not None

    def age(self, on: date) -> int:
        """Whole years on a day."""
        had = (on.month, on.day) >= (self.birth_date.month, self.birth_date.day)
        return on.year - self.birth_date.year - (not had)

    def person(self) -> Person:
        """As the council's system sends them."""
        return Person(
            id=self.id,
            nhs_number=self.nhs_number,
            nhs_number_status=self.status,
            upn=self.upn,
            given=self.given,
            family=self.family,
            birth_date=self.birth_date,
            sex=self.sex,
            postcode=self.postcode,
        )


def make_children(rng: Random, number: int, day: date) -> list[Child]:
    """That many children of the ages of a day; twins and siblings stand beside each other."""
    return list(_Maker(rng, day).make(number))


class _Maker:
    def __init__(self, rng: Random, day: date) -> None:
        self._rng = rng
        self._day = day
        self._numbers = Numbers(rng)
        self._made = 0

    def make(self, number: int) -> Iterator[Child]:
        twins, siblings = round(number * rates.TWINS / 2), round(number * rates.SIBLINGS / 2)
        sets = ["twins"] * twins + ["siblings"] * siblings + ["alone"] * max(0, number - 2 * (twins + siblings))
        self._rng.shuffle(sets)
        for each in sets:
            yield from self._set(each)

    def _set(self, kind: str) -> Iterator[Child]:
        names, postcode = origin(self._rng), self._postcode()
        family, born = self._rng.choice(names.families), self._birth_date()
        if kind == "alone":
            yield self._child(names, family, born, postcode, self._numbers.nhs())
            return
        one, other = self._numbers.near_nhs() if kind == "twins" else (self._numbers.nhs(), self._numbers.nhs())
        later = born if kind == "twins" else self._birth_date()
        first = self._child(names, family, born, postcode, one, twin=kind == "twins")
        yield first
        yield self._child(names, family, later, postcode, other, kind == "twins", first.given)

    def _child(
        self,
        names: Origin,
        family: str,
        born: date,
        postcode: str,
        number: str,
        twin: bool = False,
        not_called: str | None = None,
    ) -> Child:
        rng = self._rng
        self._made += 1
        sex = rng.choices(("male", "female"), (73, 27))[0]
        given = rng.choice([name for name in (names.boys if sex == "male" else names.girls) if name != not_called])
        known, status, upn = self._known(number, born, twin)
        return Child(
            id=f"P-{self._made:05d}",
            given=given,
            family=family,
            birth_date=born,
            sex=sex,
            postcode=postcode,
            nhs_number=known,
            status=status,
            upn=upn,
            trust_id=f"T{rng.randrange(1_000_000):06d}-{self._made}",
            twin=twin,
        )

    def _known(self, number: str, born: date, twin: bool) -> tuple[str | None, NhsNumberStatus | None, str | None]:
        """What the council knows of a child's numbers."""
        rng = self._rng
        if not twin and rng.random() < rates.NO_NUMBER:
            return None, None, None
        age = (self._day - born).days // 365
        has_upn = rng.random() < (0.97 if age >= 5 else 0.4 if age == 4 else 0.05)
        upn = self._numbers.pupil(born.year + 5) if has_upn else None
        if twin or upn is None or rng.random() < rates.VERIFIED:
            return number, "01", upn
        return (number, "02", upn) if rng.random() < 0.6 else (None, None, upn)

    def _birth_date(self) -> date:
        """Never 1 January: that is what is entered where nobody knows, and says nothing."""
        first, last, _ = self._rng.choices(_AGES, [share for *_, share in _AGES])[0]
        days = self._rng.randrange(first * 365 + 1, (last + 1) * 365)
        born = self._day - timedelta(days=days)
        return born + timedelta(days=1) if (born.month, born.day) == (1, 1) else born

    def _postcode(self) -> str:
        """ZZ99 is no place's."""
        rng = self._rng
        return f"ZZ99 {rng.randrange(10)}{rng.choice(_LETTERS)}{rng.choice(_LETTERS)}"
