"""What stands on `hub.audit`: who read, replayed, decided or changed what, and why; each entry chained to the last.

Whoever acts writes an `AuditEntry` to `hub.audit.intake`. One stage, the only writer of `hub.audit`, chains them.
"""

from typing import Annotated, Literal

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
    "job.stop",
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


MOST_WHY = 500
"""Characters of why somebody does or looks at something, wherever it is asked."""


class AuditEntry(Model):
    """One act of one person. `subjects` are ids of what it was done to, `why` is in the person's own words.

    Keyed by `actor`. Names nobody that the hub keeps records of. A look and a decision have an `id`; `evidence` are the
    ids of the looks that a decision rests on, `outcome` whether it was carried out, and `detail` says so in words.
    """

    actor: str = Field(min_length=1, max_length=200)
    action: Action
    subjects: tuple[str, ...]
    why: str = Field(max_length=MOST_WHY)
    at: Instant
    id: str | None = None
    evidence: tuple[str, ...] = ()
    outcome: Literal["taken", "refused"] | None = None
    detail: str | None = None


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ChainedEntry(AuditEntry):
    """An entry in its place: `seq` counts from 1 without a gap, `previous` is the hash of the entry before, and `hash`
    is SHA-256 in hex over all the other fields as canonical JSON: sorted by name, no white space, UTF-8. The first
    one's `previous` is 64 zeros."""

    seq: int = Field(ge=1)
    previous: Sha256
    hash: Sha256
