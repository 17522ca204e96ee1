"""What stands on `hub.audit`: who read, replayed, decided or changed what, and why."""

from typing import Literal

from pydantic import Field

from schemas.base import Model
from schemas.instants import Instant

Action = Literal[
    "deadletter.show-raw",
    "deadletter.replay",
    "deadletter.resolve",
    "message.replay",
    "message.show-raw",
    "job.begin",
    "job.end",
    "identity.look",
    "identity.decide",
    "identity.break-glass",
    "session.begin",
    "session.refused",
    "session.end",
    "access.refused",
    "child.read",
    "list.export",
    "audit.read",
    "key.change",
    "key.copy",
    "backup.take",
    "backup.restore",
    "process.pause",
    "process.resume",
]


class AuditEntry(Model):
    """One act of one person. `subjects` are ids of what it was done to, `why` is in the person's own words.

    Keyed by `actor`. Names nobody that the hub keeps records of. A look and a decision have an `id`; `evidence` are the
    ids of the looks that a decision rests on, `outcome` whether it was carried out, and `detail` says so in words.
    """

    actor: str = Field(min_length=1, max_length=200)
    action: Action
    subjects: tuple[str, ...]
    why: str = Field(max_length=500)
    at: Instant
    id: str | None = None
    evidence: tuple[str, ...] = ()
    outcome: Literal["taken", "refused"] | None = None
    detail: str | None = None
