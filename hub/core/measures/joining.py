"""Outcomes of one child out of the narrow parts of its record and deadlines, in whatever order those came."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from hub.core.measures import narrow
from hub.core.measures.narrow import Narrow
from hub.core.measures.outcome import AdviceOutcome, CaseOutcome, Existing, Outcomes, ReviewOutcome
from hub.core.measures.timed import Timed

Deadlines = Mapping[tuple[str, str], Narrow]

UNKNOWN = "unknown"
WITHDRAWN = frozenset({"withdrawn", "moved-away", "died"})
"""Outcomes that the national return codes W: ended before what was due."""

ENDS_ADVICE = WITHDRAWN | {"refused"}
SIX, SIXTEEN, TWENTY = (timedelta(weeks=weeks) for weeks in (6, 16, 20))


def outcomes_of(child_id: str, record: Mapping[str, Any] | None, deadlines: Iterable[Mapping[str, Any]]) -> Outcomes:
    """The outcomes of a child's record and deadlines, whole as on their topics; `record` None where it is not known."""
    parts = filter(None, map(narrow.narrow_deadline, deadlines))
    return joined(child_id, narrow.narrow_record(record) if record else None, parts)


def joined(child_id: str, record: Narrow | None, deadlines: Iterable[Narrow]) -> Outcomes:
    """The outcomes of narrow parts. A deadline whose record has not come yet counts for nothing but a review."""
    found = {(each["clock"], each["about"]): each for each in deadlines}
    cases = record["cases"] if record else []
    other = record["other_advice"] if record else []
    advice = [_advice(chain, case, found) for case in cases for chain in case["advice"]]
    return Outcomes(
        child_id,
        tuple(_case(case, found) for case in cases),
        (*advice, *(_advice(chain, None, found) for chain in other)),
        tuple(_review(each) for (clock, _), each in sorted(found.items()) if clock == narrow.REVIEW),
    )


def _case(case: Narrow, deadlines: Deadlines) -> CaseOutcome:
    id_, issued_on = case["id"], _day(case.get("issued_on"))
    received_on = _needed(case["received_on"])
    no_plan_on = _no_plan_on(case)
    asked, complete = deadlines.get((narrow.ASKED, id_)), deadlines.get((narrow.COMPLETE, id_))
    return CaseOutcome(
        area=case.get("area"),
        received_on=received_on,
        ended_on=_day(case.get("ended_on")),
        issued_on=issued_on,
        decision=_limit(case, deadlines.get((narrow.DECISION, id_)), SIX, _day(case.get("decided_on"))),
        no_plan=_limit(case, deadlines.get((narrow.NO_PLAN, id_)), SIXTEEN, no_plan_on) if no_plan_on else None,
        plan=_plan(case, deadlines.get((narrow.PLAN, id_)), issued_on, no_plan_on),
        asked=_target(asked) if asked else None,
        complete=_target(complete) if complete else None,
        issued_without=len(case.get("issued_without", ())),
        existing=tuple(
            Existing(narrow.service_of(each) or UNKNOWN, _needed(each["agreed_on"]))
            for each in case.get("satisfied", ())
            if each.get("agreed_on")
        ),
    )


def _limit(case: Narrow, deadline: Narrow | None, limit: timedelta, done_on: date | None) -> Timed:
    """A limit from the receipt, void from the day on which the request was withdrawn, moved away or ended by death."""
    received_on, withdrawn_on = _needed(case["received_on"]), _withdrawn_on(case)
    return Timed(
        starts_on=received_on,
        due_on=_day(deadline["due_on"]) if deadline else None,
        plain_due_on=received_on + limit,
        done_on=done_on,
        void_on=withdrawn_on,
        stopped_on=withdrawn_on,
        exempt=bool(deadline and deadline["exempt"]),
    )


