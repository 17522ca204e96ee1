"""A person's decision about who a child is: an observation like any other, so that identity has one input log.

`kind` says what is decided, `record` is the decision's own id (sent twice with one id it is one decision), `source` is
PEOPLE, `data` the model below. `link` or `child_id` name what it is about.
"""

from typing import Annotated

from pydantic import Field

from schemas.base import Model
from schemas.statements import Number, Text

PEOPLE = "hub:people"
"""The source of decisions. No feed may be registered under it."""

Why = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
"""In the person's own words, without personal data."""


class Decision(Model):
    """What every decision carries.

    `actor` is an opaque id of who decided, `task` the question that it answers, `evidence` ids of the looks that it
    rests on. `expected` is the number of the last decision about each link concerned, as it was when they looked: where
    one has changed since, the decision is refused.
    """

    actor: Text
    why: Why
    task: Text | None = None
    evidence: tuple[Text, ...] = Field(default=(), max_length=20)
    expected: dict[Text, Number] = Field(default_factory=dict, max_length=1_000)


class LinkAssigned(Decision):
    """(decided) `link` belongs to `child`, whichever it belonged to before."""

    child: Text


class LinkReleased(Decision):
    """(decided) `link` belongs to no child that it was given to, and waits."""


class ChildMerged(Decision):
    """(decided) all that belongs to `child_id` belongs to the child `into`."""

    into: Text


class MatchRejected(Decision):
    """(decided) `link` is nobody of `child`: rules keep them apart, and nobody is asked again."""

    child: Text


class HeldAccepted(Decision):
    """(decided) the statements held back under `link` are of the same person, put right. `held`: how many were seen."""

    held: Number


class HeldSeparated(Decision):
    """(decided) the statements held back under `link` are of somebody else, who gets a link apart. `held` as above."""

    held: Number


class DecisionUndone(Decision):
    """(decided) what `decision` did is taken back: all stands as before it."""

    decision: Text


DECISIONS: dict[str, type[Decision]] = {
    "link.assigned": LinkAssigned,
    "link.released": LinkReleased,
    "child.merged": ChildMerged,
    "match.rejected": MatchRejected,
    "held.accepted": HeldAccepted,
    "held.separated": HeldSeparated,
    "decision.undone": DecisionUndone,
}
"""Kinds of observation that only people's decisions have."""
