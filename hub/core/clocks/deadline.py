"""Deadlines: a rule running for one subject, with its dates, its state on a day and who must act."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import orjson

from hub.core.cases.advice import Chain
from hub.core.cases.body import Body
from hub.core.cases.case import Case
from hub.core.cases.claims import Appointment, Claim
from hub.core.cases.references import owner
from hub.core.clocks.counting import Limit
from hub.core.clocks.exemptions import Judged, Period, judge
from hub.core.clocks.explain import explain, sentences
from hub.core.clocks.rule import Rule
from hub.core.days import DAY, last_working_day
from hub.core.facts.fact import Fact
from schemas.ids import digest

OPEN = frozenset({"running", "overdue", "exempt"})


@dataclass(slots=True)
class Subject:
    """What a clock runs for: a case, an advice chain or another matter, as rules see it.

    `id` is the statutory subject and makes the deadline's id; `shown` is what the deadline shows; `source` is the start
    fact's. `because` is the fact behind each moment. `bodies` are those that count as the body asked; `claims` and
    `appointments` are what may lift its limits.
    """

    id: str
    shown: dict[str, str]
    source: str
    seen_on: date
    live_from: date | None
    moments: dict[str, date]
    because: dict[str, Fact]
    responsible: Body
    area: str | None
    case_reference: str | None
    questions: tuple[str, ...]
    case: Case | None = None
    chain: Chain | None = None
    bodies: tuple[Body, ...] = ()
    claims: tuple[Claim, ...] = ()
    appointments: tuple[Appointment, ...] = ()
    year: int | None = None
    directed: date | None = None

    @property
    def heading(self) -> str | None:
        """The legal heading of the advice."""
        return self.chain.heading if self.chain else None

    @property
    def service(self) -> str | None:
        """The service asked for the advice."""
        return self.chain.service if self.chain else None


@dataclass(slots=True)
class Deadline:
    """One deadline on one day; the shape is `schemas.deadlines.Deadline`'s. `started_by` and `ended_by` are the moments
    that did, where one did; `review_by` is when an exempt one is to be looked at again."""

    id: str
    rule: Rule
    subject: Subject
    starts_on: date
    due_on: date
    due_on_day_one: date
    act_by: date
    state: str
    met_on: date | None
    responsible: Body
    answerable: Body
    started_by: str
    ended_by: str | None
    exemptions: tuple[Judged, ...]
    review_by: date | None
    standing: bool = False
    restricted: bool = False

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in OPEN

    def content(self) -> tuple[Any, ...]:
        """All that it says but for `as_of`."""
        subject = self.subject
        return (
            self.id,
            self.rule.clock,
            self.rule.version,
            subject.shown,
            subject.source,
            self.rule.law,
            tuple(self.responsible),
            tuple(self.answerable),
            self.starts_on,
            self.due_on,
            self.state,
            self.met_on,
            self.review_by,
            subject.questions,
            [tuple(exemption) for exemption in self.exemptions],
            subject.heading,
            subject.service,
            subject.area,
            subject.case_reference,
            self.standing,
            self.restricted,
            sentences(self),
        )

    def digest(self) -> str:
        """A digest of `content`."""
        return hashlib.blake2b(orjson.dumps(self.content()), digest_size=8).hexdigest()

    def to_json(self, child_id: str, as_of: date) -> dict[str, Any]:
        """The deadline as it is exchanged. Ids of the start fact's own source are bare."""
        subject = self.subject
        return {
            "id": self.id,
            "clock": self.rule.clock,
            "rule_version": self.rule.version,
            "child_id": child_id,
            "subject": {name: _bare(subject.source, id_) for name, id_ in subject.shown.items()},
            "law": self.rule.law,
            "responsible": _organisation(self.responsible),
            "answerable": _organisation(self.answerable),
            "starts_on": self.starts_on,
            "due_on": self.due_on,
            "due_on_day_one": self.due_on_day_one,
            "act_by": self.act_by,
            "state": self.state,
            "met_on": self.met_on,
            "exemptions": [exemption.to_json() for exemption in self.exemptions],
            "review_by": self.review_by,
            "questions": subject.questions,
            "as_of": as_of,
            "heading": subject.heading,
            "service": subject.service,
            "area": subject.area,
            "case_reference": subject.case_reference,
            "standing": self.standing,
            "restricted": self.restricted,
            "source": subject.source,
            "explanation": explain(self),
        }


