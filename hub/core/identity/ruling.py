"""A person's decision and what it did, so that it can be undone to the letter."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Move(NamedTuple):
    """A decision about a link: the child it belonged to, whether a person had decided that, and by which decision; then
    to which child it came, and the person's decision that it rests on since (None where a rule placed it)."""

    link: str
    child: str | None
    by_person: bool
    decided_by: str | None
    to: str | None
    to_decided_by: str | None


class Turn(NamedTuple):
    """The child that a child is merged into, before and after a decision."""

    child: str
    before: str | None
    after: str | None


class Aside(NamedTuple):
    """A link that a decision set aside, or (`aside` false) let back in, by a digest of what was known of it then."""

    link: str
    description: str
    aside: bool


class Answered(NamedTuple):
    """An answer as it was last stated: the link that it is about; kind, record and version of the statement, whether it
    takes the answer back, and what it says."""

    link: str
    kind: str
    record: str
    version: int
    retracted: bool
    subject: dict[str, str]
    data: dict[str, Any]


@dataclass(slots=True)
class Ruling:
    """A person's decision and what it did, so that it can be undone to the letter.

    `content` tells it from another one that was sent under the same id. `pairs` are links that it set apart, or with
    `pairs_set` false let come together again. Where statements changed hands, `holders` are the links with which the
    values before and after are kept, and `values` those that are of no link. `answered` is the answer that it gave,
    `aside` the link that it set aside.
    """

    kind: str
    content: str
    actor: str
    outcome: str
    words: str
    at: str
    moves: list[Move] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    pairs_set: bool = True
    values: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    holders: list[str] = field(default_factory=list)
    answered: Answered | None = None
    aside: Aside | None = None
    can_be_undone: bool = True
    undone_by: str | None = None
