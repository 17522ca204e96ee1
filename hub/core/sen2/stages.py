"""What a case had come to at the end of a day: the outcome of the request, and that of the assessment.

Only what is dated by that day counts. The first outcome told stays, whatever was told later (SEN2 guide).
"""

from datetime import date
from typing import NamedTuple

from hub.core.sen2.rows import Outcome
from schemas.records import CaseRecord

GONE = frozenset({"withdrawn", "moved-away", "died"})
"""Ends that the return codes W: before the decision that was due."""


class Stage(NamedTuple):
    """An outcome. `told_on` is its date in the return, `over_on` the day from which nothing more is to come.

    A decision that no source dates has neither (`undated`).
    """

    outcome: Outcome
    told_on: date | None = None
    over_on: date | None = None
    undated: bool = False

    @property
    def gone_on(self) -> date | None:
        """The day on which the child, or the request, was gone before this was finished."""
        return self.over_on if self.told_on is None else None


def request_stage(case: CaseRecord, last: date) -> Stage:
    """The request. Where a plan was decided on, there was an assessment, also if no source told of the decision.

    A decision told only after that is not the one that led to it.
    """
    told_on, gone_on = _by(last, case.decided_on) if case.decided else None, gone_by(case, last)
    shown_on = assessed_by(case, last)
    if told_on and not _before(gone_on, told_on) and not _before(shown_on, told_on):
        return Stage("Y" if case.decided == "assess" else "N", told_on, told_on)
    if shown_on and not _before(gone_on, shown_on):
        return Stage("Y", undated=True)
    return Stage("W", over_on=gone_on) if gone_on else Stage("A")


def assessment_stage(case: CaseRecord, last: date) -> Stage:
    """The assessment. Decided to issue and not issued is Y without a date: the date is the day the plan was sent."""
    gone_on = gone_by(case, last)
    told = _first((_by(last, no_plan_on(case)), "N"), (_by(last, case.issued_on), "Y"))
    if told and not _before(gone_on, told.told_on):
        return told
    decided_on = _by(last, case.plan_decided_on) if case.plan_decided == "issue" else None
    if decided_on and not _before(gone_on, decided_on):
        return Stage("Y", over_on=gone_on)
    return Stage("W", over_on=gone_on) if gone_on else Stage("A")


def assessed_by(case: CaseRecord, last: date) -> date | None:
    """The first day that shows that an assessment was carried out: a plan, or none, was decided on or sent."""
    days = (_by(last, day) for day in (case.plan_decided_on, no_plan_on(case), case.issued_on))
    return min((day for day in days if day), default=None)


def gone_by(case: CaseRecord, last: date) -> date | None:
    """The day of a withdrawal, of a move out of the area or of a death that ended the case."""
    ended_on = case.ended_on if case.outcome in GONE else None
    days = (_by(last, day) for day in (case.withdrawn_on, case.moved_on, ended_on))
    return min((day for day in days if day), default=None)


def no_plan_on(case: CaseRecord) -> date | None:
    """The day on which "no plan" was told, also after it had first been decided to issue one."""
    if case.outcome == "no-plan":
        return case.ended_on
    return case.plan_decided_on if case.plan_decided == "no-plan" else None


def has_plan(case: CaseRecord, first: date, last: date) -> bool:
    """Whether the case's plan was in force on some day of a period."""
    return _by(last, case.issued_on) is not None and not _before(case.ceased_on, first)


def _first(*told: tuple[date | None, Outcome]) -> Stage | None:
    stages = [Stage(outcome, on, on) for on, outcome in told if on]
    return min(stages, key=lambda stage: stage.over_on or date.max, default=None)


def _by(last: date, day: date | None) -> date | None:
    return day if day and day <= last else None


def _before(day: date | None, other: date | None) -> bool:
    return day is not None and other is not None and day < other