@lru_cache(maxsize=16_384)
def deadline_id(clock: str, subject: str) -> str:
    """A hash of clock and statutory subject alone: no child, body, rule or date changes it."""
    return digest(clock, subject)


def run(
    rule: Rule, subject: Subject, started_by: str, limit: Limit, day: date, bodies: tuple[Body, Body], review: int
) -> Deadline:
    """The rule's deadline for the subject as it stands on a day. `bodies`: who is responsible, and who answers today;
    `review`: after how many days an exempt one is looked at again."""
    starts_on, due_on = subject.moments[started_by], limit.due_on
    exemptions: tuple[Judged, ...] = ()
    if subject.claims or subject.appointments:
        ends = [subject.moments[end] for end in (*rule.meets, *rule.closes, *rule.voids) if end in subject.moments]
        known_to = min(ends, default=day)
        period = Period(starts_on, due_on, known_to, bool(ends), subject.bodies, subject.appointments)
        exemptions = judge(rule, subject.claims, period)
    lifted = any(exemption.lifts for exemption in exemptions)
    state, met_on, ended_by = _state(rule, subject.moments, due_on, day, lifted)
    return Deadline(
        id=deadline_id(rule.clock, subject.id),
        rule=rule,
        subject=subject,
        starts_on=starts_on,
        due_on=due_on,
        due_on_day_one=limit.day_one,
        act_by=last_working_day(limit.day_one),
        state=state,
        met_on=met_on,
        responsible=bodies[0],
        answerable=bodies[1],
        started_by=started_by,
        ended_by=ended_by,
        exemptions=exemptions,
        review_by=_review_by(due_on, day, review) if state == "exempt" else None,
    )


def start_of(rule: Rule, moments: dict[str, date]) -> str | None:
    """The moment from which the rule's clock runs, if it has started."""
    return next((moment for moment in rule.starts if moment in moments), None)


def changes_on(deadline: Deadline) -> date | None:
    """The day on which its state, or its next review, changes by the passing of time alone."""
    if deadline.state == "running":
        fits_on = [exemption.fits_on for exemption in deadline.exemptions if exemption.fits_on is not None]
        return min(fits_on, default=deadline.due_on + DAY)
    return deadline.review_by + DAY if deadline.review_by is not None else None


def _state(
    rule: Rule, moments: dict[str, date], due_on: date, day: date, lifted: bool
) -> tuple[str, date | None, str | None]:
    """The state, when it was met, and the moment that ended it."""
    met = _first(rule.meets, moments)
    voided = _first(rule.voids, moments)
    if rule.at_end == "met" and day > due_on and (voided is None or moments[voided] > due_on):
        return "met", due_on, None
    if met is not None and (voided is None or moments[met] <= moments[voided]):
        on = moments[met]
        return ("met" if on <= due_on else "met-exempt" if lifted else "met-late"), on, met
    closed = _first(rule.closes, moments)
    if closed is not None and (voided is None or moments[closed] <= moments[voided]):
        return "closed", None, closed
    if voided is not None:
        return "void", None, voided
    if day <= due_on:
        return "running", None, None
    if rule.conditional:
        return "lapsed", None, None
    return ("exempt" if lifted else "overdue"), None, None


def _first(names: tuple[str, ...], moments: dict[str, date]) -> str | None:
    found = [name for name in names if name in moments]
    return min(found, key=lambda name: moments[name]) if found else None


def _review_by(due_on: date, day: date, review_days: int) -> date:
    """The next day, in steps from the day that was due, on which somebody looks whether it is still impractical."""
    steps = max(1, -(-(day - due_on).days // review_days))
    return due_on + timedelta(days=steps * review_days)


def _bare(source: str, id_: str) -> str:
    return id_[len(source) + 1 :] if owner(id_) == source else id_


def _organisation(body: Body) -> dict[str, str | None]:
    found: dict[str, str | None] = {"role": body.role, "ods": body.ods}
    return found | {"setting": body.setting} if body.setting else found
