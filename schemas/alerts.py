"""A change of state that somebody must know about."""

from datetime import date
from typing import Literal

from schemas.base import Model

Threshold = Literal["due-soon", "overdue", "advice-after-plan", "unmatched-input"]
Reason = Literal["met", "closed", "void", "exempt", "corrected", "restricted", "lapsed", "resolved"]


class Alert(Model):
    """Shape fixed by the project's design. `id` is hash(about, threshold, audience, n).

    `about` is the deadline, or the heading, request, task or source; `deadline` and `child_id` are None where there
    is none. Nothing in an alert but references, dates, service and state.
    """

    id: str
    child_id: str | None
    about: str
    deadline: str | None
    threshold: str
    audience: str
    state: Literal["open", "cleared"]
    reason: Reason | None = None
    since: date
    caused_by: Literal["change", "day", "import", "correction"]
    service: str | None = None
    area: str | None = None
    case_reference: str | None = None
    due_on: date | None = None
    act_by: date | None = None
