"""The errors a stage may raise.

StageError
├── TemporaryError   try the same records again after `delay` seconds
└── PermanentError   this record will never work: dead letter
"""


class StageError(Exception):
    """Base of what a stage raises on purpose. Messages never hold personal data: they are kept and shown."""


class TemporaryError(StageError):
    """Try again later."""

    def __init__(self, message: str, delay: float = 1.0) -> None:
        super().__init__(message)
        self.delay = delay


class PermanentError(StageError):
    """Give up on this record; it becomes a dead letter with this message."""
