"""What earlier days leave behind: when a deadline last changed, what was standing at first sight, which alerts opened.

All of it follows from the facts received, and what was said of sources, by the end of each day, so it can be worked out
again from nothing. It is kept only to save that work.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from hub.core.alerts import clearing
from hub.core.alerts.headings import of_headings
from hub.core.alerts.occasions import (
    OLD_AT_FIRST_SIGHT,
    WEEK_12,
    Looking,
    Occasion,
    about_of,
    case_id,
    moved_back,
    next_on,
    of_cases,
    of_deadline,
    sources_of,
    telling_of,
)
from hub.core.alerts.silence import NOBODY
from hub.core.casework.policy import Policy
from hub.core.casework.view import View, view_of
from hub.core.clocks.deadline import Deadline
from hub.core.facts.fact import Fact, Key
from hub.core.facts.restriction import turns
from schemas.alerts import Threshold

AlertKey = tuple[str, Threshold, str]
"""What an alert is about, its threshold, its audience."""

Alerting = Mapping[AlertKey, list[Occasion]]
"""The alerts that ought to stand, and the occasions of each."""


class Trace(NamedTuple):
    """A deadline's past. `digest` is None while it is not there. `standing`: overdue at first sight, or made so with
    others by a correction (`moved`), and never seen in time since."""

    changed_on: date
    digest: str | None
    standing: bool
    moved: bool


class Opening(NamedTuple):
    """An alert's past: its `n`th opening, since when and why; `reason` is why that cleared, None while it stands.

    `members` are the deadlines of an alert about several, as they last were while it stood.
    """

    n: int
    since: date
    caused_by: str
    reason: str | None
    members: tuple[str, ...] = ()


@dataclass(slots=True)
class History:
    """What the days up to and with `day` leave behind. `next_on` is the next day that could change anything.

    `quiet`: what was reached at first sight and ever since, of which nobody is told. `held`: the silent sources for the
    sake of which an alert was not opened.
    """

    day: date
    next_on: date | None
    traces: dict[str, Trace]
    alerts: dict[AlertKey, Opening]
    quiet: frozenset[tuple[str, Threshold]] = frozenset()
    held: tuple[str, ...] = ()


class News:
    """The facts known on a day, of which the first are those that were known before it. Looked into only if something
    calls for it."""

    def __init__(self, known: list[Fact], before: int) -> None:
        self._known_before, self._new = known[:before], known[before:]
        self._unmoved: View | None = None

    def unmoved(self, day: date, policy: Policy) -> View:
        """The day as the facts known before would have made it."""
        if self._unmoved is None:
            self._unmoved = view_of(self._known_before, day, policy)
        return self._unmoved

    def corrects(self) -> bool:
        """Whether one of the day's facts takes the place of another version. Who may know of the child is no news of
        it."""
        new = [fact for fact in self._new if not turns(fact)]
        keys = {fact.key for fact in new}
        standing: dict[Key, tuple[int, int, str]] = {}
        for fact in self._known_before:
            if (key := fact.key) in keys:
                standing[key] = max(fact.rank, standing.get(key, fact.rank))
        return any(fact.rank > standing.get(fact.key, fact.rank) for fact in new)


def advance(
    before: History | None, view: View, policy: Policy, news: News | None, silent: frozenset[str] = NOBODY
) -> tuple[History, Alerting]:
    """The history with one more day in it, and what the alerts that stand then are made of.

    `news` is None when no fact came that day; `silent` are the sources on which no new alert may rest.
    """
    looking = Looking(view.day, policy.alerts, policy.forecast, policy.exempt_review_days, silent)
    traces = _trace(before.traces if before else {}, view)
    if news is not None:
        _mark_moved(view, traces, news, policy)
    now, quiet = _alerting(view, traces, before, looking)
    past = before.alerts if before else {}
    alerts = {key: _settled(key, opening, now.get(key), view) for key, opening in past.items()}
    opened, held = _opened(now, past, silent)
    if opened:
        _open(opened, now, alerts, before, view, policy, news)
    days = [day for day in (view.next_on, next_on(view.deadlines, looking)) if day is not None]
    return History(view.day, min(days, default=None), traces, alerts, quiet, held), now


def _opened(
    now: Alerting, past: Mapping[AlertKey, Opening], silent: frozenset[str]
) -> tuple[list[AlertKey], tuple[str, ...]]:
    """The alerts that are news; and the silent sources on which others would rest, or for which one still stands."""
    opened, held = [], set[str]()
    for key, occasions in now.items():
        opening = past.get(key)
        if opening is not None and opening.reason is None:
            held |= _kept(occasions, silent) if silent else set()
            continue
        may = [occasion for occasion in occasions if occasion.opens]
        rests_on = [sources_of(occasion) & silent for occasion in may] if silent else []
        if may and all(rests_on) and rests_on:
            held |= set[str]().union(*rests_on)
        elif may:
            opened.append(key)
    return opened, tuple(sorted(held))


def _kept(occasions: list[Occasion], silent: frozenset[str]) -> set[str]:
    """The silent sources for the sake of which what is overdue still stands as due soon."""
    kept = [each for each in occasions if each.threshold == "due-soon" and not each.opens]
    return set[str]().union(*(sources_of(each) & silent for each in kept))


def _open(
    opened: list[AlertKey],
    now: Alerting,
    alerts: dict[AlertKey, Opening],
    before: History | None,
    view: View,
    policy: Policy,
    news: News | None,
) -> None:
    by_themselves: Collection[AlertKey] = now if news is None else _alerting_unmoved(news, before, view.day, policy)
    for key in opened:
        about, threshold, _ = key
        live_from = now[key][0].subject.live_from
        if threshold == "date-moved-back":
            cause = "correction"
        elif key in by_themselves:
            cause = "import" if view.day == live_from else "day"
        else:
            cause = "correction" if news is not None and news.corrects() else "change"
        number = alerts[key].n + 1 if key in alerts else 1
        alerts[key] = Opening(number, view.day, cause, None, _members(about, now[key]))


def _members(about: str, occasions: list[Occasion]) -> tuple[str, ...]:
    ids = {occasion.deadline.id for occasion in occasions if occasion.deadline is not None}
    return tuple(sorted(ids - {about}))


def _settled(key: AlertKey, opening: Opening, occasions: list[Occasion] | None, view: View) -> Opening:
    """An opening of the past on this day: as it was, or cleared with its reason."""
    if opening.reason is not None:
        return opening
    if occasions is not None:
        members = _members(key[0], occasions)
        return opening if members == opening.members else opening._replace(members=members)
    return opening._replace(reason="restricted" if view.death == "informal" else _why(key, opening, view))


def _why(key: AlertKey, opening: Opening, view: View) -> str:
    about, threshold, _ = key
    if threshold in ("plan-without-advice", "all-advice-in"):
        case = next((case for case in view.cases if case.id == about), None)
        return clearing.of_case(threshold, case, view.chains)
    if threshold == "exemption-not-valid":
        return clearing.of_claim(deadline for deadline in view.deadlines if deadline.subject.id == about)
    by_id = {deadline.id: deadline for deadline in view.deadlines}
    members = [by_id.get(id_) for id_ in opening.members or (about,)]
    if threshold == "heading-open":
        return clearing.of_headings(members, view.headings)
    return clearing.of_deadlines(threshold, members)


def _alerting_unmoved(news: News, before: History | None, day: date, policy: Policy) -> Alerting:
    view = news.unmoved(day, policy)
    looking = Looking(day, policy.alerts, policy.forecast, policy.exempt_review_days)
    return _alerting(view, _trace(before.traces if before else {}, view), before, looking)[0]


def _trace(past: dict[str, Trace], view: View) -> dict[str, Trace]:
    """Also marks the view's deadlines that are standing."""
    traces = dict(past)
    for deadline in view.deadlines:
        trace = past.get(deadline.id)
        deadline.standing = _is_standing(deadline, view.day, trace)
        traces[deadline.id] = _traced(deadline, view.day, trace, trace is not None and trace.moved)
    for id_ in past.keys() - {deadline.id for deadline in view.deadlines}:
        if past[id_].digest is not None:
            traces[id_] = past[id_]._replace(changed_on=view.day, digest=None)
    return traces


