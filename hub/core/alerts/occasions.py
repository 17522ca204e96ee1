"""What is reached on a day: each occasion for an alert, whoever is told and whether it is news.

An *occasion* is one threshold reached for one thing. It stands as long as it is reached; the alert about it opens once.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from hub.core.alerts.forecast import Forecast
from hub.core.alerts.rules import AlertRules, Telling
from hub.core.cases.advice import Chain
from hub.core.cases.case import Case
from hub.core.clocks.deadline import Deadline, Subject
from hub.core.days import DAY, working_days_after, working_days_before
from schemas.alerts import Severity, Tell, Threshold

WEEK_12 = "advice-all-in-12w"
PSYCHOLOGICAL = "psychological"
LOGGED_WORKING_DAYS = 3
"""How many working days the council has to log what a body says that it sent."""

DECIDED = ("plan.decided", "plan.issued")
"""What follows, beside a draft, once all advice is in."""

OLD_AT_FIRST_SIGHT: frozenset[Threshold] = frozenset(
    {
        "exempt-still-open", "advice-after-plan", "plan-without-advice", "sent-not-logged", "all-advice-in",
        "heading-open", "exemption-not-valid",
    }
)  # fmt: skip
"""Reached when the hub first heard of it, or when its source went live, these are old news: a first import is quiet.
What is overdue then is *standing*."""


class Looking(NamedTuple):
    """The day looked at, what a deployment decides about alerts, and the sources on which no new one may rest."""

    day: date
    rules: AlertRules
    forecast: Forecast | None
    review_days: int
    silent: frozenset[str] = frozenset()


class Occasion(NamedTuple):
    """`about` is what it is about by itself; `deadline` the deadline that reached it, None where no single one did.

    `opens`: whether an alert may open by it; else one that is open goes on. `rests_on`: other advice than the subject's
    that it was judged by. `tells`: who is told.
    """

    threshold: Threshold
    about: str
    subject: Subject
    deadline: Deadline | None
    tells: tuple[Tell, ...]
    opens: bool = True
    severity: Severity = "normal"
    rests_on: tuple[Chain, ...] = ()


def soon_on(deadline: Deadline, working_days: int) -> date:
    """The first day on which the deadline is due soon; never the day it starts, however short its limit."""
    starts_on, act_by = deadline.starts_on, deadline.act_by
    return _soon_on(act_by, working_days, starts_on if starts_on < act_by else None)


@lru_cache(maxsize=16_384)
def _soon_on(act_by: date, working_days: int, starts_on: date | None) -> date:
    soon = working_days_before(act_by, working_days)
    return soon if starts_on is None else max(soon, starts_on + DAY)


def of_deadline(deadline: Deadline, looking: Looking) -> list[Occasion]:
    """The occasions of one deadline."""
    telling = telling_of(deadline, looking.rules)
    found = []
    for threshold, opens in _reached(deadline, telling, looking):
        tells = telling.tells.get(threshold)
        if tells:
            about = case_id(deadline.subject) if threshold == "week-12-incomplete" else deadline.id
            found.append(Occasion(threshold, about, deadline.subject, deadline, tells, opens))
    return found + _still_soon(deadline, telling, looking)


def _still_soon(deadline: Deadline, telling: Telling, looking: Looking) -> list[Occasion]:
    """What is overdue is no longer due soon, but for as long as a silent source keeps it from being told as overdue."""
    tells = telling.tells.get("due-soon")
    if not looking.silent or not tells or deadline.state != "overdue" or deadline.standing:
        return []
    soon = Occasion("due-soon", deadline.id, deadline.subject, deadline, tells, opens=False)
    return [soon] if sources_of(soon) & looking.silent else []


def telling_of(deadline: Deadline, rules: AlertRules) -> Telling:
    """The rows that hold for a deadline."""
    subject = deadline.subject
    return rules.telling(deadline.rule, subject.service or subject.heading, deadline.responsible.role)


def _reached(deadline: Deadline, telling: Telling, looking: Looking) -> list[tuple[Threshold, bool]]:
    """The thresholds reached, each with whether an alert may open by it: what is late is told as late and no more."""
    state, day, found = deadline.state, looking.day, list[tuple[Threshold, bool]]()
    if state == "running":
        if not deadline.standing and "due-soon" in telling.tells and day >= soon_on(deadline, telling.lead):
            found.append(("due-soon", True))
        forecast = looking.forecast if "likely-late" in telling.tells else None
        if forecast is not None and forecast.likely_late(deadline, day):
            found.append(("likely-late", True))
    elif state == "overdue" and not deadline.standing:
        found.append(("overdue", True))
        if looking.forecast is not None:
            found.append(("likely-late", False))
        if deadline.rule.clock == WEEK_12:
            found.append(("week-12-incomplete", True))
    elif state == "exempt" and day >= first_review(deadline, looking.review_days):
        found.append(("exempt-still-open", True))
    if deadline.subject.chain is not None:
        found += _of_advice(deadline, day)
    return found


def _of_advice(deadline: Deadline, day: date) -> list[tuple[Threshold, bool]]:
    if deadline.is_open:
        not_logged = not_logged_on(deadline)
        return [("sent-not-logged", True)] if not_logged is not None and not_logged <= day else []
    return [("advice-after-plan", True)] if came_after_plan(deadline) and answered(deadline) is None else []


def first_review(deadline: Deadline, review_days: int) -> date:
    """The first day on which somebody looks whether an exempt deadline is still impractical to keep."""
    return deadline.due_on + timedelta(days=review_days)


def not_logged_on(deadline: Deadline) -> date | None:
    """The day after the council's days for logging what the body says that it sent. None where nothing is missing.

    Any receipt on that day or later will do, and so does sending it back.
    """
    chain = deadline.subject.chain
    if chain is None or "advice.sent-by-body" not in chain.dates:
        return None
    sent = max(_days_of(chain, ("advice.sent-by-body",)))
    if any(day >= sent for day in _days_of(chain, ("advice.received", "advice.returned"))):
        return None
    return working_days_after(sent, LOGGED_WORKING_DAYS) + DAY


def _days_of(chain: Chain, kinds: tuple[str, ...]) -> list[date]:
    facts = [fact for link in chain.links for kind in kinds for fact in link.facts.get(kind, ())]
    return [fact.effective_on for fact in facts if fact.effective_on is not None]


def came_after_plan(deadline: Deadline) -> bool:
    """Whether the advice came after the plan it was for had been issued."""
    chain = deadline.subject.chain
    if chain is None or chain.case is None or deadline.met_on is None:
        return False
    issued = chain.case.moments.get("plan.issued")
    return issued is not None and deadline.met_on > issued


def answered(deadline: Deadline) -> str | None:
    """What became of advice that came after the plan: the plan was amended, or kept so by a decision, or ended."""
    chain, received = deadline.subject.chain, deadline.met_on
    if chain is None or chain.case is None or received is None:
        return None
    return settled_since(chain.case, received)


def settled_since(case: Case, day: date) -> str | None:
    """Why nobody has to look at a plan any more: amended (or kept so) from that day on, or over."""
    if any(on >= day for on in case.amended_on):
        return "met"
    return "void" if "plan.ceased" in case.moments or "child.died" in case.moments else None


def of_cases(
    cases: Iterable[Case], deadlines: Sequence[Deadline], chains: Sequence[Chain], looking: Looking
) -> list[Occasion]:
    """The occasions of whole cases, and of claims against what they are about."""
    found = []
    for case in cases:
        if "plan.issued" in case.moments or "advice.all-in" in case.moments:
            subject = subject_of(case, deadlines)
            if subject is not None:
                found += _of_case(case, subject, [chain for chain in chains if chain.case is case], looking)
    if any(deadline.exemptions for deadline in deadlines):
        found += _of_claims(deadlines, looking)
    return found


def subject_of(case: Case, deadlines: Iterable[Deadline]) -> Subject | None:
    """A case as clocks see it; None where no clock runs for it."""
    return next((deadline.subject for deadline in deadlines if deadline.subject.id == case.id), None)


def _of_case(case: Case, subject: Subject, chains: list[Chain], looking: Looking) -> list[Occasion]:
    found = []
    missing = without(case, chains)
    if missing and settled_since(case, case.moments["plan.issued"]) is None:
        hard: Severity = "hard" if any(chain.heading == PSYCHOLOGICAL for chain in missing) else "normal"
        tells = looking.rules.tells("plan-without-advice")
        found.append(
            Occasion("plan-without-advice", case.id, subject, None, tells, severity=hard, rests_on=tuple(missing))
        )
    if waits_for_draft(case):
        found.append(Occasion("all-advice-in", case.id, subject, None, looking.rules.tells("all-advice-in")))
    return found


def without(case: Case, chains: Iterable[Chain]) -> list[Chain]:
    """The required advice that was not in when the plan was issued and has not come since."""
    if "plan.issued" not in case.moments:
        return []
    return [chain for chain in chains if chain.wanted and chain.received_on is None]


def waits_for_draft(case: Case) -> bool:
    """Whether all advice is in, and nothing has been drafted, decided or issued since."""
    complete = case.moments.get("advice.all-in")
    return complete is not None and case.ended_on is None and not drafted_since(case, complete)


def drafted_since(case: Case, day: date) -> bool:
    """Whether a draft (the first or a later one), a decision on a plan or a plan followed."""
    drafted = any(draft.on >= day for draft in case.drafts)
    return drafted or any(case.moments.get(moment, date.min) >= day for moment in DECIDED)


def _of_claims(deadlines: Iterable[Deadline], looking: Looking) -> list[Occasion]:
    """Claims that fit none of the limits that they are about, while one of these is open."""
    tells, found = looking.rules.tells("exemption-not-valid"), []
    judged: dict[tuple[str, str], list[Deadline]] = {}
    for deadline in deadlines:
        for exemption in deadline.exemptions:
            if exemption.claim is not None:
                judged.setdefault((deadline.subject.id, exemption.claim), []).append(deadline)
    for (about, claim), against in judged.items():
        states = {each.state for deadline in against for each in deadline.exemptions if each.claim == claim}
        if states == {"not-valid"} and any(deadline.is_open for deadline in against):
            found.append(Occasion("exemption-not-valid", about, against[0].subject, None, tells))
    return found


def moved_back(deadline: Deadline, rules: AlertRules) -> Occasion | None:
    """The occasion of a deadline that a correction made overdue together with others; None where nobody is told."""
    tells = telling_of(deadline, rules).tells.get("date-moved-back")
    subject = deadline.subject
    return Occasion("date-moved-back", case_id(subject), subject, deadline, tells) if tells else None


def case_id(subject: Subject) -> str:
    """The case that something belongs to: its own, else the request that it names, else itself."""
    if subject.case is not None:
        return subject.case.id
    chain = subject.chain
    if chain is None:
        return subject.id
    return chain.request_named or chain.latest.asked_for.subject.get("reassessment") or chain.id


def about_of(occasion: Occasion, tell: Tell) -> str:
    """What the alert to this audience is about."""
    if tell.per == "deadline":
        return occasion.about
    case, heading = case_id(occasion.subject), occasion.subject.heading
    return f"{case}|{heading}" if tell.per == "heading" and heading is not None else case


def sources_of(occasion: Occasion) -> set[str]:
    """The feeds whose silence may hide that it is not so: those of what it is about, and of what is known of advice."""
    found = {occasion.subject.source}
    chains = [*occasion.rests_on, *([occasion.subject.chain] if occasion.subject.chain else [])]
    for chain in chains:
        for link in chain.links:
            found |= {fact.source for facts in link.facts.values() for fact in facts}
    return found


def next_on(deadlines: Iterable[Deadline], looking: Looking) -> date | None:
    """The next day on which any of it changes by the passing of time; that a limit passes is the clock's own."""
    days: list[date | None] = []
    for deadline in deadlines:
        if not deadline.is_open:
            continue
        telling = telling_of(deadline, looking.rules)
        if deadline.state == "running" and "due-soon" in telling.tells:
            days.append(soon_on(deadline, telling.lead))
        if deadline.state == "running" and looking.forecast is not None and "likely-late" in telling.tells:
            days.append(looking.forecast.next_change(deadline, looking.day))
        if deadline.state == "exempt":
            days.append(first_review(deadline, looking.review_days))
        if deadline.subject.chain is not None:
            days.append(not_logged_on(deadline))
    return min((day for day in days if day is not None and day > looking.day), default=None)
