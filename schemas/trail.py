"""What became of a message, step by step, on `hub.trail`: ids, kinds and outcomes, never what it said.

A message is known by `digest("message", source, id)`: the same for a repeat, and fit for an address.
"""

from typing import Annotated, Literal

from pydantic import Field, RootModel

from schemas.base import Model
from schemas.envelope import Envelope
from schemas.ids import digest
from schemas.instants import Instant

ReadOutcome = Literal["read", "out-of-scope"]
WITHHELD = "withheld"
"""In the read model in place of a child that was purged: what was received of it is for the named alone."""

TakenOutcome = Literal["taken", "repeat", "asked", "kept"]


class Receipt(Model):
    """A message as its connector received it.

    `message_id` is the id its sender (or the connector) gave it, `type` how it is decoded, `received_at` the
    connector's stamp.
    """

    message: str
    message_id: str
    source: str
    type: str
    received_at: Instant


class MessageRead(Receipt):
    """Intake has read a message: how many observations and questions came of it, or why it is none of ours.

    `topic`, `partition` and `offset` are where its raw bytes stand while they are kept.
    """

    step: Literal["intake"] = "intake"
    topic: str
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)
    outcome: ReadOutcome
    reason: str | None = None
    observations: int = Field(0, ge=0)
    questions: int = Field(0, ge=0)


class ObservationTaken(Model):
    """Identity has looked at one observation of a message.

    `taken`: it is facts of `child_id` now. `repeat`: it said nothing new. `asked`: a person is asked about it.
    `kept`: it waits, as an earlier question about the same stands or until there is more to go by. `observation` is the
    id of the record on hub.observations; of a statement that is given to a child later, by another message or a person,
    there is one step more, and there it is a hash of the statement and the child.
    """

    step: Literal["identity"] = "identity"
    message: str
    observation: str
    source: str
    kind: str
    received_at: Instant
    outcome: TakenOutcome
    child_id: str | None = None


class TrailStep(RootModel[Annotated[MessageRead | ObservationTaken, Field(discriminator="step")]]):
    """What stands on the topic: the word of one stage."""


def receipt(envelope: Envelope) -> Receipt:
    """The receipt of a raw message."""
    return Receipt(
        message=message_key(envelope.source, envelope.id),
        message_id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        received_at=envelope.time,
    )


def message_key(source: str, message_id: str) -> str:
    """The id of a message by which it is followed."""
    return digest("message", source, message_id)
