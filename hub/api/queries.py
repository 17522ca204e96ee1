"""What can be asked of each listing. Unknown parameters are refused: a misspelt filter must not show everything."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from hub.store.reader import Value
from schemas.deadletters import ProcessingStep, Status
from schemas.deadlines import State

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""Text to compare with: no control characters, 200 characters at most."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso(value: object) -> object:
    """Only YYYY-MM-DD: pydantic would take a number for seconds since 1970."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("a date as YYYY-MM-DD is needed")
    return value


Day = Annotated[date, BeforeValidator(_iso)]


class Query(BaseModel):
    """What every listing takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(100, ge=1, le=500, description="Most items in the page.")
    cursor: Annotated[str, StringConstraints(max_length=2_000)] | None = Field(
        None, description="`next` of the page before."
    )

    @property
    def filters(self) -> dict[str, Value]:
        """The filters that were given, by column."""
        return self.model_dump(exclude={"limit", "cursor"}, exclude_none=True)


class ChildQuery(Query):
    """Filters of /children."""

    area: Name | None = Field(None, description="DfE area code.")
    is_open: bool | None = Field(None, alias="open", description="Whether the child has an open case.")
    case_reference: Name | None = Field(None, description="The council's own number for a case.")
    received_on_from: Day | None = Field(None, alias="received_from", description="Request received then or later.")
    received_on_to: Day | None = Field(None, alias="received_to", description="Request received then or earlier.")


class DeadlineQuery(Query):
    """Filters of a child's deadlines."""

    clock: Name | None = None
    service: Name | None = Field(None, description="Service asked; for advice that names none, its heading.")
    area: Name | None = Field(None, description="DfE area code.")
    state: State | None = None
    due_on_from: Day | None = Field(None, alias="due_from", description="Due then or later.")
    due_on_to: Day | None = Field(None, alias="due_to", description="Due then or earlier.")


class AlertQuery(Query):
    """Filters of /alerts."""

    child_id: Name | None = None
    threshold: Name | None = None
    audience: Name | None = None
    area: Name | None = Field(None, description="DfE area code.")
    state: Literal["open", "cleared"] | None = None
    since_from: Day | None = Field(None, description="Changed then or later.")
    since_to: Day | None = Field(None, description="Changed then or earlier.")


class ReviewQuery(Query):
    """Filters of /reviews."""

    child_id: Name | None = None
    question: Name | None = None
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
