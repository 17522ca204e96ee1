"""A clock running for one subject. Shape fixed by the project's design."""

from datetime import date
from typing import Literal

from pydantic import Field

from schemas.base import Model
from schemas.statements import Subject

State = Literal["running", "overdue", "met", "met-late", "exempt", "met-exempt", "closed", "lapsed", "void"]
OPEN_STATES: frozenset[str] = frozenset({"running", "overdue", "exempt"})


class Body(Model):
    """An organisation in a role; `ods` is None until known, `setting` is an opaque token for a school or the like."""

    role: str
    ods: str | None = None
    setting: str | None = None


class Exemption(Model):
    """A claim beside a deadline, or a ground in the facts that nobody has claimed (`claim` is None then).

    `fits`: whether ground and dates fit the rule; `reason` says why or why not. Only an *accepted* one lifts the limit;
    *waiting* is for an officer, or for an absence that goes on to last long enough; *not-valid* was claimed although it
    does not fit. `claim` is `source/record`.
    """

    claim: str | None
    ground: str
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    state: Literal["accepted", "waiting", "refused", "not-valid", "unclaimed"]
    fits: bool
    reason: str


class Deadline(Model):
    """Due dates under both day-count conventions, the date to act by, and the state on `as_of`.

    `due_on_day_one` counts the day of receipt as day 1. `act_by` is the last working day not after it.
    `id` is a hash of clock and statutory subject alone. `service` and `area` are repeated from the subject for use
    as labels. `standing` says that it was overdue when first seen or when its source went live. `source` is the start
    fact's: bare ids in `subject` are its own. `review_by`: when an exempt one is to be looked at again. `explanation`
    says in sentences why the dates are what they are. `restricted`: it is a child's of whom only named people may know.
    """

    id: str
    clock: str
    rule_version: str
    child_id: str
    subject: Subject
    law: str
    responsible: Body
    answerable: Body
    starts_on: date
    due_on: date
    due_on_day_one: date
    act_by: date
    state: State
    met_on: date | None = None
    exemptions: tuple[Exemption, ...] = ()
    review_by: date | None = None
    questions: tuple[str, ...] = ()
    as_of: date
    heading: str | None = None
    service: str | None = None
    area: str | None = None
    case_reference: str | None = None
    standing: bool = False
    restricted: bool = False
    source: str | None = None
    explanation: tuple[str, ...] = ()
