"""The errors a stage may raise.

StageError
├── TemporaryError   try the same records again after `delay` seconds; a record that keeps failing so is given up
│   └── Unavailable  what every record needs is away: wait for it, however long it takes
└── PermanentError   this record will never work: dead letter
"""

from schemas.deadletters import ProcessingStep


class StageError(Exception):
    """Base of what a stage raises on purpose. Messages never hold personal data: they are kept and shown."""


class TemporaryError(StageError):
    """Try again in `delay` seconds. The lane grants a record a few attempts before it becomes a dead letter."""

    def __init__(self, message: str, delay: float = 1.0) -> None:
        super().__init__(message)
        self.delay = delay


class Unavailable(TemporaryError):
    """Try again until it works: the database, Kafka or a topic is away, and no record is to blame."""


class PermanentError(StageError):
    """Give up on this record; it becomes a dead letter with this message, of this step."""

    def __init__(self, message: str, step: ProcessingStep = "handle") -> None:
        super().__init__(message)
        self.step = step
