"""Which child a source person is: one record per decision, kept for ever, so that rebuilding reads decisions."""

from typing import Literal

from schemas.base import Model
from schemas.instants import Instant
from schemas.statements import Text

LinkRule = Text
"""What decided: `founding` (a new child), `person`, CLOSED, or the name of the matching policy's rule."""

CLOSED = "closed"
"""The last decision about a link whose child was adopted: it is nobody's, for good. Who decided is in the audit."""


class LinkDecision(Model):
    """Decision number `seq` about a link: it now belongs to `child_id` (assigned), or no longer does (released).

    A move is one decision, written as the assignment to the new child. `why` is in words, without personal data. Where
    a person decided, `actor` is who, `decided_by` the decision's id, `task` the question it answers and `evidence` the
    looks it rests on. `apart` are the links that people said are somebody else.
    """

    link: Text
    child_id: Text
    seq: int
    decision: Literal["assigned", "released"]
    rule: LinkRule
    why: str
    at: Instant
    actor: Text | None = None
    decided_by: Text | None = None
    task: Text | None = None
    evidence: tuple[Text, ...] = ()
    apart: tuple[Text, ...] = ()
