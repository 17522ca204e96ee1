"""A connector's question as a task for a person. It carries counts and dates, nothing about anybody."""

from pydantic import ValidationError

from hub.core.errors import Unreadable
from hub.core.intake.decoded import Decoded
from schemas.envelope import Envelope
from schemas.ids import digest
from schemas.instants import london_day
from schemas.kinds import validation_errors
from schemas.questions import RowsFell
from schemas.reviews import ReviewTask
from schemas.sources import Source


def decode(envelope: Envelope, value: bytes, source: Source) -> Decoded:
    """The task `rows-fell` of one feed's extract; raises Unreadable. Asked and answered have the same task id."""
    try:
        asked = RowsFell.model_validate_json(value)
    except ValidationError as error:
        raise Unreadable(validation_errors(error)) from error
    task = ReviewTask(
        id=digest("rows-fell", source.id, asked.feed, asked.extract.isoformat()),
        question="rows-fell",
        state=asked.state,
        source=source.id,
        message=envelope.id,
        detail=_detail(asked),
        opened_on=asked.opened_on,
        resolved_on=asked.resolved_on,
        asked_at=envelope.time,
    )
    return Decoded(reviews=(task,))


def _detail(asked: RowsFell) -> str:
    fall = round(100 * (asked.before - asked.rows) / asked.before)
    return (
        f"The extract of {london_day(asked.extract)} of feed {asked.feed} has {asked.rows} rows, {fall}% fewer than "
        f"the {asked.before} before it. It waits in held/. If it is right move it to release/, else drop a whole one."
    )
