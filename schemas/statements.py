"""Facts and observations: dated, versioned statements. Shapes fixed by the project's design."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from schemas.base import Model
from schemas.instants import Instant
from schemas.people import Person

Text = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""Counts and versions, in 64 bits: a larger one would lose digits in JSON."""


class Subject(Model):
    """What a statement is about, by the source's own ids; `source/id` names another source's."""

    request: Text | None = None
    advice: Text | None = None
    plan: Text | None = None
    review: Text | None = None
    reassessment: Text | None = None
    order: Text | None = None
    appeal: Text | None = None
    mediation: Text | None = None
    transfer: Text | None = None


class Statement(Model):
    """What facts and observations share.

    Per (source, record, kind, occurrence) the highest `version` stands. `effective_on` is a Europe/London date,
    the instants are UTC. `received_at` is stamped once, by the connector.
    """

    kind: Text
    source: Text
    record: Text
    version: Number
    occurrence: str = Field(default="", max_length=200)
    subject: Subject = Subject()
    effective_on: date | None = None
    recorded_at: Instant
    received_at: Instant
    retracted: bool = False
    data: dict[str, Any] = Field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """The statement's identity; versions of one key replace each other."""
        return (self.source, self.record, self.kind, self.occurrence)


class Observation(Statement):
    """A statement before identity: about a `person`, or (receipt, decision) about a `child_id` or a `link`.

    `message` is the id of the connector's message that it came from, so that it can be followed.
    """

    person: Person | None = None
    child_id: str | None = None
    link: str | None = None
    message: str | None = None


class Fact(Statement):
    """A statement about one known child. No identifiers of the person."""

    child_id: Text
    link: str | None = None
    seq: Number | None = None
    message: str | None = None
