"""A child's record and deadlines as they are exchanged, cut down to what a test says; and what they come to."""

from datetime import date, timedelta
from typing import Any

from hub.core.measures.figures import Figure
from hub.core.measures.joining import outcomes_of
from hub.core.measures.look import Look
from hub.core.measures.outcome import Outcomes
from hub.core.measures.tally import Tally

SOURCE = "one-education:825:2022"
YEAR = Look(date(2026, 1, 1), date(2026, 12, 31), date(2026, 12, 31))
ACCEPTED = [{"claim": "c", "ground": "absence", "state": "accepted", "fits": True, "reason": "fits"}]
NOT_VALID = [{"claim": "c", "ground": "other", "state": "not-valid", "fits": False, "reason": "no such ground"}]

_WEEKS = {"assessment-decision-6w": 6, "advice-6w": 6, "no-plan-decision-16w": 16, "final-plan-20w": 20}


def day(text: str) -> date:
    return date.fromisoformat(text)


def case(received_on: str, *advice: dict[str, Any], **said: Any) -> dict[str, Any]:
    """A case; what is not said has not happened."""
    known = {
        "id": f"{SOURCE}/REQ-1",
        "area": "825",
        "received_on": received_on,
        "outcome": "open",
        "issued_without": [],
    }
    return known | said | {"advice": list(advice)}


def advice(requested_on: str, id_: str = "ADV-1", **said: Any) -> dict[str, Any]:
    """An advice request of a case."""
    full = f"{SOURCE}/{id_}"
    known = {"id": full, "latest": full, "service": "camhs", "required": True, "purpose": "assessment", "state": "sent"}
    return known | {"requested_on": requested_on} | said


def deadline(clock: str, starts_on: str, state: str = "running", **said: Any) -> dict[str, Any]:
    """A deadline of the case or, with `advice`, of an advice request."""
    about = said.pop("advice", None)
    due = day(starts_on) + timedelta(weeks=_WEEKS.get(clock, 12))
    subject = {"request": "REQ-1"} | ({"advice": about} if about else {})
    known = {"id": f"{clock}-{about}", "clock": clock, "subject": subject, "source": SOURCE, "area": "825"}
    return known | {"starts_on": starts_on, "due_on": due.isoformat(), "state": state, "exemptions": []} | said


def child(case_: dict[str, Any] | None, *deadlines: dict[str, Any], id_: str = "chd-1") -> Outcomes:
    """A child's outcomes."""
    record = {"cases": [case_] if case_ else [], "other_advice": []}
    return outcomes_of(id_, record, deadlines)


def figures(children: Outcomes | list[Outcomes], measure: str, look: Look = YEAR) -> dict[tuple[Any, ...], Figure]:
    """The figures of one measure, by cohort, basis and, where there is one, service and weeks."""
    tally = Tally(children if isinstance(children, list) else [children])
    found = next(figures for each, figures in tally.report(look).measures if each.id == measure)
    return {
        (each.cohort, each.basis, *(part for part in (each.service, each.weeks) if part is not None)): each
        for each in found
    }


def ratio(
    children: Outcomes | list[Outcomes], measure: str, cohort: str, basis: str, *of: str, look: Look = YEAR
) -> Any:
    """Numerator and denominator of one figure."""
    figure = figures(children, measure, look)[(cohort, basis, *of)]
    return figure.numerator, figure.denominator
