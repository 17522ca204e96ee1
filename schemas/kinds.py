"""The kinds of fact and the data each carries. `effective_on` is the date given in each docstring.

Kinds without a model here carry no data of their own. Names are fixed by the project's design; fields may be added.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from schemas.answers import QuestionAcknowledged, StatementNamed, VersionChosen
from schemas.base import Model
from schemas.deadlines import Body
from schemas.instants import Instant
from schemas.statements import Text

Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9 .-]{0,49}$")]
"""A source's own short code, in a few plain words: a reason is never a narrative."""

Heading = Literal[
    "education",
    "medical",
    "psychological",
    "social-care",
    "preparing-for-adulthood",
    "authority-thinks-fit",
    "family-asked",
]
Service = Literal[
    "speech-and-language",
    "occupational-therapy",
    "physiotherapy",
    "community-paediatrics",
    "camhs",
    "audiology",
    "nursing",
    "other",
]


class Asked(Model):
    """The body asked. In an observation a school is `urn`, in a fact `setting`, a token of the identity store."""

    role: Literal[
        "icb",
        "trust",
        "nhs-england",
        "other-authority",
        "youth-offending-team",
        "own-authority",
        "school",
        "early-years",
        "independent",
    ]
    ods: Text | None = None
    urn: Text | None = None
    setting: Text | None = None


class Replaces(Model):
    """The advice request that this one replaces, and why."""

    advice: Text
    because: Literal["quality", "change-of-need", "wrong-body", "icb-changed"]


class Agreement(Model):
    """One of the three agreements of reg 6(4)."""

    by: Literal["author", "authority", "family"]
    on: date


class NoData(Model):
    """A kind that says all it has to say by its date and subject."""


class ChildIdentified(Model):
    """(known from)."""


class ChildMoved(Model):
    """(moved) to another area."""

    to_area: Text | None = None


class ChildDied(Model):
    """(died)."""

    notice: Literal["formal", "informal"] = "formal"


class ChildRestricted(Model):
    """(known from) the national service withholds where the child is (meta.security R, V or REDACTED; the "S" flag):
    address, practice, worker and school are shown to nobody."""


class NumberInvalidated(Model):
    """(told) the child's NHS number was withdrawn without a successor (404 INVALIDATED_RESOURCE): outbound messages
    about the child stop, and nobody is traced by name instead. Retracted when another number is verified."""


class DecisionMakerSet(Model):
    """(from) never inferred in order to notify."""

    who: Literal["parent", "young-person", "representative"]


class CommissionerSet(Model):
    """(from)."""

    ods: Text | None = None
    why: Literal["gp", "move", "succession"]


class Notice(Model):
    """(sent) regs 4(2), 5(2), 10(2)."""

    to: Literal["icb", "social-care", "school"]


class AssessmentRequested(Model):
    """(received by the authority) CFA 2014 s36, or s24."""

    basis: Literal["s36", "s24"] = "s36"
    by: Literal["parent", "young-person", "representative", "school", "other"] | None = None
    case_reference: Text | None = None


class AssessmentDecided(Model):
    """(family told)."""

    outcome: Literal["assess", "refuse"]


class AssessmentWithdrawn(Model):
    """(withdrawn)."""

    reason: Literal["moved", "left-education", "died", "other"] = "other"


class AdviceRequested(Model):
    """(sent) reg 6."""

    heading: Heading
    service: Service | None = None
    required: bool = True
    part_of: Text | None = None
    purpose: Literal["assessment", "reassessment", "review"] = "assessment"
    asked: Asked
    replaces: Replaces | None = None


class AdviceDelivered(Model):
    """(reached them). Only the leg to the body asked starts its six weeks (reg 8(1))."""

    to: Body | None = None
    leg: Literal["body-asked", "onward"] = "body-asked"


class AdviceBy(Model):
    """(that day) acknowledged, allocated or sent by a body."""

    by: Body | None = None
    heading: Heading | None = None
    service: Service | None = None


class AdviceAppointmentMissed(Model):
    """(missed)."""

    appointment_on: date | None = None
    made_by: Body | None = None


class AdviceReceived(Model):
    """(received)."""

    from_: Body | None = Field(default=None, alias="from")
    answers: tuple[Text, ...] = ()
    usable: Literal[True, False, "not-checked"] = "not-checked"
    final: bool = True
    not_known: bool = False
    heading: Heading | None = None
    service: Service | None = None


class AdviceReturned(Model):
    """(sent back)."""

    reason: Code | None = None


class AdviceDeclined(Model):
    """(told) CFA 2014 s31(3)-(4)."""

    ground: Literal["incompatible-with-duties", "harms-functions", "other"]
    reasons_given: bool = False