def _traced(deadline: Deadline, day: date, trace: Trace | None, moved: bool) -> Trace:
    digest = deadline.digest()
    same = trace is not None and trace.digest == digest
    changed_on = trace.changed_on if trace is not None and same else day
    return Trace(changed_on, digest, deadline.standing, deadline.standing and moved)


def _is_standing(deadline: Deadline, day: date, trace: Trace | None) -> bool:
    if deadline.state == "running":
        return False  # its date was corrected: from now on it is a deadline like any other
    if deadline.state == "overdue" and day in (deadline.subject.seen_on, deadline.subject.live_from):
        return True
    return trace is not None and trace.standing


def _mark_moved(view: View, traces: dict[str, Trace], news: News, policy: Policy) -> None:
    """Where a correction makes several deadlines of one case overdue at once they are standing: one alert tells of all.

    One that it alone makes overdue is told like any other, and the target of week 12 then says nothing more.
    """
    late: dict[str, list[Deadline]] = {}
    for deadline in view.deadlines:
        if deadline.state == "overdue" and not deadline.standing:
            late.setdefault(case_id(deadline.subject), []).append(deadline)
    groups = [deadlines for deadlines in late.values() if len(deadlines) > 1]
    if not groups or not news.corrects():
        return
    states = {deadline.id: deadline.state for deadline in news.unmoved(view.day, policy).deadlines}
    for deadlines in groups:
        moved = [deadline for deadline in deadlines if states.get(deadline.id) != "overdue"]
        told = [deadline for deadline in moved if _audiences(deadline, "overdue", policy)]
        several = len(told) > 1
        for deadline in moved if several else _said_by(told, moved, policy):
            deadline.standing = True
            traces[deadline.id] = _traced(deadline, view.day, None, moved=several)


