"""What a return of the hub's leaves blank, and why: it tells what it knows and makes nothing up."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hub.core.sen2.entry import Entry
from hub.core.sen2.returning import CONTESTED, Return
from hub.core.sen2.rows import ASSESSMENT_FIELDS, OUTCOMES, REQUEST_FIELDS, Outcome

WHY: Mapping[str, str] = {
    "RequestSource": "asked for by a representative, by somebody else, or nobody says by whom",
    "RYA": "no fact tells of relevant youth accommodation",
    "RequestOutcomeDate": "a plan was decided on, but no source tells of an earlier decision to assess",
    "Exported": "withdrawn, and no source tells why: it may have been a move",
    "Week20": "the 20 weeks' deadline is not known",
    **dict.fromkeys(sorted(CONTESTED), "no source tells of mediation or appeals"),
}
"""Why a field is blank that the guide asks for with the row's outcome."""


class Gap(NamedTuple):
    """A field, the number of rows in which it is blank because the hub does not know it, and why."""

    field: str
    rows: int
    why: str


def gaps(found: Return) -> list[Gap]:
    """What is blank, in the order of the fields."""
    blank: Counter[str] = Counter()
    for entry in found.entries:
        blank.update(entry.request.unknown)
        if entry.assessment is not None:
            blank.update(entry.assessment.unknown)
    names = (field.name for field in (*REQUEST_FIELDS, *ASSESSMENT_FIELDS))
    return [Gap(name, blank[name], WHY[name]) for name in names if blank[name]]


def moved(found: Return) -> int:
    """How many rows say that the child moved out; to which authority the record does not hold."""
    return sum(entry.request.exported is True for entry in found.entries)


def counts(entries: Iterable[Entry]) -> tuple[dict[Outcome, int], dict[Outcome, int]]:
    """Requests, and assessments, by outcome."""
    entries = tuple(entries)
    requests = Counter(entry.request.outcome for entry in entries)
    assessments = Counter(entry.assessment.outcome for entry in entries if entry.assessment)
    return {code: requests[code] for code in OUTCOMES}, {code: assessments[code] for code in OUTCOMES}
