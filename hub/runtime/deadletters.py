"""Records that are given up, as outputs to hub.deadletter."""

from datetime import datetime

from hub.platform.keyring import KeyRing
from hub.runtime.letter_keys import sealed_letter
from hub.runtime.producer import OutputTooLarge
from hub.runtime.sealing import Boundary
from hub.stages.errors import PermanentError, StageError
from hub.stages.stage import Output, Record
from schemas import deadletters
from schemas.topics import DEADLETTER


class Burial:
    """Makes dead letters: opens what the day's key sealed, and seals it with a key of the letter's own."""

    def __init__(self, ring: KeyRing, boundary: Boundary) -> None:
        self._ring = ring
        self._boundary = boundary

    def letter(
        self,
        stage: str,
        record: Record,
        error: Exception,
        attempts: int,
        at: datetime,
        step: deadletters.ProcessingStep = "handle",
    ) -> list[Output]:
        """The letter of a record and its key, the key first. Raises Unavailable while there is no key to be had."""
        whole, opened = self._boundary.open_if_possible(record)
        made = dead_letter(stage, whole, error, attempts, at, step, unopened=not opened)
        id_ = deadletters.letter_id(record.topic, record.partition, record.offset, stage)
        return sealed_letter(made, id_, self._ring)


def dead_letter(
    stage: str,
    record: Record,
    error: Exception,
    attempts: int,
    at: datetime,
    step: deadletters.ProcessingStep = "handle",
    *,
    unopened: bool = False,
) -> Output:
    """The dead letter of a record in the clear, of `step` unless the error names its own.

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
        unopened=unopened,
    )
    return Output(DEADLETTER.name, built.key, built.value, built.headers)


def _step(error: Exception, usual: deadletters.ProcessingStep) -> deadletters.ProcessingStep:
    if isinstance(error, OutputTooLarge):
        return "produce"
    return error.step if isinstance(error, PermanentError) else usual
