"""What identity has to say after one observation or day."""

from dataclasses import dataclass, field

from schemas.alerts import Alert
from schemas.audit import AuditEntry
from schemas.links import LinkDecision
from schemas.reviews import ReviewTask
from schemas.statements import Fact
from schemas.traces import Trace


@dataclass(slots=True)
class Outcome:
    """Facts of known children, decisions, questions, alerts, audit records and look-ups to make, in the order they came
    about.

    `repeat` says that the observation said nothing new. `forgotten` are ids of questions that are gone with whom they
    were about. `apart` is what must not be told from the rest as of one cause: it names none.
    """

    facts: list[Fact] = field(default_factory=list)
    decisions: list[LinkDecision] = field(default_factory=list)
    reviews: list[ReviewTask] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    audits: list[AuditEntry] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    repeat: bool = False
    forgotten: list[str] = field(default_factory=list)
    apart: "Outcome | None" = None
