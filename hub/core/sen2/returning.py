"""Which requests of a child belong in the return about a year, and what their two rows say."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from hub.core.sen2.contests import ORDER_CLOCKS, Contest, contests_of, is_ordered
from hub.core.sen2.entry import Entry
from hub.core.sen2.rows import NOTHING, Assessment, Request, asked
from hub.core.sen2.stages import Stage, assessed_by, assessment_stage, has_plan, request_stage
from hub.core.sen2.year import Year
from schemas.deadlines import Deadline
from schemas.ids import full_id
from schemas.records import CaseRecord, ChildRecord

WEEK20 = "final-plan-20w"
CLOCKS = ORDER_CLOCKS | {WEEK20}
"""The clocks whose deadlines a return needs."""

SOURCES = {"parent": "1", "young-person": "1", "school": "2"}
"""RequestSource, from the collection of 2026 on: 1 parent or young person, 2 school or other setting, 3 health,
4 social care, 5 other (read in a supplier's page on that collection). "Other" may be any of 3 to 5, and a
representative's code is not known: both stay blank."""

CONTESTED = frozenset(
    {
        *("RequestMediation", "RequestTribunal", "AssessmentMediation", "AssessmentTribunal"),
        *("OtherMediation", "OtherTribunal"),
    }
)


class Child(NamedTuple):
    """A child's record with those of its deadlines that a return needs (`CLOCKS`)."""

    record: ChildRecord
    deadlines: Sequence[Deadline] = ()


class Return(NamedTuple):
    """The return about a year: its requests in the order of their receipt.

    `areas` are those of all cases seen; `contests_told` says whether any source tells of mediation or appeals;
    `loose_plans` counts children with a plan that belongs to no request known here.
    """

    year: Year
    entries: tuple[Entry, ...]
    areas: frozenset[str | None]
    contests_told: bool
    loose_plans: int


def returned(children: Iterable[Child], year: Year, area: str | None = None) -> Return:
    """The return of an area; of all areas where none is named. No order of the children matters."""
    entries: list[Entry] = []
    areas: set[str | None] = set()
    told, loose_plans = False, 0
    for child in children:
        loose_plans += bool(child.record.other_plans)
        for case in child.record.cases:
            areas.add(case.area)
            orders = _orders(case, child)
            told = told or bool(contests_of(case, orders))
            if area is None or case.area == area:
                entries += _entries(case, child, orders, year)
    if not told:
        entries = [_without_contests(entry) for entry in entries]
    entries.sort(key=lambda entry: (entry.request.received_on, entry.child_id, entry.id))
    return Return(year, tuple(entries), frozenset(areas), told, loose_plans)


def _orders(case: CaseRecord, child: Child) -> list[Deadline]:
    """Limits of orders that name the case, or no request where the child has no other case."""
    orders = [deadline for deadline in child.deadlines if deadline.clock in ORDER_CLOCKS]
    return [order for order in orders if _names(order, case) or _can_only_be(order, child)]


def _names(deadline: Deadline, case: CaseRecord) -> bool:
    request = deadline.subject.request
    if request is None:
        return False
    named = full_id(deadline.source, request) if deadline.source else request
    return any(named == each.id for each in case.requests)


def _can_only_be(deadline: Deadline, child: Child) -> bool:
    return deadline.subject.request is None and len(child.record.cases) == 1


def _entries(case: CaseRecord, child: Child, orders: list[Deadline], year: Year) -> list[Entry]:
    """The case's one entry, or none where the case has no part in the year."""
    if case.received_on > year.last:
        return []
    decision = request_stage(case, year.last)
    is_assessed = decision.outcome == "Y" or (
        decision.outcome == "N" and (assessed_by(case, year.last) is not None or is_ordered(case, orders, year.last))
    )
    result = assessment_stage(case, year.last) if is_assessed else None
    if not _belongs(case, decision, result, year):
        return []
    contests = contests_of(case, orders, year.last)
    gone_on = (result or decision).gone_on
    entry = Entry(
        child_id=child.record.child_id,
        id=case.id,
        ids=tuple(request.id for request in case.requests),
        case_reference=case.case_reference,
        request=_request(case, _in_year(decision, result, year), contests, gone_on),
        assessment=_assessment(_in_year(result, None, year), case, child, contests) if result else None,
    )
    return [entry]


def _belongs(case: CaseRecord, decision: Stage, result: Stage | None, year: Year) -> bool:
    """Decided in the year or not finished by its end; older only where a plan in force needs it as a parent."""
    if _is_current(decision, year) or (result is not None and _is_current(result, year)):
        return True
    return result is not None and has_plan(case, year.first, year.last)


def _is_current(stage: Stage, year: Year) -> bool:
    if stage.undated:
        return False  # it is at least as old as the assessment's outcome, which decides
    return stage.over_on is None or stage.over_on >= year.first


def _in_year(stage: Stage, later: Stage | None, year: Year) -> Stage:
    """A stage as the year's return has it: H for what was decided earlier. What is not dated is as old as the next."""
    decided_on = stage.told_on or (later.told_on if later and stage.undated else None)
    if decided_on is not None and decided_on < year.first:
        return Stage("H")
    return stage


def _request(case: CaseRecord, stage: Stage, contests: frozenset[Contest], gone_on: date | None) -> Request:
    by = next((request.by for request in case.requests if request.id == case.id), None)
    source = SOURCES.get(by or "")
    exported, told = _exported(case, gone_on)
    unknown = {"RYA"} | ({"RequestOutcomeDate"} if stage.undated else NOTHING)
    unknown |= (NOTHING if source else {"RequestSource"}) | (NOTHING if told else {"Exported"})
    row = Request(
        received_on=case.received_on,
        outcome=stage.outcome,
        outcome_on=stage.told_on,
        source=source,
        mediation=("request", False) in contests,
        tribunal=("request", True) in contests,
        exported=exported,
        unknown=frozenset(unknown),
    )
    return _only_asked(row)


def _exported(case: CaseRecord, gone_on: date | None) -> tuple[bool | None, bool]:
    """Whether the child moved out before the assessment was finished, and whether the record can tell.

    `gone_on`: the day on which the request ended before that. A withdrawal for which no source gives a reason may have
    been a move.
    """
    if gone_on is None:
        return None, True
    ended = case.outcome if case.ended_on == gone_on else "open"
    withdrawn = case.withdrawn_on == gone_on or ended == "withdrawn"
    if case.moved_on == gone_on or ended == "moved-away" or (withdrawn and case.withdrawn_reason == "moved"):
        return True, True
    return None, case.withdrawn_reason is not None or not withdrawn or ended == "died"


def _assessment(stage: Stage, case: CaseRecord, child: Child, contests: frozenset[Contest]) -> Assessment:
    week20 = _week20(case, child)
    row = Assessment(
        outcome=stage.outcome,
        outcome_on=stage.told_on,
        mediation=("assessment", False) in contests,
        tribunal=("assessment", True) in contests,
        other_mediation=("other", False) in contests,
        other_tribunal=("other", True) in contests,
        week20=week20,
        unknown=frozenset({"Week20"}) if week20 is None else NOTHING,
    )
    return _only_asked_of(row)


def _week20(case: CaseRecord, child: Child) -> bool | None:
    """Whether an accepted exemption lifts the 20 weeks; None without the deadline. Only fitting ones are accepted."""
    for deadline in child.deadlines:
        if deadline.clock == WEEK20 and _names(deadline, case):
            return any(exemption.state == "accepted" for exemption in deadline.exemptions)
    return None


def _only_asked(row: Request) -> Request:
    wanted = asked(row)
    row = row._replace(unknown=row.unknown & wanted)
    return row if "RequestOutcomeDate" in wanted else row._replace(outcome_on=None, mediation=None, tribunal=None)


def _only_asked_of(row: Assessment) -> Assessment:
    wanted = asked(row)
    row = row._replace(unknown=row.unknown & wanted)
    if "Week20" not in wanted:
        row = row._replace(week20=None)
    if "AssessmentOutcomeDate" in wanted:
        return row
    return row._replace(outcome_on=None, mediation=None, tribunal=None, other_mediation=None, other_tribunal=None)


def _without_contests(entry: Entry) -> Entry:
    """No source tells of mediation or appeals, so "no" would be made up."""
    request, assessment = entry.request, entry.assessment
    request = request._replace(mediation=None, tribunal=None, unknown=request.unknown | (CONTESTED & asked(request)))
    if assessment is not None:
        assessment = assessment._replace(
            mediation=None,
            tribunal=None,
            other_mediation=None,
            other_tribunal=None,
            unknown=assessment.unknown | (CONTESTED & asked(assessment)),
        )
    return entry._replace(request=request, assessment=assessment)
