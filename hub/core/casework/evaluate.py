"""The one function of casework: the facts of one child and a day in, everything that follows from them out."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub.core.alerts.occasions import Occasion
from hub.core.alerts.silence import NO_SILENCES, Silences
from hub.core.casework.history import Alerting, AlertKey, History, News, Opening, advance
from hub.core.casework.policy import Policy
from hub.core.casework.record import record_of
from hub.core.casework.view import View, view_of
from hub.core.clocks.deadline import Deadline
from hub.core.facts.fact import Fact
from hub.core.questions import Question
from schemas.ids import digest


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What stands on `day`. `next_on`: the next day on which any of it could change without new facts.

    `before` is what the days before `day` leave behind (None where `day` is the first), `now` what they and `day` do.
    """

    child_id: str
    day: date
    record: dict[str, Any]
    deadlines: list[Deadline]
    alerts: list[dict[str, Any]]
    questions: list[Question]
    next_on: date | None
    before: History | None
    now: History


def evaluate(
    child_id: str,
    facts: Sequence[Fact],
    day: date,
    policy: Policy,
    known_at: date | None = None,
    start: History | None = None,
    silences: Silences = NO_SILENCES,
) -> Evaluation:
    """Evaluate one child on a day.

    Counts the facts received by the end of `known_at` in London (that of `day` unless said). The days before are walked
    through, each with what was known at its end, because an alert's number and what is standing depend on them; `start`
    saves the walk up to its day, and must have been made from the same facts and silences.
    """
    known_at = known_at or day
    facts = [fact for fact in facts if fact.received_on <= known_at]
    before = _walk(facts, day, policy, start, silences)
    known_before = [fact for fact in facts if before is not None and fact.received_on <= before.day]
    view, now, alerting = _step(before, facts, known_before, day, policy, silences)
    return Evaluation(
        child_id=child_id,
        day=day,
        record=record_of(child_id, view),
        deadlines=view.deadlines,
        alerts=[
            alert_json(child_id, key, opening, alerting[key])
            for key, opening in sorted(now.alerts.items())
            if opening.reason is None
        ],
        questions=view.questions,
        next_on=now.next_on,
        before=before,
        now=now,
    )


def alert_json(child_id: str, key: AlertKey, opening: Opening, occasions: Sequence[Occasion]) -> dict[str, Any]:
    """An alert that stands, in the shape of `schemas.alerts.Alert`, with the earliest dates of its deadlines."""
    about, threshold, audience = key
    deadlines = [occasion.deadline for occasion in occasions if occasion.deadline is not None]
    subject = occasions[0].subject
    services = {occasion.subject.service for occasion in occasions}
    return {
        "id": digest(about, threshold, audience, opening.n),
        "child_id": child_id,
        "about": about,
        "deadline": about if any(deadline.id == about for deadline in deadlines) else None,
        "threshold": threshold,
        "audience": audience,
        "state": "open",
        "reason": None,
        "since": opening.since,
        "caused_by": opening.caused_by,
        "severity": "hard" if any(occasion.severity == "hard" for occasion in occasions) else "normal",
        "service": services.pop() if len(services) == 1 else None,
        "area": subject.area,
        "case_reference": subject.case_reference,
        "due_on": min((deadline.due_on for deadline in deadlines), default=None),
        "act_by": min((deadline.act_by for deadline in deadlines), default=None),
    }


def _walk(facts: list[Fact], day: date, policy: Policy, start: History | None, silences: Silences) -> History | None:
    """The history of the days before `day`: only those on which something could change need to be looked at."""
    received = sorted({fact.received_on for fact in facts})
    history = start
    while True:
        following = _next_day(history, received, silences)
        if following is None or following >= day:
            return history
        known = [fact for fact in facts if fact.received_on <= following]
        known_before = [fact for fact in known if history is not None and fact.received_on <= history.day]
        _, history, _ = _step(history, known, known_before, following, policy, silences)


def _next_day(history: History | None, received: list[date], silences: Silences) -> date | None:
    if history is None:
        return received[0] if received else None
    later = bisect_right(received, history.day)
    days = [history.next_on, received[later] if later < len(received) else None]
    if history.held:
        days.append(silences.next_heard(history.held, history.day))
    return min(filter(None, days), default=None)


def _step(
    before: History | None,
    known: list[Fact],
    known_before: list[Fact],
    day: date,
    policy: Policy,
    silences: Silences,
) -> tuple[View, History, Alerting]:
    view = view_of(known, day, policy)
    news = News(known, known_before) if len(known) > len(known_before) else None
    return view, *advance(before, view, policy, news, silences.on(day))
