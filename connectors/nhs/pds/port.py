"""The port to the national demographic service. One conformance suite runs on every adapter."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

from schemas.traces import KnownName, Result, Security


@dataclass(frozen=True, slots=True, repr=False)
class Patient:
    """A person as the service knows them: no address, telephone or practice, which nobody here needs.

    `version` is the ETag's. `security` None: it does not say. `names`: the one in use first. `death` is the notice that
    a death rests on, `died_on` its day where a whole one is given.
    """

    number: str
    version: int | None = None
    security: Security | None = None
    names: tuple[KnownName, ...] = ()
    birth_date: date | None = None
    dead: bool = False
    died_on: date | None = None
    death: Literal["formal", "informal"] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Sought:
    """Who is searched for. `postcode` None where none is known, or none may be named."""

    given: str
    family: str
    birth_date: date
    postcode: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the service said; `patient` with `found` and `superseded` only. `kept`: said before, so nothing follows of
    whether the service answers now."""

    result: Result
    patient: Patient | None = None
    kept: bool = field(default=False, compare=False)


class Demographics(Protocol):
    """Answers, or raises a PdsFault."""

    async def retrieve(self, number: str) -> Reply:
        """The person with an NHS number (ten digits): found, superseded, not-found, invalidated, invalid-number."""
        ...

    async def search(self, sought: Sought) -> Reply:
        """The one person who fits, or word that nobody or more than one does: found, none, many."""
        ...
