"""What earlier days leave behind: when a deadline last changed, what was standing at first sight, which alerts opened.

All of it follows from the facts received by the end of each day, so it can be worked out again from nothing. It is kept
only to save that work.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from hub.core.alerts.rules import THRESHOLDS, Threshold, audience_of
from hub.core.alerts.standing import came_after_plan, stands, why_cleared
from hub.core.casework.policy import Policy
from hub.core.casework.view import View, view_of
from hub.core.clocks.deadline import Deadline
from hub.core.facts.fact import Fact, Key

AlertKey = tuple[str, Threshold, str]
"""What an alert is about, its threshold, its audience."""


class Trace(NamedTuple):
    """A deadline's past. `digest` is None while it is not there. `standing`: overdue at first sight, and never seen in
    time since. `old_news`: its advice had come after the plan at first sight."""

    changed_on: date
    digest: str | None
    standing: bool
    old_news: bool


class Opening(NamedTuple):
    """An alert's past: its `n`th opening, since when and why; `reason` is why that cleared, None while it stands."""

    n: int
    since: date
    caused_by: str
    reason: str | None


@dataclass(slots=True)
class History:
    """What the days up to and with `day` leave behind. `next_on` is the next day that could change anything."""

    day: date
    next_on: date | None
    traces: dict[str, Trace]
    alerts: dict[AlertKey, Opening]


@dataclass(frozen=True, slots=True)
class News:
    """The facts known on a day, and those that were known before it. Looked into only if an alert opens."""

    known: list[Fact]
    known_before: list[Fact]

    def unmoved(self, day: date, policy: Policy) -> View:
        """The day as the facts known before would have made it."""
        return view_of(self.known_before, day, policy)

    def corrects(self) -> bool:
        """Whether one of the day's facts takes the place of another version."""
        standing: dict[Key, tuple[int, int, str]] = {}
        for fact in self.known_before:
            standing[fact.key] = max(fact.rank, standing.get(fact.key, fact.rank))
        return any(fact.rank > standing.get(fact.key, fact.rank) for fact in self.known)


def advance(before: History | None, view: View, policy: Policy, news: News | None) -> History:
    """The history with one more day in it. `news` is None when no fact came that day."""
    traces = _trace(before.traces if before else {}, view)
    past = before.alerts if before else {}
    now = _alerting(view, traces, policy)
    alerts = {key: _settled(key, opening, now, view) for key, opening in past.items()}
    opened = {key: deadline for key, deadline in now.items() if _opens(key, deadline, past.get(key))}
    if opened:
        by_themselves = _alerting_unmoved(news, before, view.day, policy) if news else opened.keys()
        for key, deadline in opened.items():
            if key in by_themselves:
                cause = "import" if view.day == deadline.subject.live_from else "day"
            else:
                cause = "correction" if news is not None and news.corrects() else "change"
            alerts[key] = Opening(past[key].n + 1 if key in past else 1, view.day, cause, None)
    return History(view.day, view.next_on, traces, alerts)


def _opens(key: AlertKey, deadline: Deadline, opening: Opening | None) -> bool:
    """Whether an alert that ought to stand is news. What is late already is no longer due soon: it is told once."""
    if opening is not None and opening.reason is None:
        return False
    return key[1] != "due-soon" or deadline.state != "overdue"


def _settled(key: AlertKey, opening: Opening, now: Collection[AlertKey], view: View) -> Opening:
    """An opening of the past on this day: as it was, or cleared with its reason."""
    if opening.reason is not None or key in now:
        return opening
    deadline = next((deadline for deadline in view.deadlines if deadline.id == key[0]), None)
    return opening._replace(reason=why_cleared(key[1], deadline, view.alerts_held))


def _alerting_unmoved(news: News, before: History | None, day: date, policy: Policy) -> Collection[AlertKey]:
    view = news.unmoved(day, policy)
    return _alerting(view, _trace(before.traces if before else {}, view), policy)


def _trace(past: dict[str, Trace], view: View) -> dict[str, Trace]:
    """Also marks the view's deadlines that are standing."""
    traces = {id_: trace._replace(digest=None) for id_, trace in past.items()}
    for deadline in view.deadlines:
        trace = past.get(deadline.id)
        deadline.standing = _is_standing(deadline, view.day, trace)
        old_news = (trace is not None and trace.old_news) or (
            _first_sight(deadline, view.day) and came_after_plan(deadline)
        )
        digest = deadline.digest()
        same = trace is not None and trace.digest == digest
        changed_on = trace.changed_on if trace is not None and same else view.day
        traces[deadline.id] = Trace(changed_on, digest, deadline.standing, old_news)
    for id_, trace in past.items():
        if trace.digest is not None and traces[id_].digest is None:
            traces[id_] = traces[id_]._replace(changed_on=view.day)
    return traces


def _is_standing(deadline: Deadline, day: date, trace: Trace | None) -> bool:
    if deadline.state == "running":
        return False  # its date was corrected: from now on it is a deadline like any other
    if deadline.state == "overdue" and _first_sight(deadline, day):
        return True
    return trace is not None and trace.standing


def _first_sight(deadline: Deadline, day: date) -> bool:
    """Whether this is the day the hub first heard of it, or the day its source went live."""
    return day in (deadline.subject.seen_on, deadline.subject.live_from)


def _alerting(view: View, traces: dict[str, Trace], policy: Policy) -> dict[AlertKey, Deadline]:
    """The alerts that stand. None before a source is live, and none while a death is told informally."""
    if view.alerts_held:
        return {}
    found: dict[AlertKey, Deadline] = {}
    for deadline in view.deadlines:
        live_from = deadline.subject.live_from
        if live_from is not None and view.day < live_from:
            continue
        for threshold in THRESHOLDS:
            if not stands(threshold, deadline, view.day, policy.due_soon_working_days):
                continue
            trace = traces.get(deadline.id)
            if trace is not None and (trace.old_news if threshold == "advice-after-plan" else trace.standing):
                continue
            role = deadline.subject.responsible.role
            audience = audience_of(policy.audiences, threshold, deadline.rule.clock, role)
            if audience is not None:
                found[(deadline.id, threshold, audience)] = deadline
    return found


def to_json(history: History) -> list[Any]:
    """As a JSON array, for a stage's state."""
    alerts = [[*key, *opening] for key, opening in history.alerts.items()]
    return [history.day, history.next_on, {id_: list(trace) for id_, trace in history.traces.items()}, alerts]


def from_json(value: list[Any]) -> History:
    """The history that `to_json` wrote."""
    day, next_on, traces, alerts = value
    return History(
        day=date.fromisoformat(day),
        next_on=date.fromisoformat(next_on) if next_on else None,
        traces={id_: Trace(date.fromisoformat(changed), *rest) for id_, (changed, *rest) in traces.items()},
        alerts={
            (about, threshold, audience): Opening(n, date.fromisoformat(since), caused_by, reason)
            for about, threshold, audience, n, since, caused_by, reason in alerts
        },
    )
