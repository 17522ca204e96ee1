"""Deadlines: a rule running for one subject, with its dates, its state on a day and who must act."""

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import orjson

from hub.core.cases.advice import Chain
from hub.core.cases.body import Body
from hub.core.cases.references import owner
from hub.core.clocks.days import DAY, last_working_day, weeks_after
from hub.core.clocks.rules import Rule
from schemas.ids import digest

OPEN = frozenset({"running", "overdue", "exempt"})


@dataclass(slots=True)
class Subject:
    """What a clock runs for: a case or an advice chain, as rules see it.

    `id` is the statutory subject and makes the deadline's id; `shown` is what the deadline shows; `source` is the start
    fact's. `exempt` names the accepted exemptions that lift the limit: none are judged yet.
    """

    id: str
    shown: dict[str, str]
    source: str
    seen_on: date
    live_from: date | None
    moments: dict[str, date]
    responsible: Body
    area: str | None
    case_reference: str | None
    questions: tuple[str, ...]
    chain: Chain | None = None
    exempt: tuple[str, ...] = ()

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
    """One deadline on one day; the shape is `schemas.deadlines.Deadline`'s."""

    id: str
    rule: Rule
    subject: Subject
    starts_on: date
    due_on: date
    due_on_day_one: date
    act_by: date
    state: str
    met_on: date | None
    answerable: Body
    standing: bool = False

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
            tuple(subject.responsible),
            tuple(self.answerable),
            self.starts_on,
            self.due_on,
            self.state,
            self.met_on,
            subject.questions,
            subject.exempt,
            subject.heading,
            subject.service,
            subject.area,
            subject.case_reference,
            self.standing,
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
            "responsible": _organisation(subject.responsible),
            "answerable": _organisation(self.answerable),
            "starts_on": self.starts_on,
            "due_on": self.due_on,
            "due_on_day_one": self.due_on_day_one,
            "act_by": self.act_by,
            "state": self.state,
            "met_on": self.met_on,
            "exemptions": subject.exempt,
            "review_by": None,
            "questions": subject.questions,
            "as_of": as_of,
            "heading": subject.heading,
            "service": subject.service,
            "area": subject.area,
            "case_reference": subject.case_reference,
            "standing": self.standing,
            "source": subject.source,
        }


@lru_cache(maxsize=16_384)
def deadline_id(clock: str, subject: str) -> str:
    """A hash of clock and statutory subject alone: no child, body, rule or date changes it."""
    return digest(clock, subject)


def run(rule: Rule, subject: Subject, starts_on: date, day: date, answers: Body) -> Deadline:
    """The rule's deadline for the subject as it stands on a day."""
    due_on = weeks_after(starts_on, rule.limit)
    day_one = due_on - DAY
    state, met_on = _state(rule, subject, due_on, day)
    return Deadline(
        id=deadline_id(rule.clock, subject.id),
        rule=rule,
        subject=subject,
        starts_on=starts_on,
        due_on=due_on,
        due_on_day_one=day_one,
        act_by=last_working_day(day_one),
        state=state,
        met_on=met_on,
        answerable=answers,
    )


def start_of(rule: Rule, moments: dict[str, date]) -> date | None:
    """The day from which the rule's clock runs, if it has started."""
    for moment in rule.starts:
        if moment in moments:
            return moments[moment]
    return None


def changes_on(deadline: Deadline) -> date | None:
    """The day on which its state changes by the passing of time alone."""
    return deadline.due_on + DAY if deadline.state == "running" else None


def _state(rule: Rule, subject: Subject, due_on: date, day: date) -> tuple[str, date | None]:
    moments = subject.moments
    met = _first(rule.meets, moments)
    voided = _first(rule.voids, moments)
    if met is not None and (voided is None or met <= voided):
        on_time = met <= due_on
        return ("met" if on_time else "met-exempt" if subject.exempt else "met-late"), met
    closed = _first(rule.closes, moments)
    if closed is not None and (voided is None or closed <= voided):
        return "closed", None
    if voided is not None:
        return "void", None
    if day <= due_on:
        return "running", None
    if rule.conditional:
        return "lapsed", None
    return ("exempt" if subject.exempt else "overdue"), None


def _first(names: tuple[str, ...], moments: dict[str, date]) -> date | None:
    found = [moments[name] for name in names if name in moments]
    return min(found) if found else None


def _bare(source: str, id_: str) -> str:
    return id_[len(source) + 1 :] if owner(id_) == source else id_


def _organisation(body: Body) -> dict[str, str | None]:
    found: dict[str, str | None] = {"role": body.role, "ods": body.ods}
    return found | {"setting": body.setting} if body.setting else found
