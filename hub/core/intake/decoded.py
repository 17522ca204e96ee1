"""What one raw message says."""

from collections.abc import Callable
from dataclasses import dataclass

from schemas.envelope import Envelope
from schemas.reviews import ReviewTask
from schemas.sources import Source
from schemas.statements import Observation


@dataclass(frozen=True, slots=True)
class Decoded:
    """Observations and questions for people; or out of scope, and then nothing but the reason in words is kept.

    `reason` is a short code without personal data, fit for a metric label: `past-25`, `use-case`.
    """

    observations: tuple[Observation, ...] = ()
    reviews: tuple[ReviewTask, ...] = ()
    out_of_scope: bool = False
    reason: str | None = None


Decoder = Callable[[Envelope, bytes, Source], Decoded]
"""Pure. Raises Unreadable, naming the fields and never a value, for a message that can never be read."""
