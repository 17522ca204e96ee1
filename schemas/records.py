"""The reconciled record of a child: what the hub holds true today, from all sources. Nothing that names the child.

Subject ids are in full (`source/id`). Dates are Europe/London days.
"""

from datetime import date
from typing import Literal

from schemas.base import Model
from schemas.deadlines import Body

Outcome = Literal["open", "refused", "withdrawn", "no-plan", "plan-issued", "moved-away", "died"]
AdviceState = Literal[
    "sent",
    "delivered",
    "acknowledged",
    "allocated",
    "sent-by-body",
    "returned",
    "received",
    "satisfied-by-existing",
    "not-known",
    "declined",
    "cancelled",
]


class RequestRecord(Model):
    """One request for an assessment."""

    id: str
    received_on: date
    basis: str
    by: str | None
    area: str | None
    case_reference: str | None


class AdviceRecord(Model):
    """One body asked for one kind of advice. `id` is the first request's, `latest` the one that stands now.

    `state` is how far it has come; `draft_on` the first draft, `received_on` the usable final advice.
    """

    id: str
    latest: str
    ids: tuple[str, ...]
    heading: str | None
    service: str | None
    required: bool
    part_of: str | None
    purpose: str
    asked: Body
    state: AdviceState
    requested_on: date
    delivered_on: date | None
    acknowledged_on: date | None
    allocated_on: date | None
    sent_by_body_on: date | None
    draft_on: date | None
    returned_on: date | None
    received_on: date | None
    not_known_on: date | None
    declined_on: date | None
    cancelled_on: date | None


class HeadingRecord(Model):
    """A legal heading of advice (reg 6): complete only when every required part is in."""

    heading: str
    complete: bool
    parts: int
    parts_in: int
    complete_on: date | None = None


class SatisfiedRecord(Model):
    """Existing advice that all three agreed is enough, and that nobody needed to ask for (reg 6(4))."""

    heading: str | None
    service: str | None
    agreed_on: date


class ChallengeRecord(Model):
    """A decision taken to mediation or to the tribunal: the refusal to assess, that to make no plan, or a plan. `on`
    is the day of the first such challenge."""

    decision: Literal["request", "assessment", "other"]
    tribunal: bool
    on: date | None = None


class CaseRecord(Model):
    """The requests that run as one, from the earliest receipt. `id` is the first request's."""

    id: str
    requests: tuple[RequestRecord, ...]
    received_on: date
    area: str | None
    case_reference: str | None
    open: bool
    outcome: Outcome
    ended_on: date | None
    decided: Literal["assess", "refuse"] | None
    decided_on: date | None
    withdrawn_on: date | None
    withdrawn_reason: str | None = None
    moved_on: date | None = None
    plan_decided: Literal["issue", "no-plan"] | None
    plan_decided_on: date | None
    draft_sent_on: date | None
    issued_on: date | None
    amended_on: tuple[date, ...]
    ceased_on: date | None
    headings: tuple[HeadingRecord, ...]
    advice: tuple[AdviceRecord, ...]
    satisfied: tuple[SatisfiedRecord, ...] = ()
    challenges: tuple[ChallengeRecord, ...] = ()
    issued_without: tuple[str, ...]


class PlanRecord(Model):
    """A plan event that belongs to no request known here, such as a plan older than the feed."""

    kind: str
    plan: str | None
    effective_on: date


class ClaimRecord(Model):
    """An exemption as claimed, and the decision on it. Whether it fits a limit is said with each deadline."""

    about: str | None
    ground: str | None
    claimed_on: date
    claimed_from: date | None
    claimed_to: date | None
    decision: Literal["accepted", "refused", "waiting"] = "waiting"


class CommissionerRecord(Model):
    """The ICB responsible, as last stated. `assumed`: nobody has, it is the area's own."""

    ods: str | None
    since: date | None
    why: str | None
    assumed: bool = False


class SayingRecord(Model):
    """What one source says where sources disagree, and whether it stands."""

    source: str
    effective_on: date | None
    outcome: str | None
    stands: bool


class DisagreementRecord(Model):
    """Sources that differ on one matter: all are kept and shown."""

    about: str
    kind: str
    sayings: tuple[SayingRecord, ...]


class QuestionRecord(Model):
    """What is unclear about this child's facts; `id` is the review task's."""

    id: str
    question: Literal["which-case", "data", "death"]
    code: str
    about: str
    source: str
    kind: str
    detail: str
    candidates: tuple[str, ...]


class Outbound(Model):
    """Whether messages about the child are held. Whatever sends any, to family, service or body, goes by this alone."""

    held: bool = False
    why: tuple[Literal["death", "number-invalidated", "restricted"], ...] = ()


class ChildRecord(Model):
    """One child. `open`, `received_on`, `area` and `case_reference` are of the open case, else of the last;
    without any, `area` is the one whose feeds speak of the child.

    `standing` counts open deadlines that were overdue when first seen: they raise no alert of their own. `moving` are
    links whose facts wait for the decision that brings them here. `restricted`: only named people may see more than the
    id and this word.
    """

    child_id: str
    area: str | None
    case_reference: str | None
    open: bool
    received_on: date | None
    commissioner: CommissionerRecord | None
    cases: tuple[CaseRecord, ...]
    other_advice: tuple[AdviceRecord, ...]
    other_plans: tuple[PlanRecord, ...]
    exemptions_claimed: tuple[ClaimRecord, ...]
    disagreements: tuple[DisagreementRecord, ...]
    questions: tuple[QuestionRecord, ...]
    moving: tuple[str, ...]
    restricted: bool = False
    outbound: Outbound = Outbound()
    standing: int


class Withheld(Model):
    """All that is shown of a restricted child to whoever is not named."""

    child_id: str
    restricted: Literal[True] = True


class ChildTurned(Model):
    """What stands on `hub.children` under the id of a child that was merged into another: `child.merged`. `surviving`
    is the child that goes on; it may have been merged on in its turn. `child.split` says that this was undone, and the
    child's record follows."""

    child_id: str
    event: Literal["child.merged", "child.split"]
    surviving: str
    on: date
