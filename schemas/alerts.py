"""A change of state that somebody must know about, and the rows that say who is told."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Model

Threshold = Literal[
    "due-soon",
    "overdue",
    "likely-late",
    "exempt-still-open",
    "advice-after-plan",
    "plan-without-advice",
    "sent-not-logged",
    "all-advice-in",
    "week-12-incomplete",
    "heading-open",
    "exemption-not-valid",
    "date-moved-back",
    "source-silent",
    "unmatched-input",
]
"""What is reached; docs/alerts.md says when each stands and why it clears."""

Reason = Literal[
    "met", "closed", "void", "exempt", "overdue", "corrected", "restricted", "lapsed", "eased", "resolved", "moved"
]
Severity = Literal["normal", "hard"]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class Alert(Model):
    """Shape fixed by the project's design. `id` is hash(about, threshold, audience, n).

    `about` is the deadline, or the heading, request, task or source; `deadline` and `child_id` are None where there
    is none. Of several deadlines the earliest dates are given. Nothing in an alert but references, dates, service and
    state. A decision about who a child is may take what stands to another child: it is cleared under the one as `moved`
    and opened under the other with `moved` true, in any order, with the same id and since: it is news only to whom the
    id is new. The same goes for `restored`: a notice of a death was withdrawn, and what was cleared for its sake stands
    again with its id and since. `told`: people were told of it before, under an id that is gone.
    """

    id: str
    child_id: str | None
    about: str
    deadline: str | None
    threshold: Threshold
    audience: str
    state: Literal["open", "cleared"]
    reason: Reason | None = None
    since: date
    caused_by: Literal["change", "day", "import", "correction"]
    severity: Severity = "normal"
    service: str | None = None
    area: str | None = None
    case_reference: str | None = None
    due_on: date | None = None
    act_by: date | None = None
    moved: bool = False
    restored: bool = False
    told: bool = False


class Tell(Model):
    """Who is told, and of how much at once: one alert for each `deadline` (or what else it is about), for each
    `heading` of a case, or for the whole `case`. In an audience `{service}` stands for the service that was asked,
    or the heading where none was; for what is no advice that audience is not told."""

    audience: Name
    per: Literal["deadline", "heading", "case"] = "deadline"


class ToldRow(Model):
    """Who is told of these thresholds. The first row that fits decides; where none fits, or its `tell` is empty, nobody
    is told. Unless clocks are named it is for every clock but local targets. `services` are those asked, or headings
    where no service was."""

    name: Name
    thresholds: tuple[Threshold, ...] = Field(min_length=1)
    clocks: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    tell: tuple[Tell, ...] = ()


class LeadRow(Model):
    """How many working days before `act_by` a deadline is due soon. The first row that fits decides."""

    name: Name
    working_days: int = Field(ge=0, le=250)
    clocks: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


class AlertRows(Model):
    """A deployment's own rows. One with the name of a row that is shipped takes its place; others come first."""

    told: tuple[ToldRow, ...] = ()
    lead: tuple[LeadRow, ...] = ()
