"""Exemption claims out of the facts: what each is about, what an officer decided, and the missed appointments."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from hub.core.cases.body import Body, body_of
from hub.core.cases.disagreement import Precedence
from hub.core.cases.references import Aliases
from hub.core.facts.data import date_in, text_in
from hub.core.facts.fact import Fact
from hub.core.facts.standing import Standing
from schemas.ids import full_id

ABOUT = ("advice", "order", "reassessment", "request")
"""What a claim may be about: the first of these that its subject names. It never lifts a clock of another."""

CLAIMED, MISSED = "exemption.claimed", "advice.appointment-missed"
Decision = Literal["accepted", "refused"]
DECIDED: dict[str, Decision] = {
    "exemption.accepted": "accepted",
    "exemption.refused": "refused",
}


class Appointment(NamedTuple):
    """An appointment that the child or young person missed, and the body that had made it."""

    record: str
    on: date
    made_by: Body | None


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim. `id` is `source/record`; dates are inclusive London days, None where none can be read.

    `decision`: accepted or refused by an officer, accepted where a council claims, else waiting for an officer.
    `cites` is the record of the missed appointment.
    """

    id: str
    ground: str
    starts: date | None
    ends: date | None
    closed_from: date | None
    reopens_on: date | None
    advice_requested_on: date | None
    cites: str | None
    decision: Literal["accepted", "refused", "waiting"]


class Claims:
    """The claims and missed appointments of a child, by the full id of what they are about. `facts` are the claims'."""

    def __init__(self, standing: Standing, aliases: Aliases, precedence: Precedence) -> None:
        self.facts = standing.of(CLAIMED)
        self._aliases = aliases
        self._decided = _decisions(standing.of(*DECIDED), self.facts)
        self._precedence = precedence
        self._missed = _appointments(standing.of(MISSED), aliases)
        self._claims: dict[tuple[str, str], list[Claim]] = {}
        for fact in self.facts:
            about = _about(fact, aliases)
            if about is not None:
                self._claims.setdefault(about, []).append(_claim(fact, self.decision(fact)))

    def about(self, what: str, ids: Iterable[str]) -> tuple[Claim, ...]:
        """The claims about a request, an advice chain, a reassessment or an order, by any of its ids."""
        return tuple(claim for id_ in ids for claim in self._claims.get((what, id_), ())) if self._claims else ()

    def missed(self, ids: Iterable[str]) -> tuple[Appointment, ...]:
        """The appointments missed for an advice chain."""
        return tuple(missed for id_ in ids for missed in self._missed.get(id_, ())) if self._missed else ()

    def decision(self, fact: Fact) -> Literal["accepted", "refused", "waiting"]:
        """An officer's last word on a claim; without one a council's own claim counts as accepted, another waits."""
        decided = self._decided.get(f"{fact.source}/{fact.record}")
        return decided or ("accepted" if self._precedence.is_council(fact.source) else "waiting")

    def unknown(self, known: Container[tuple[str, str]]) -> list[Fact]:
        """The claims that name nothing, or nothing among what is known."""
        return [fact for fact in self.facts if _about(fact, self._aliases) not in known]


def _claim(fact: Fact, decision: Literal["accepted", "refused", "waiting"]) -> Claim:
    data = fact.data
    return Claim(
        id=f"{fact.source}/{fact.record}",
        ground=text_in(data, "ground") or "other",
        starts=date_in(data, "from"),
        ends=date_in(data, "to"),
        closed_from=date_in(data, "closed_from"),
        reopens_on=date_in(data, "reopens_on"),
        advice_requested_on=date_in(data, "advice_requested_on"),
        cites=text_in(data, "appointment"),
        decision=decision,
    )


def _about(fact: Fact, aliases: Aliases) -> tuple[str, str] | None:
    return next(((what, aliases.of(what, fact.subject[what])) for what in ABOUT if what in fact.subject), None)


def _appointments(facts: list[Fact], aliases: Aliases) -> dict[str, list[Appointment]]:
    found: dict[str, list[Appointment]] = {}
    for fact in facts:
        if "advice" in fact.subject and fact.effective_on is not None:
            on = date_in(fact.data, "appointment_on") or fact.effective_on
            missed = Appointment(fact.record, on, body_of(fact.data.get("made_by")))
            found.setdefault(aliases.of("advice", fact.subject["advice"]), []).append(missed)
    return found


def _decisions(facts: list[Fact], claims: list[Fact]) -> dict[str, Decision]:
    """The officers' last word by the claim's full id. A bare record is the deciding source's own claim, else the only
    one of that record."""
    full = {f"{claim.source}/{claim.record}" for claim in claims}
    last: dict[str, tuple[tuple[int, str], Decision]] = {}
    for fact in facts:
        named = text_in(fact.data, "claim") or ""
        own = full_id(fact.source, named)
        fits = [own] if own in full else [id_ for id_ in full if id_.partition("/")[2] == named]
        if len(fits) == 1:
            said = ((fact.recorded_at, fact.content), DECIDED[fact.kind])
            last[fits[0]] = max(said, last.get(fits[0], said))
    return {claim: decision for claim, (_, decision) in last.items()}
