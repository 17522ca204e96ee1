"""The errors of the pure core.

CoreError(ValueError)
└── Unreadable   a message that can never be read
"""


class CoreError(ValueError):
    """Base of what the core raises on purpose. Messages name fields and never hold a received value."""


class Unreadable(CoreError):
    """This message can never be read."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors))
        self.errors = errors
