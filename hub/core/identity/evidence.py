"""What is known of a source person, and what two of them say about being one child."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import reduce

from hub.core.identity.names import Agreement, Name, compare_given, family_name, given_name, same_family
from hub.core.identity.numbers import nhs_number, pupil_number
from schemas.ids import keyed_digest
from schemas.people import Person
from schemas.sources import Source

VERIFIED = "01"
"""NHS number status: present and verified. Any other says that nobody has traced it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Accepted demographics, and keyed digests of the numbers that the policy lets us link on.

    Sets, because a source may say more than once what it knows; a name with and without its middle name, say. Family
    names change, so several of them conflict with nothing.
    """

    births: frozenset[date] = field(default_factory=frozenset)
    givens: frozenset[Name] = field(default_factory=frozenset)
    nhs: frozenset[str] = field(default_factory=frozenset)
    upns: frozenset[str] = field(default_factory=frozenset)
    families: frozenset[Name] = field(default_factory=frozenset)

    def __or__(self, other: "Evidence") -> "Evidence":
        return Evidence(
            self.births | other.births,
            self.givens | other.givens,
            self.nhs | other.nhs,
            self.upns | other.upns,
            self.families | other.families,
        )

    def corrected_by(self, other: "Evidence") -> "Evidence":
        """Both together, but for what conflicts: there the other's stands alone."""
        births = other.births if _births(self, other) is Agreement.CONFLICT else self.births | other.births
        givens = other.givens if _givens(self, other) is Agreement.CONFLICT else self.givens | other.givens
        nhs = other.nhs or self.nhs
        return Evidence(births, givens, nhs, self.upns | other.upns, self.families | other.families)


def evidence_of(person: Person, source: Source, key: bytes, on: date) -> Evidence:
    """What a person's data is evidence of, under the policy for its source. Nobody is born after the day it came."""
    number = (
        nhs_number(person.nhs_number) if source.trusts_nhs_number and person.nhs_number_status == VERIFIED else None
    )
    pupil = pupil_number(person.upn) if source.trusts_upn else None
    name, family = given_name(person.given), family_name(person.family)
    return Evidence(
        births=frozenset([person.birth_date] if person.birth_date and person.birth_date <= on else []),
        givens=frozenset([name] if name else []),
        nhs=frozenset([keyed_digest(key, "nhs-number", number)] if number else []),
        upns=frozenset([keyed_digest(key, "upn", pupil)] if pupil else []),
        families=frozenset([family] if family else []),
    )


def combined(parts: Iterable[Evidence]) -> Evidence:
    """All that several source persons say together."""
    return reduce(Evidence.__or__, parts, Evidence())


def conflicts(one: Evidence, other: Evidence) -> tuple[str, ...]:
    """In words, what forbids that the two are one child: never a value."""
    found = {
        "date of birth": _births(one, other) is Agreement.CONFLICT,
        "given name": _givens(one, other) is Agreement.CONFLICT,
        "verified NHS number": bool(one.nhs and other.nhs and one.nhs != other.nhs),
    }
    return tuple(words for words, wrong in found.items() if wrong)


def agreements(one: Evidence, other: Evidence) -> set[str]:
    """What the two agree in: `birth`, `given`, `family`, `nhs-number`, `upn`. Estimated dates and stand-in names do not
    count; of family names any two ever said will do.
    """
    found = {
        "birth": _births(one, other) is Agreement.AGREE,
        "given": _givens(one, other) is Agreement.AGREE,
        "family": any(same_family(mine, theirs) for mine in one.families for theirs in other.families),
        "nhs-number": bool(one.nhs & other.nhs),
        "upn": bool(one.upns & other.upns),
    }
    return {what for what, agreed in found.items() if agreed}


def agrees(one: Evidence, other: Evidence) -> bool:
    """Whether date of birth and given name agree and nothing conflicts: what a shared number needs beside it."""
    return {"birth", "given"} <= agreements(one, other) and not conflicts(one, other)


def birth_to_agree_in(evidence: Evidence) -> date | None:
    """The one date of birth that somebody else's could agree with, if there is one."""
    return min(evidence.births) if _births(evidence, evidence) is Agreement.AGREE else None


def _births(one: Evidence, other: Evidence) -> Agreement:
    if not one.births or not other.births:
        return Agreement.UNKNOWN
    if len(one.births | other.births) > 1:
        return Agreement.CONFLICT
    return Agreement.UNKNOWN if _estimated(min(one.births)) else Agreement.AGREE


def _estimated(birth: date) -> bool:
    """1 January is what is entered for an uncertain date of birth: equal ones say nothing."""
    return (birth.month, birth.day) == (1, 1)


def _givens(one: Evidence, other: Evidence) -> Agreement:
    found = {compare_given(a, b) for a in one.givens for b in other.givens}
    if Agreement.CONFLICT in found:
        return Agreement.CONFLICT
    return Agreement.AGREE if Agreement.AGREE in found else Agreement.UNKNOWN
