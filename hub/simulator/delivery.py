"""One thing that is brought to the hub: an event, a message or a file, and how the hub ought to take it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Via = Literal["webhook", "bars", "files"]
Expect = Literal["taken", "known", "duplicate", "conflict", "refused"]
"""taken: new and good. known: a webhook's repeat (202). duplicate: a message's repeat (409). conflict: a known key with
other content (409). refused: never good (another 4xx, or a file put aside)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Brought at an instant (UTC) of the day that counts; only its London day is kept to.

    `id` is the X-Request-Id of a message, the name of a file, and any name for an event. `content` makes the body: of
    one event, of a message, of a file. What is `alone` is not sent in a batch.
    """

    at: datetime
    via: Via
    source: str
    id: str
    content: Callable[[], bytes]
    expect: Expect = "taken"
    correlation: str = ""
    alone: bool = False

    @property
    def repeats(self) -> bool:
        """Whether it only means something after another delivery of its day."""
        return self.expect in ("known", "duplicate", "conflict")
