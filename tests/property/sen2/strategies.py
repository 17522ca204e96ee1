"""Cases as records may have them: a few years, dates in any order, outcomes as casework gives them."""

from datetime import date, timedelta

from hypothesis import strategies as st

from hub.core.sen2.returning import Child
from schemas.records import CaseRecord, ChallengeRecord
from tests.unit.sen2.making import case, child, deadline

FIRST = date(2024, 6, 1)
STATES = ("running", "overdue", "met", "void")

starts = st.integers(0, 1100).map(lambda n: FIRST + timedelta(days=n))
offsets = st.one_of(st.none(), st.integers(0, 700))
outcomes = {
    "withdrawn": "withdrawn_on",
    "no-plan": "plan_decided_on",
    "plan-issued": "issued_on",
    "refused": "decided_on",
}
reasons = st.sampled_from(["moved", "left-education", "died", "other", None])
challenges = st.builds(
    ChallengeRecord,
    decision=st.sampled_from(["request", "assessment", "other"]),
    tribunal=st.booleans(),
    on=st.one_of(st.none(), starts),
)


@st.composite
def cases(draw: st.DrawFn, id_: str) -> CaseRecord:
    """One case; what ended it first is its outcome."""
    received = draw(starts)

    def on(offset: int | None) -> date | None:
        return None if offset is None else received + timedelta(days=offset)

    decided_on, withdrawn_on, planned_on, issued_on, gone_on = map(on, draw(st.tuples(*[offsets] * 5)))
    decided = draw(st.sampled_from(["assess", "assess", "refuse"])) if decided_on else None
    planned = draw(st.sampled_from(["issue", "no-plan"])) if planned_on else None
    gone = draw(st.sampled_from(["moved-away", "died"]))
    ends = {
        "withdrawn": withdrawn_on,
        "no-plan": planned_on if planned == "no-plan" else None,
        "plan-issued": issued_on,
        "refused": decided_on if decided == "refuse" else None,
        gone: gone_on,
    }
    ended_on, outcome = min(((on, name) for name, on in ends.items() if on), default=(None, "open"))
    return case(
        received.isoformat(),
        id_,
        by=draw(st.sampled_from(["parent", "school", "other", None])),
        area=draw(st.sampled_from(["825", "825", "826"])),
        case_reference=draw(st.sampled_from(["EHC-1", "EHC-2", None])),
        decided=decided,
        decided_on=decided_on,
        withdrawn_on=withdrawn_on,
        withdrawn_reason=draw(reasons) if withdrawn_on else None,
        moved_on=gone_on if gone == "moved-away" else None,
        plan_decided=planned,
        plan_decided_on=planned_on,
        issued_on=issued_on,
        ceased_on=on(draw(offsets)) if issued_on else None,
        ended_on=ended_on,
        outcome=outcome,
        challenges=tuple(draw(st.sets(challenges, max_size=2))),
    )


@st.composite
def children(draw: st.DrawFn) -> list[Child]:
    """A few children with a few cases, and some of their deadlines."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        count = draw(st.integers(1, 3))
        own = [draw(cases(f"REQ-{number}-{index}")) for index in range(count)]
        deadlines = [
            deadline(
                each.id,
                clock,
                state=draw(st.sampled_from(STATES)),
                exemptions=draw(st.sampled_from([(), ("accepted",)])),
            )
            for each in own
            for clock in draw(st.sets(st.sampled_from(["final-plan-20w", "order-plan-14w"])))
        ]
        found.append(child(*own, child_id=f"chd-{number}", deadlines=deadlines or [deadline("REQ-9")]))
    return found