def _plan(case: Narrow, deadline: Narrow | None, issued_on: date | None, no_plan_on: date | None) -> Timed:
    """A plan sent after a refusal that did not stand is a new plan like any other: the return counts it by its dates.

    After "no plan", or a withdrawal, the first outcome stays in the return and the plan is in no figure of 20 weeks.
    """
    limit = _limit(case, deadline, TWENTY, issued_on)
    stopped_on = _first(limit.stopped_on, no_plan_on)
    ended_on = None if case.get("outcome") in ("open", "plan-issued") else _day(case.get("ended_on"))
    return limit._replace(void_on=_first(stopped_on, ended_on), stopped_on=stopped_on)


def _no_plan_on(case: Narrow) -> date | None:
    """The day on which "no plan" was told, also after it had first been decided to issue one."""
    if case.get("outcome") == "no-plan":
        return _day(case.get("ended_on"))
    return _day(case.get("plan_decided_on")) if case.get("plan_decided") == "no-plan" else None


def _withdrawn_on(case: Narrow) -> date | None:
    ended_on = _day(case.get("ended_on")) if case.get("outcome") in WITHDRAWN else None
    return _first(_day(case.get("withdrawn_on")), ended_on)


def _target(deadline: Narrow) -> Timed:
    """A limit without any exemption, as its clock says. One that is void is so from its start."""
    starts_on, due_on = _needed(deadline["starts_on"]), _needed(deadline["due_on"])
    void_on = starts_on if deadline["void"] else None
    return Timed(starts_on, due_on, due_on, _day(deadline.get("met_on")), void_on, void_on)


def _advice(chain: Narrow, case: Narrow | None, deadlines: Deadlines) -> AdviceOutcome:
    deadline = deadlines.get((narrow.ADVICE, chain["latest"]))
    requested_on, delivered_on = _needed(chain["requested_on"]), _day(chain.get("delivered_on"))
    received_on, missing = (
        _day(chain.get("received_on")),
        case is not None and chain["id"] in case.get("issued_without", ()),
    )
    starts_on = _needed(deadline["starts_on"]) if deadline else delivered_on or requested_on
    void_on = _advice_void_on(chain, case, deadline)
    return AdviceOutcome(
        area=(case or deadline or {}).get("area"),
        service=chain.get("service") or UNKNOWN,
        limit=Timed(
            starts_on=starts_on,
            due_on=_needed(deadline["due_on"]) if deadline else None,
            plain_due_on=starts_on + SIX,
            done_on=received_on,
            void_on=void_on,
            stopped_on=void_on,
            exempt=bool(deadline and deadline["exempt"]),
        ),
        answered_on=_first(received_on, _day(chain.get("not_known_on")), _day(chain.get("declined_on"))),
        decided_on=_decided_on(chain, case),
        sent_on=delivered_on or requested_on,
        delivered_on=delivered_on,
        allocated_on=_day(chain.get("allocated_on")),
        returned_on=_day(chain.get("returned_on")),
        missing_on=_day(case.get("issued_on")) if case and missing else None,
        by_existing=chain.get("state") == "satisfied-by-existing",
    )


def _decided_on(chain: Narrow, case: Narrow | None) -> date | None:
    """Parts of a heading that its body asks for, optional advice and reassessments are not the authority's sending."""
    if case is None or case.get("decided") != "assess" or chain["purpose"] != "assessment":
        return None
    return None if chain.get("optional") or chain.get("part_of") else _day(case.get("decided_on"))


def _advice_void_on(chain: Narrow, case: Narrow | None, deadline: Narrow | None) -> date | None:
    """The day on which it was cancelled or ended with its request; its first day where the clock knows another end."""
    if cancelled := _day(chain.get("cancelled_on")):
        return cancelled
    if deadline is None or not deadline["void"]:
        return None
    ended = case is not None and case.get("outcome") in ENDS_ADVICE and _day(case.get("ended_on"))
    return ended or _needed(deadline["starts_on"])


def _review(deadline: Narrow) -> ReviewOutcome:
    return ReviewOutcome(deadline.get("area"), _target(deadline))


def _first(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _needed(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _day(value: Any) -> date | None:
    return None if value is None else _needed(value)