class AdviceSatisfied(Model):
    """(last of the three agreed) reg 6(4)."""

    heading: Heading
    service: Service | None = None
    agreements: tuple[Agreement, ...]
    report_on: date | None = None


class AdviceCancelled(Model):
    """(cancelled)."""

    reason: Code | None = None


class PlanDecided(Model):
    """(family told)."""

    outcome: Literal["issue", "no-plan"]


class PlanDraftSent(Model):
    """(sent)."""

    method: Literal["email", "hand", "post"] = "email"


class PlanAmended(Model):
    """(sent)."""

    change: Literal["amended", "none"] = "amended"


class PlanCeased(Model):
    """(ended) SEN2 reasons 1 to 9."""

    reason: int = Field(ge=1, le=9)


class ExemptionClaimed(Model):
    """(claimed). `to` is the last day, inclusive."""

    ground: Literal[
        "school-closure",
        "early-years-closure",
        "exceptional-circumstances",
        "absence",
        "missed-appointment",
        "other",
    ]
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    closed_from: date | None = None
    reopens_on: date | None = None
    advice_requested_on: date | None = None
    told_family_on: date | None = None
    appointment: Text | None = None


class ExemptionDecided(Model):
    """(an officer's decision)."""

    claim: Text


class ReviewHeld(Model):
    """(meeting)."""

    first: bool = False


class ReviewScheduled(Model):
    """(arranged)."""

    meeting_on: date


class ReviewDecided(Model):
    """(family told)."""

    outcome: Literal["keep", "amend", "cease"]


class TransferPhase(Model):
    """(known)."""

    to: Literal["post-16", "other"]
    year: int | None = None
    moves_on: date | None = None


class TransferArea(Model):
    """(moved)."""

    direction: Literal["out", "in"]
    knew_on: date | None = None


class TransferIcb(Model):
    """(changed) ODS codes."""

    from_: Text | None = Field(default=None, alias="from")
    to: Text | None = None
    knew_on: date | None = None
    cause: Literal["move", "other"] = "other"


class ReassessmentRequested(Model):
    """(received) CFA 2014 s44(2): by a parent, the young person, the institution attended (`school`), or the ICB. The
    authority's own decision (s44(3)) needs no request: its `reassessment.decided` starts the 14 weeks."""

    by: Literal["parent", "young-person", "representative", "school", "icb", "other"] | None = None


class ReassessmentDecided(Model):
    """(told)."""

    outcome: Literal["reassess", "refuse"]


OrderType = Literal[
    "assess",
    "reassess",
    "make-plan",
    "amend-plan",
    "keep-and-amend",
    "name-school",
    "keep-plan",
    "reconsider",
    "dismissed",
    "health-care-recommendation",
]


class OrderMade(Model):
    """(order's date)."""

    type: OrderType
    unopposed: bool = False
    due_on: date | None = None


class SectionGAgreed(Model):
    """(agreed)."""

    by: Body | None = None


class Appeal(Model):
    """(sent to the authority, or that day)."""

    about: Text | None = None


class Mediation(Model):
    """(authority told, or that day)."""

    issues: Literal["health", "other", "both"] | None = None


class MediationAgreed(Mediation):
    """(agreed) `type` is what was agreed, as an order would say it; other is what no tribunal could order (reg 42)."""

    type: OrderType | Literal["other"] | None = None
    due_on: date | None = None


class HealthReferral(Model):
    """(that day) a referral to a health service, told by that service."""

    service: Service | None = None
    by: Body | None = None


SubjectName = Literal["request", "advice", "plan", "review", "reassessment", "order", "appeal", "mediation", "transfer"]


class SubjectLinked(Model):
    """(decided) `to` is our subject; the fact's own subject names theirs."""

    to: dict[SubjectName, Text]


class StatementPlaced(Model):
    """(decided) the statement `of` a source, which names no subject of this name, is about our subject `to`."""

    of: StatementNamed
    to: dict[SubjectName, Text]


class LinkPlaced(Model):
    """(decided) `since`: when the link was first given to any child. A move comes out as if it had been given to this
    one then; without `since`, as if from the first. `told`: of what stands by it people were told before, under ids
    that are gone."""

    since: Instant | None = None
    told: bool = False


class ChildMerged(Model):
    """(decided) `into`: the child that goes on; taken back when the merge is undone."""

    into: Text


class ChildPurged(Model):
    """(decided) nothing counts under this id any more, whatever else is told to it, before or after: its record,
    deadlines, alerts and questions are gone. Never taken back, and it says nothing of where anything went on."""


class SourceHeard(Model):
    """(from) written by the ticker."""

    source: Text


