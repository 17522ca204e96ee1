"""Requests for an assessment, each from the earliest receipt that any source states."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from hub.core.cases.disagreement import Disagreement, Precedence, disagreements
from hub.core.cases.references import Aliases
from hub.core.facts.fact import Fact
from hub.core.facts.standing import Standing
from hub.core.questions import Question, ask


@dataclass(slots=True)
class Request:
    """One request. `start` is the fact that its clocks start from; `seen_on` the day the hub first heard of it; `apart`
    whether a person said that it is no copy of another."""

    id: str
    start: Fact
    received_on: date
    seen_on: date
    area: str | None
    basis: str
    by: str | None
    case_reference: str | None
    apart: bool = False


def requests_of(
    standing: Standing, aliases: Aliases, precedence: Precedence
) -> tuple[dict[str, Request], list[Question], list[Disagreement]]:
    """The requests by id, with what is unclear and what sources disagree on."""
    stated: dict[str, list[Fact]] = {}
    for fact in standing.of("assessment.requested"):
        stated.setdefault(aliases.of("request", request_id(fact)), []).append(fact)
    questions: list[Question] = []
    found: list[Disagreement] = []
    requests = {}
    for id_, facts in stated.items():
        requests[id_] = _request(id_, facts, standing, precedence)
        requests[id_].apart = aliases.is_own("request", id_)
        if len(facts) > 1:
            found += disagreements(id_, "assessment.requested", facts, requests[id_].start)
            questions += _two_starts(id_, facts)
    return requests, questions, found


def request_id(fact: Fact) -> str:
    """The id a request fact states; its record where it names none."""
    return fact.subject.get("request") or f"{fact.source}/{fact.record}"


def _request(id_: str, facts: list[Fact], standing: Standing, precedence: Precedence) -> Request:
    start = facts[0]  # facts stand in the order of their dates: the earliest receipt
    assert start.effective_on is not None
    best = precedence.best(facts)
    said = {name: value for fact in facts if fact.source != best for name, value in fact.data.items()}
    said |= {name: value for fact in facts if fact.source == best for name, value in fact.data.items()}
    return Request(
        id=id_,
        start=start,
        received_on=start.effective_on,
        seen_on=min(standing.first_seen[fact.key] for fact in facts),
        area=precedence.area(best),
        basis=said.get("basis") or "s36",
        by=said.get("by"),
        case_reference=said.get("case_reference"),
    )


def _two_starts(id_: str, facts: Iterable[Fact]) -> list[Question]:
    first: dict[str, date] = {}
    for fact in facts:
        earliest = first.setdefault(fact.source, fact.on)
        if fact.on != earliest:
            return [ask("two-starts", fact, id_, beside=f"the earliest is {earliest}")]
    return []
