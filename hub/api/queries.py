"""What can be asked of each listing. Unknown parameters are refused: a misspelt filter must not show everything."""

import re
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from hub.core.clocks.rules import RULES
from hub.store.messages import Became
from hub.store.reader import Value
from schemas.alerts import Threshold
from schemas.deadletters import ProcessingStep, Status
from schemas.deadlines import State
from schemas.instants import microseconds
from schemas.reviews import QuestionKind

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""Text to compare with: no control characters, 200 characters at most."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso(value: object) -> object:
    """Only YYYY-MM-DD: pydantic would take a number for seconds since 1970."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("a date as YYYY-MM-DD is needed")
    return value


Day = Annotated[
    date, BeforeValidator(_iso), WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"})
]


def _instant(value: object) -> object:
    """Only an instant with its zone, as microseconds since 1970."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("an instant such as 2026-10-20T09:00:00Z is needed")
    try:
        return microseconds(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        raise ValueError("an instant such as 2026-10-20T09:00:00Z is needed") from None


_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})")
Moment = Annotated[
    int,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": _INSTANT.pattern}),
]


_CLOCKS = tuple(dict.fromkeys(rule.clock for rule in RULES))


def _known_clock(value: str) -> str:
    if value not in _CLOCKS:
        raise ValueError("no clock has this name: docs/clocks.md and `sendhub clocks list` have them all")
    return value


ClockName = Annotated[
    str, AfterValidator(_known_clock), WithJsonSchema({"type": "string", "enum": list(_CLOCKS), "title": "Clock"})
]


class Filters(BaseModel):
    """What is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def asked(self) -> dict[str, Value]:
        """All that was asked for: a cursor is good for just that."""
        return self.model_dump(exclude={"limit", "cursor"}, exclude_none=True)

    @property
    def filters(self) -> dict[str, Value]:
        """The filters that were given, by column."""
        return self.asked


class Query(Filters):
    """What every listing takes."""

    limit: int = Field(100, ge=1, le=500, description="Most items in the page.")
    cursor: Annotated[str, StringConstraints(max_length=2_000)] | None = Field(
        None, description="`next` of the page before."
    )


class ChildFilters(Filters):
    """Filters of /children."""

    area: Name | None = Field(None, description="DfE area code.")
    is_open: bool | None = Field(None, alias="open", description="Whether the child has an open case.")
    case_reference: Name | None = Field(None, description="The council's own number for a case.")
    received_on_from: Day | None = Field(None, alias="received_from", description="Request received then or later.")
    received_on_to: Day | None = Field(None, alias="received_to", description="Request received then or earlier.")


class DeadlineFilters(Filters):
    """Filters of a child's deadlines."""

    clock: ClockName | None = None
    service: Name | None = Field(None, description="Service asked; for advice that names none, its heading.")
    area: Name | None = Field(None, description="DfE area code.")
    state: State | None = None
    due_on_from: Day | None = Field(None, alias="due_from", description="Due then or later.")
    due_on_to: Day | None = Field(None, alias="due_to", description="Due then or earlier.")


class AlertFilters(Filters):
    """Filters of /alerts."""

    child_id: Name | None = None
    threshold: Threshold | None = None
    audience: Name | None = None
    area: Name | None = Field(None, description="DfE area code.")
    state: Literal["open", "cleared"] | None = None
    since_from: Day | None = Field(None, description="Changed then or later.")
    since_to: Day | None = Field(None, description="Changed then or earlier.")


class ChildQuery(Query, ChildFilters):
    """What /children takes."""


class DeadlineQuery(Query, DeadlineFilters):
    """What /deadlines takes, also a child's."""


class AlertQuery(Query, AlertFilters):
    """What /alerts takes."""


class ReviewQuery(Query):
    """Filters of /reviews."""

    child_id: Name | None = None
    question: QuestionKind | None = None
    state: Literal["open", "resolved"] | None = None
    source: Name | None = Field(None, description="Id of the registered feed.")


class DeadLetterQuery(Query):
    """Filters of /dead-letters."""

    stage: Name | None = None
    source: Name | None = Field(None, description="Id of the registered feed.")
    step: ProcessingStep | None = None
    topic: Name | None = Field(None, description="Where the record stood.")
    error: Name | None = Field(None, description="The exception's class.")
    status: Status | None = Field(None, description="Unless given, all.")


class MessageQuery(Query):
    """Filters of /messages."""

    source: Name | None = Field(None, description="Id of the registered feed.")
    type: Name | None = Field(None, description="How it is decoded, such as `sendhub.council.event`.")
    outcome: Became | None = Field(None, description="One of its steps ended so, or a record of it was given up.")
    child_id: Name | None = Field(None, description="Something of it was taken for this child.")
    received_from: Moment | None = Field(None, description="Received then or later, such as 2026-10-20T09:00:00Z.")
    received_to: Moment | None = Field(None, description="Received then or earlier.")

    @property
    def filters(self) -> dict[str, Value]:
        """The filters that were given, by column: instants as microseconds."""
        columns = {"source": self.source, "type": self.type, "at_from": self.received_from, "at_to": self.received_to}
        return {name: value for name, value in columns.items() if value is not None}


class MeasureQuery(BaseModel):
    """What /measures takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_on: Day = Field(alias="from", description="First day of the period.")
    to_on: Day = Field(alias="to", description="Last day of the period.")
    as_of: Day | None = Field(None, description="As it stands at the end of that day; unless said, today.")
    area: Name | None = Field(None, description="DfE area code; unless said, all areas.")

    @field_validator("to_on")
    @classmethod
    def _not_before_from(cls, to_on: date, info: ValidationInfo) -> date:
        if to_on < info.data.get("from_on", to_on):
            raise ValueError("the period ends before it begins")
        return to_on
