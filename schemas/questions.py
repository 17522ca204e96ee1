"""A question that a connector asks, sent like any raw message: ce_type `sendhub.council.question`."""

from datetime import date
from typing import Literal

from pydantic import Field

from schemas.base import Model
from schemas.instants import Instant
from schemas.statements import Text

CE_TYPE_QUESTION = "sendhub.council.question"


class RowsFell(Model):
    """An extract has far fewer rows than the one before it: is it truncated, or is that right?

    `extract` is the extract's instant, `before` the rows of the last extract taken before it. The connector asks once
    (`open`) and says when the question is gone (`resolved`): released by a person, or a later extract was taken.
    """

    question: Literal["rows-fell"] = "rows-fell"
    feed: Text
    extract: Instant
    rows: int = Field(ge=0)
    before: int = Field(ge=1)
    state: Literal["open", "resolved"]
    opened_on: date
    resolved_on: date | None = None
