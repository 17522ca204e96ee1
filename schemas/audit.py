"""What stands on `hub.audit`: who read, replayed, decided or changed what, and why."""

from typing import Literal

from pydantic import Field

from schemas.base import Model
from schemas.instants import Instant

Action = Literal["deadletter.show-raw", "deadletter.replay", "deadletter.resolve"]


class AuditEntry(Model):
    """One act of one person. `subjects` are ids of what it was done to, `why` is in the person's own words.

    Keyed by `actor`. Names nobody that the hub keeps records of.
    """

    actor: str = Field(min_length=1, max_length=200)
    action: Action
    subjects: tuple[str, ...]
    why: str = Field(max_length=500)
    at: Instant
