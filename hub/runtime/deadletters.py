"""Records that are given up, as outputs to hub.deadletter."""

from datetime import datetime

from hub.runtime.producer import OutputTooLarge
from hub.stages.errors import StageError
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
    """The dead letter of a record. Only the hub's own errors speak: others could repeat what was received."""
    ours = isinstance(error, StageError | OutputTooLarge)
    built = deadletters.build(
        stage=stage,
        step="produce" if isinstance(error, OutputTooLarge) else step,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=record.headers,
        error=type(error).__name__,
        message=str(error) if ours else "the stage failed on this record; its log names the place",
        attempts=attempts,
        at=at,
        timestamp=record.timestamp,
    )
    return Output(DEADLETTER.name, built.key, built.value, built.headers)
