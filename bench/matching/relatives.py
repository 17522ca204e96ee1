"""Twins, siblings and cousins of one name through the identity stage's engine, and second records of half of them.

Every link that joins two people without anybody being asked is one too many.
"""

from collections.abc import Iterator
from random import Random

from rich.console import Console

from hub.commands.match.linking import Line
from hub.commands.match.records import Record
from hub.core.identity.policies import CURRENT
from hub.runtime.matching import read_weights
from hub.simulator.kin import Kin, Kindred
from schemas.people import Person

PAIRS = 100_000
SEED = 2027


def show(console: Console, pairs: int = PAIRS) -> None:
    """How many were joined, and how many of these wrongly."""
    line = Line(read_weights(None), CURRENT, 1)
    person_of: dict[str, int] = {}
    records = right = wrong = asked = 0
    for number, kin in enumerate(_records(pairs), 1):
        given = line.take(Record(str(number), 0, _person(number, kin), ()))
        records += 1
        asked += given.outcome in ("potential", "many", "conflict")
        if given.outcome == "error" or given.child is None:
            continue
        if given.child not in person_of:
            person_of[given.child] = kin.person
        elif person_of[given.child] == kin.person:
            right += 1
        else:
            wrong += 1
    console.print(
        f"{pairs:,} pairs of relatives, {records:,} records: joined without anybody being asked {right + wrong:,}, "
        f"of these two people {wrong:,}; a person would be asked about {asked:,}"
    )


def _records(pairs: int) -> Iterator[Kin]:
    """A third each of twins, siblings and cousins; half of the people once more, in another system's words."""
    rng = Random(SEED)
    kindred = Kindred(rng)
    made = (kindred.twins, kindred.siblings, kindred.cousins)
    for number in range(pairs):
        both = made[number % len(made)]()
        again = [kindred.again(kin) for kin in both if rng.random() < 0.5]
        yield from both
        yield from again


def _person(number: int, kin: Kin) -> Person:
    return Person(
        id=str(number), given=kin.given, family=kin.family, birth_date=kin.born, sex=kin.sex, postcode=kin.postcode
    )