def _said_by(told: list[Deadline], moved: list[Deadline], policy: Policy) -> list[Deadline]:
    """The targets of week 12 of which everybody who would be told is told of the one that is overdue."""
    knows = {audience for deadline in told for audience in _audiences(deadline, "overdue", policy)}
    week_12 = {deadline.id: _audiences(deadline, "week-12-incomplete", policy) for deadline in moved}
    return [deadline for deadline in moved if deadline.rule.clock == WEEK_12 and set() < week_12[deadline.id] <= knows]


def _audiences(deadline: Deadline, threshold: Threshold, policy: Policy) -> set[str]:
    return {tell.audience for tell in telling_of(deadline, policy.alerts).tells.get(threshold, ())}


def _alerting(
    view: View, traces: dict[str, Trace], before: History | None, looking: Looking
) -> tuple[Alerting, frozenset[tuple[str, Threshold]]]:
    """The alerts that ought to stand, and what is quiet. None before a source is live, and none while a death is told,
    however."""
    found: dict[AlertKey, list[Occasion]] = {}
    quiet: set[tuple[str, Threshold]] = set()
    for occasion in _occasions(view, traces, looking):
        reached = (occasion.about, occasion.threshold)
        if occasion.threshold in OLD_AT_FIRST_SIGHT:
            was_quiet = before is not None and reached in before.quiet
            if was_quiet or looking.day in (occasion.subject.seen_on, occasion.subject.live_from):
                quiet.add(reached)
                continue
        live_from = occasion.subject.live_from
        if view.death is not None or (live_from is not None and looking.day < live_from):
            continue
        for tell in occasion.tells:
            found.setdefault((about_of(occasion, tell), occasion.threshold, tell.audience), []).append(occasion)
    return found, frozenset(quiet)


def _occasions(view: View, traces: dict[str, Trace], looking: Looking) -> list[Occasion]:
    found = []
    for deadline in view.deadlines:
        found += of_deadline(deadline, looking)
        trace = traces.get(deadline.id)
        if trace is not None and trace.moved and deadline.state == "overdue":
            moved = moved_back(deadline, looking.rules)
            found += [moved] if moved is not None else []
    found += of_headings(view.deadlines, view.headings, looking)
    return found + of_cases(view.cases, view.deadlines, view.chains, looking)
