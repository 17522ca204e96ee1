"""Where a connector hands messages to the broker. Nothing is answered for before the broker acked it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schemas.envelope import Envelope


class NotAcknowledged(Exception):
    """The broker did not confirm in time: the message may or may not be there. Answer 503 and let the sender repeat."""


class TooLarge(Exception):
    """The broker refuses a message of this size: it is not there and repeating will not help."""


@dataclass(frozen=True, slots=True)
class Message:
    """One raw message: `key` is a keyed hash of the source record, never an identifier; `value` the raw bytes."""

    key: bytes
    value: bytes
    envelope: Envelope


class Publisher(Protocol):
    """Port to the broker."""

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Return once every message is on all in-sync replicas; raises NotAcknowledged or TooLarge."""
        ...

    async def ready(self) -> bool:
        """Whether the broker can be reached now."""
        ...


@dataclass
class MemoryPublisher:
    """The in-memory twin. `fail` is raised by the next publish calls while it is set."""

    published: list[tuple[str, Message]] = field(default_factory=list)
    fail: Exception | None = None

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Keep the messages, or raise what the test asked for."""
        if self.fail is not None:
            raise self.fail
        self.published.extend((topic, message) for message in messages)

    async def ready(self) -> bool:
        """Ready unless told to fail."""
        return self.fail is None
