"""The few fields of records and deadlines that measures need, as JSON values: what the read model keeps for them.

Both work on JSON-shaped mappings: on what stands on the topics, and on what an evaluation gives out.
"""

from collections.abc import Mapping
from typing import Any

from schemas.ids import full_id

Narrow = dict[str, Any]

DECISION = "assessment-decision-6w"
NO_PLAN = "no-plan-decision-16w"
PLAN = "final-plan-20w"
ADVICE = "advice-6w"
ASKED = "send-advice-request-2wd"
COMPLETE = "advice-all-in-12w"
REVIEW = "review-decision-4w"

SUBJECTS: Mapping[str, str] = {
    DECISION: "request",
    NO_PLAN: "request",
    PLAN: "request",
    ADVICE: "advice",
    ASKED: "request",
    COMPLETE: "request",
    REVIEW: "review",
}
"""The clocks that are measured, and which id of their subject names what they run for."""

MEASURED_PURPOSES = frozenset({"assessment", "reassessment"})

_CASE = (
    "id", "area", "received_on", "outcome", "ended_on", "decided", "decided_on", "withdrawn_on", "plan_decided",
    "plan_decided_on", "issued_on", "issued_without", "satisfied",
)  # fmt: skip
_ADVICE = (
    "id", "latest", "service", "part_of", "purpose", "state", "requested_on", "delivered_on", "allocated_on",
    "returned_on", "received_on", "not_known_on", "declined_on", "cancelled_on",
)  # fmt: skip


def narrow_record(record: Mapping[str, Any]) -> Narrow | None:
    """Of a child's record (`schemas.records.ChildRecord`) the cases and their advice; None where there is nothing, and
    for a restricted child, whom a small count would betray."""
    if record.get("restricted"):
        return None
    cases = [_kept(case, _CASE) | {"advice": _advice(case["advice"])} for case in record.get("cases", ())]
    other = _advice(record.get("other_advice", ()))
    return {"cases": cases, "other_advice": other} if cases or other else None


def narrow_deadline(deadline: Mapping[str, Any]) -> Narrow | None:
    """Of a deadline (`schemas.deadlines.Deadline`) its dates, and whether it is void or exempt; None if not measured,
    as nothing of a restricted child is.

    `about` is the id, in full, of what it runs for.
    """
    named = SUBJECTS.get(deadline["clock"])
    if named is None or deadline.get("restricted"):
        return None
    bare, source = deadline["subject"].get(named) or deadline["id"], deadline.get("source")
    return _kept(deadline, ("clock", "starts_on", "due_on", "met_on", "area")) | {
        "about": full_id(source, bare) if source else bare,
        "void": deadline["state"] == "void",
        "exempt": _is_exempt(deadline),
    }


def service_of(advice: Mapping[str, Any]) -> str | None:
    """What advice is reported under: its service or, as with psychological advice that names none, its heading."""
    return advice.get("service") or advice.get("heading")


def _advice(chains: Any) -> list[Narrow]:
    """`optional` says of a request that no heading needs it; `service` stands for `service_of`."""
    return [
        _kept(chain | {"service": service_of(chain)}, _ADVICE)
        | ({} if chain.get("required", True) else {"optional": True})
        for chain in chains
        if chain["purpose"] in MEASURED_PURPOSES
    ]


def _is_exempt(deadline: Mapping[str, Any]) -> bool:
    """Whether an accepted exemption lifts the limit, also where it was then kept."""
    claims = [claim for claim in deadline.get("exemptions") or () if isinstance(claim, Mapping)]
    return deadline["state"] in ("exempt", "met-exempt") or any(claim.get("state") == "accepted" for claim in claims)


def _kept(value: Mapping[str, Any], names: tuple[str, ...]) -> Narrow:
    return {name: value[name] for name in names if value.get(name)}
