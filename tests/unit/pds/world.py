"""Identity with the national service registered, and its answers."""

from datetime import date, datetime, timedelta
from typing import Any

from hub.core.identity import Identity, Outcome
from hub.core.identity.people import People
from hub.core.identity.store import Link
from hub.runtime.matching import read_weights
from schemas.ids import keyed_digest
from schemas.sources import Source, Sources
from schemas.statements import Fact, Observation
from schemas.traces import PDS, TRACED, Trace
from tests.unit.identity.people import BORN, KEY, MONDAY, SOURCES, World

WITH_PDS = Sources(sources=(*SOURCES.sources, Source(id=PDS, kind="nhs", trusts_nhs_number=True)))


class Traced(World):
    """A world in which look-ups are made."""

    def __init__(self, *, names: bool = False) -> None:
        super().__init__()
        people = People(read_weights(None)) if names else None
        self.identity = Identity(KEY, WITH_PDS, people=people)
        self.traces: list[Trace] = []

    def keep(self, outcome: Outcome) -> Outcome:
        self.traces.extend(outcome.traces)
        return super().keep(outcome)

    def answer(self, trace: Trace, result: str = "found", **said: Any) -> Outcome:
        return self.observe(answer(trace, result, **said))

    def link_of(self, trace: Trace) -> Link:
        return next(link for link in self.links() if link.id == trace.link)

    def stated(self, kind: str) -> list[Fact]:
        """Facts of a kind, in order."""
        return [fact for fact in self.all.facts if fact.kind == kind]


def answer(trace: Trace, result: str = "found", **said: Any) -> Observation:
    """What comes back, as intake reads it: about Amy unless told otherwise."""
    at: datetime = said.pop("at", MONDAY + timedelta(hours=1))
    number = said.pop("number", None)
    names = said.pop("names", [{"given": "Amy", "family": "Example"}])
    born: date | None = said.pop("born", BORN)
    person = None
    if number is not None:
        first = names[0] if names else {}
        person = {"nhs_number": number, "nhs_number_status": "01", "birth_date": born, **first}
    asked = {"asked_number": trace.nhs_number} if trace.nhs_number else {}
    data = {"ask": trace.ask, "result": result, "names": names if number else [], **asked, **said}
    return Observation.model_validate(
        {
            "kind": TRACED,
            "source": PDS,
            "record": trace.id,
            "version": int(at.timestamp() * 1_000_000),
            "effective_on": at.date(),
            "recorded_at": at,
            "received_at": at,
            "link": trace.link,
            "person": person,
            "data": data,
            "message": f"a-{trace.id}",
        }
    )


def digest(number: str) -> str:
    """As evidence has it."""
    return keyed_digest(KEY, "nhs-number", number)
