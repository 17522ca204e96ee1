"""Records that are given up, as outputs to hub.deadletter."""

from datetime import datetime

from hub.runtime.producer import OutputTooLarge
from hub.stages.errors import PermanentError, StageError
from hub.stages.stage import Output, Record
from schemas import deadletters
from schemas.topics import DEADLETTER


def dead_letter(
    stage: str,
    record: Record,
    error: Exception,
    attempts: int,
    at: datetime,
    step: deadletters.ProcessingStep = "handle",
) -> Output:
    """The dead letter of a record, of `step` unless the error names its own.

    Only the hub's own errors speak: others could repeat what was received. Of a record of hub.deadletter itself the
    bytes are left where they are: with two layers of headers it could be too large to be written.
    """
    again = record.topic == DEADLETTER.name
    ours = isinstance(error, StageError | OutputTooLarge)
    built = deadletters.build(
        stage=stage,
        step=_step(error, step),
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=None if again else record.value,
        headers=() if again else record.headers,
        error=type(error).__name__,
        message=str(error) if ours else "the stage failed on this record; its log names the place",
        attempts=attempts,
        at=at,
        timestamp=record.timestamp,
    )
    return Output(DEADLETTER.name, built.key, built.value, built.headers)


def _step(error: Exception, usual: deadletters.ProcessingStep) -> deadletters.ProcessingStep:
    if isinstance(error, OutputTooLarge):
        return "produce"
    return error.step if isinstance(error, PermanentError) else usual
