"""The one function of casework: the facts of one child and a day in, everything that follows from them out."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from hub.core.alerts.occasions import Occasion
from hub.core.alerts.silence import NO_SILENCES, Silences
from hub.core.casework.history import Alerting, AlertKey, History, News, Opening, advance
from hub.core.casework.past import NO_PAST, Past
from hub.core.casework.policy import Policy
from hub.core.casework.record import record_of
from hub.core.casework.view import View, view_of
from hub.core.clocks.deadline import Deadline
from hub.core.facts.belonging import belonging
from hub.core.facts.fact import Fact
from hub.core.facts.restriction import is_restricted
from hub.core.facts.withdrawn import without_withdrawn
from hub.core.questions import Question
from schemas.ids import digest


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What stands on `day`. `next_on`: the next day on which any of it could change without new facts.

    `past` is what is kept of the days before `day`, `now` what they and `day` leave behind.
    """

    child_id: str
    day: date
    record: dict[str, Any]
    deadlines: list[Deadline]
    alerts: list[dict[str, Any]]
    questions: list[Question]
    next_on: date | None
    past: Past
    now: History

    @property
    def before(self) -> History | None:
        """What the days before `day` leave behind; None where `day` is the first."""
        return self.past.last


def evaluate(
    child_id: str,
    facts: Sequence[Fact],
    day: date,
    policy: Policy,
    known_at: date | None = None,
    start: Past = NO_PAST,
    silences: Silences = NO_SILENCES,
) -> Evaluation:
    """Evaluate one child on a day.

    Counts the facts received by the end of `known_at` in London (that of `day` unless said). The days before are walked
    through, each with what was known at its end, because an alert's number and what is standing depend on them; `start`
    saves the walk up to its last day, and must have been made from the same facts and silences. Which links belong to
    the child, which notices of a death were withdrawn and whether it is restricted is, on all of these days, what is
    known of that at `known_at`.
    """
    known_at = known_at or day
    received = Received(fact for fact in facts if fact.received_on <= known_at)
    policy = policy.for_restricted if received.restricted else policy
    past = _walk(received, day, policy, start, silences)
    view, now, alerting = _step(past.last, received.by(known_at), received, day, policy, silences)
    view.moving = received.moving
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
        past=past,
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


class Received:
    """The facts that the child counts, by the day on which each is known; `moving` are links that are on their way,
    `restricted` whether any of the facts says so."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        counted, self._decisions, self.moving = belonging(facts)
        counted = sorted(without_withdrawn(counted), key=itemgetter(0))
        self._facts = [fact for _, fact in counted]
        self._on = [on for on, _ in counted]
        self.restricted = is_restricted(self._facts)

    def by(self, day: date) -> list[Fact]:
        """Those known by the end of a day, with the decisions that let them count."""
        return self._decisions + self._facts[: bisect_right(self._on, day)]

    def next_day(self, day: date) -> date | None:
        """The first day after `day` on which any became known."""
        later = bisect_right(self._on, day)
        return self._on[later] if later < len(self._on) else None

    def any_on(self, day: date) -> bool:
        """Whether any became known on a day."""
        return bisect_left(self._on, day) < bisect_right(self._on, day)


def _walk(received: Received, day: date, policy: Policy, start: Past, silences: Silences) -> Past:
    """The past before `day`: only those days on which something could change need to be looked at."""
    past = start.seen_from(day)
    while True:
        following = _next_day(past.last, received, silences)
        if following is None or following >= day:
            return past
        _, history, _ = _step(past.last, received.by(following), received, following, policy, silences)
        past = past.seen_from(day, history)


def _next_day(history: History | None, received: Received, silences: Silences) -> date | None:
    if history is None:
        return received.next_day(date.min)
    days = [history.next_on, received.next_day(history.day)]
    if history.held:
        days.append(silences.next_heard(history.held, history.day))
    return min(filter(None, days), default=None)


def _step(
    before: History | None, known: list[Fact], received: Received, day: date, policy: Policy, silences: Silences
) -> tuple[View, History, Alerting]:
    known_before = len(received.by(before.day)) if before is not None else 0
    view = view_of(known, day, policy)
    news = News(known, known_before) if len(known) > known_before else None
    return view, *advance(before, view, policy, news, silences.on(day))