KINDS: dict[str, type[Model]] = {
    "child.identified": ChildIdentified,
    "child.moved": ChildMoved,
    "child.died": ChildDied,
    "child.restricted": ChildRestricted,
    "number.invalidated": NumberInvalidated,
    "decision-maker.set": DecisionMakerSet,
    "commissioner.set": CommissionerSet,
    "notice.considering": Notice,
    "notice.decision": Notice,
    "assessment.requested": AssessmentRequested,
    "assessment.decided": AssessmentDecided,
    "assessment.withdrawn": AssessmentWithdrawn,
    "advice.requested": AdviceRequested,
    "advice.delivered": AdviceDelivered,
    "advice.acknowledged": AdviceBy,
    "advice.allocated": AdviceBy,
    "advice.appointment-missed": AdviceAppointmentMissed,
    "advice.sent-by-body": AdviceBy,
    "advice.received": AdviceReceived,
    "advice.returned": AdviceReturned,
    "advice.accepted": NoData,
    "advice.declined": AdviceDeclined,
    "advice.satisfied-by-existing": AdviceSatisfied,
    "advice.cancelled": AdviceCancelled,
    "plan.decided": PlanDecided,
    "plan.draft-sent": PlanDraftSent,
    "plan.issued": NoData,
    "plan.amended": PlanAmended,
    "plan.ceased": PlanCeased,
    "plan.section-g-agreed": SectionGAgreed,
    "exemption.claimed": ExemptionClaimed,
    "exemption.accepted": ExemptionDecided,
    "exemption.refused": ExemptionDecided,
    "review.held": ReviewHeld,
    "review.scheduled": ReviewScheduled,
    "review.advice-circulated": NoData,
    "review.report-sent": NoData,
    "review.amendment-notice-sent": NoData,
    "review.decided": ReviewDecided,
    "review.completed": NoData,
    "transfer.phase": TransferPhase,
    "transfer.area": TransferArea,
    "transfer.plan-passed": NoData,
    "transfer.family-notified": NoData,
    "transfer.icb-notified": NoData,
    "transfer.icb": TransferIcb,
    "reassessment.requested": ReassessmentRequested,
    "reassessment.decided": ReassessmentDecided,
    "order.made": OrderMade,
    "order.notified": NoData,
    "order.health-care-replied": NoData,
    "appeal.notified": Appeal,
    "appeal.responded": Appeal,
    "appeal.closed": Appeal,
    "mediation.requested": Mediation,
    "mediation.icb-told": Mediation,
    "mediation.held": Mediation,
    "mediation.agreed": MediationAgreed,
    "health.referred": HealthReferral,
    "health.accepted": HealthReferral,
    "health.first-contact": HealthReferral,
    "health.discharged": HealthReferral,
    "early-years.notified": NoData,
    "social-care.referred": NoData,
    "social-care.assessed": NoData,
    "social-care.provision-started": NoData,
    "transition.planned": NoData,
    "plan.audited": NoData,
    "family.contacted": NoData,
    "subject.linked": SubjectLinked,
}
"""Kinds that a source may state."""

CONTROL_KINDS: dict[str, type[Model]] = {
    "link.assigned": LinkPlaced,
    "link.released": NoData,
    "child.merged": ChildMerged,
    "child.purged": ChildPurged,
    "statement.placed": StatementPlaced,
    "question.acknowledged": QuestionAcknowledged,
    "version.chosen": VersionChosen,
    "day.reached": NoData,
    "source.silent": SourceHeard,
    "source.heard": SourceHeard,
    "heartbeat": NoData,
}
"""Kinds that only the hub itself writes."""


UNKNOWN = "(a field that is not known)"

_FIELD = re.compile(r"(?:[a-z][a-z_]{0,39}|\d{1,4})(?:\.(?:[a-z][a-z_]{0,39}|\d{1,4}))*")


def data_errors(kind: str, data: dict[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with a kind and its data, as (field, message); empty when nothing is.

    Messages never repeat the value received: it may be personal.
    """
    model = KINDS.get(kind)
    if model is None:
        return [("kind", "unknown event kind; the known kinds are listed in docs/schemas.md")]
    try:
        model.model_validate(data)
    except ValidationError as error:
        return validation_errors(error, prefix="data")
    return []


def validation_errors(error: ValidationError, prefix: str = "") -> list[tuple[str, str]]:
    """A pydantic error as (dotted field, message), without the values."""
    found = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        path = ".".join(str(part) for part in item["loc"])
        found.append((".".join(filter(None, [prefix, path])) or "body", item["msg"]))
    return found


def shown_field(field: str) -> str:
    """A field's path as it may be shown: a stranger's name for a field may be somebody's name or number."""
    return field if _FIELD.fullmatch(field) else UNKNOWN
